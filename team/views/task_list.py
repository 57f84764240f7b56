"""The list of customer tasks (H1), and the tab of them on a customer's page."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.enums import DataScope
from accounts.models import User
from common.views import ListPage
from crm.models import Customer
from team.filters.tasks import CustomerTaskFilter
from team.queries import tasks as queries
from team.querysets.tasks import CustomerTaskQuerySet
from team.tables.tasks import TASK_COLUMNS

VIEW = "team.view_customertask"
TABS = {
    "mine": _("Mine"),
    "given": _("Given by me"),
    "shared": _("Shared with me"),
    "team": _("Team"),
    "all": _("All that I see"),
}


def me(request: HttpRequest) -> User:
    """Who asks; LoginRequiredMiddleware lets nobody else through."""
    return cast(User, request.user)


class CustomerTaskList(ListPage):
    """`tab` says whose: one's own, given by oneself, shared, the team's, or all that one sees."""

    permission_required = VIEW
    title = _("Customer tasks")
    columns = TASK_COLUMNS
    filterset_class = CustomerTaskFilter
    default_sort = "due"
    template_name = "team/task_list.html"
    export_permission = "team.export_customertask"
    export_name = "customer-tasks"
    empty_text = _("No tasks here. Make one for a customer, from a selection, an alert or a complaint.")
    create_url = reverse_lazy("team:customer_task_create")
    create_label = _("New task")
    create_permission = "team.add_customertask"

    @property
    def tab(self) -> str:
        wanted = self.request.GET.get("tab", "")
        return wanted if wanted in TABS else "mine"

    def get_queryset(self) -> CustomerTaskQuerySet:
        return queries.list_rows(me(self.request), self.tab)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        leads = me(self.request).effective_scope != DataScope.SELF
        context["tabs"] = [(key, label) for key, label in TABS.items() if leads or key != "team"]
        context["tab"] = self.tab
        return context


@require_safe
@permission_required(VIEW, raise_exception=True)
def customer_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment of the customer's page."""
    user = me(request)
    customer = get_object_or_404(Customer.objects.visible_to(user), pk=pk)
    context = {"customer": customer, **queries.customer_panel(user, customer, timezone.now())}
    return TemplateResponse(request, "team/task_panel.html", context)
