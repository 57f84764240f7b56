"""The inbox of finance: slips as they arrive, ticked off one or many, or sent back with a remark."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.templatetags.paodian import money
from common.views import BulkAction, ListPage
from sales.filters.finance import SlipInboxFilterSet
from sales.forms.base import attach_errors
from sales.forms.money import RemarkForm
from sales.models import FinanceSlip
from sales.queries.finance import inbox_counts
from sales.services import finance_inbox
from sales.tables.finance import SLIP_COLUMNS
from sales.views.shared import safe_next


class SlipInbox(ListPage):
    permission_required = "sales.view_financeslip"
    title = _("Finance inbox")
    columns = SLIP_COLUMNS
    filterset_class = SlipInboxFilterSet
    default_sort = "-arrived_at"
    export_permission = "sales.export_receipt"
    export_name = "finance-slips"
    empty_text = _(
        "Nothing has arrived yet. Orders, deliveries, returns, receipts, refunds and costs come by themselves."
    )
    next_url = reverse_lazy("sales:order_list")
    next_label = _("Sales orders")
    next_permission = "sales.view_salesorder"
    bulk_actions = (
        BulkAction(
            label=_("Tick off"),
            url="/finance/check/",
            icon="checks",
            permission="sales.change_financeslip",
            takes_all=True,
        ),
    )
    template_name = "sales/finance_inbox.html"

    def get_queryset(self) -> QuerySet:
        rows = FinanceSlip.objects.visible_to(self.request.user).with_names()
        return rows.select_related("checked_by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["counts"] = inbox_counts(self.request.user)
        return context


@require_POST
@permission_required("sales.change_financeslip", raise_exception=True)
def finance_check(request: HttpRequest) -> HttpResponse:
    """POST pk (many), or all=1 with the list's `query`: tick them off."""
    rows = FinanceSlip.objects.visible_to(request.user)
    query = request.POST.get("query", "")
    if request.POST.get("all") == "1":
        filterset = SlipInboxFilterSet(QueryDict(query), queryset=rows, request=request)
        rows = filterset.qs if filterset.is_valid() else rows.none()
    else:
        keys = [pk for pk in request.POST.getlist("pk") if pk.isdecimal() and len(pk) < 19]
        rows = rows.filter(pk__in=keys)
    done = finance_inbox.check_slips(actor=request.user, slips=rows)
    text = ngettext("%(n)s slip is ticked off.", "%(n)s slips are ticked off.", done)
    messages.success(request, text % {"n": done})
    back = reverse("sales:finance_inbox")
    return redirect(f"{back}?{query}" if query else back)


@require_http_methods(["GET", "POST"])
@permission_required("sales.change_financeslip", raise_exception=True)
def finance_send_back(request: HttpRequest, pk: int) -> HttpResponse:
    rows = FinanceSlip.objects.visible_to(request.user).select_related("customer", "rep")
    slip = get_object_or_404(rows, pk=pk)
    back = safe_next(request, reverse("sales:finance_inbox") + "?" + urlencode({"state": "new"}))
    form = RemarkForm(request.POST or None, initial={"remark": slip.remark})
    if request.method == "POST" and form.is_valid():
        try:
            finance_inbox.send_back(actor=request.user, slip=slip, remark=form.cleaned_data["remark"])
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            messages.success(request, gettext("%(number)s is sent back.") % {"number": slip.number})
            return redirect(back)
    context = {
        "title": gettext("Send %(number)s back") % {"number": slip.number},
        "intro": f"{slip.get_kind_display()} · {slip.customer.name} · {money(slip.amount)}",
        "form": form,
        "cancel_url": back,
        "submit_label": gettext("Send back"),
    }
    return TemplateResponse(request, "common/form.html", context, status=422 if form.errors else 200)


@require_GET
@permission_required("sales.view_financeslip", raise_exception=True)
def finance_count(request: HttpRequest) -> HttpResponse:
    """Fragment: how many slips wait, for the navigation."""
    counts = inbox_counts(request.user)
    return TemplateResponse(request, "sales/_finance_count.html", {"count": counts.new + counts.sent_back})
