"""预警分析: every open alert in scope, with facets, export, and the button that runs the job."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from accounts.enums import DataScope
from alerts import queries, services, tasks
from alerts.enums import RunState
from alerts.filters import AlertFilterSet
from alerts.models import AlertRun
from alerts.tables import ALERT_COLUMNS
from common import business_calendar
from common.views import BulkAction, ListPage


class AlertList(ListPage):
    """A rep without a wish of his own gets his phone page; `?view=table` shows him this one."""

    permission_required = "alerts.view_alert"
    title = gettext_lazy("Alert analysis")
    template_name = "alerts/alert_list.html"
    columns = ALERT_COLUMNS
    default_sort = "-days"
    export_permission = "alerts.export_alert"
    export_name = "alerts"
    empty_text = gettext_lazy("Nobody is overdue: every customer was visited and ordered in time.")
    bulk_actions = (
        BulkAction(
            label=gettext_lazy("Make visit tasks"),
            url=reverse_lazy("alerts:add_to_plan"),
            icon="calendar-plus",
            permission="visits.add_visittask",
        ),
    )

    def get(self, request: HttpRequest, **kwargs: Any) -> Any:
        if not request.GET and request.user.effective_scope == DataScope.SELF:
            return redirect("alerts:my_alerts")
        return super().get(request, **kwargs)

    def get_queryset(self) -> QuerySet:
        return queries.with_facts(queries.open_alerts(self.request.user), business_calendar.today())

    def filterset_class(self, *args: Any, **kwargs: Any) -> AlertFilterSet:  # type: ignore[assignment]
        """Called like the class; kept, because its counts also number the pages."""
        self.filterset = AlertFilterSet(*args, **kwargs)
        return self.filterset

    def paginator_class(self, rows: QuerySet, page_size: int) -> Paginator:  # type: ignore[assignment]
        """The facets have counted the rows already."""
        paginator = Paginator(rows, page_size)
        paginator.count = self.filterset.total  # type: ignore[misc]  # takes the place of the cached property
        return paginator

    def get_context_data(self, *, filterset: AlertFilterSet, page: Any) -> dict[str, Any]:
        filterset.offer()
        context = super().get_context_data(filterset=filterset, page=page)
        return context | {"facets": filterset.facets(), "is_filtered": filterset.form.has_changed()}


@require_POST
@permission_required("alerts.compute_alert", raise_exception=True)
def compute(request: HttpRequest) -> HttpResponse:
    """Ask a worker for a run now; the page shows its progress."""
    run, is_new = services.request_run(actor=request.user, today=business_calendar.today())
    if is_new:
        transaction.on_commit(lambda: _nudge(run))
    if request.htmx:
        return run_state(request, run.pk)
    messages.info(request, _("The alerts are being computed; reload the page in a moment."))
    return redirect("alerts:alert_list")


def _nudge(run: AlertRun) -> None:
    try:
        tasks.compute_alerts.delay(run.pk)
    except OperationalError:
        services.fail_run(run=run, message=_("The job queue cannot be reached. Try again later."))


@permission_required("alerts.view_alert", raise_exception=True)
def run_state(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The line about a run, or about the last one; asks again while it is busy, then has the page reload."""
    run = get_object_or_404(AlertRun, pk=pk) if pk else queries.last_run()
    response = TemplateResponse(request, "alerts/_run.html", {"run": run})
    if pk and request.htmx and run and run.state == RunState.DONE:
        response["HX-Refresh"] = "true"
    return response
