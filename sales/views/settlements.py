"""Vans' days: the list, one settlement, and its approval."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from common.views import ListPage
from sales.enums import SettlementStatus
from sales.filters.stock import SettlementFilterSet
from sales.models import DaySettlement
from sales.services import settlements as services
from sales.tables.stock import SETTLEMENT_COLOURS, SETTLEMENT_COLUMNS


class SettlementList(ListPage):
    permission_required = "sales.view_daysettlement"
    title = _("Day settlements")
    columns = SETTLEMENT_COLUMNS
    filterset_class = SettlementFilterSet
    default_sort = "-day"
    export_permission = "sales.export_stockmove"
    export_name = "settlements"
    empty_text = _("No day is settled yet. Reps close their van's day under My van.")
    next_url = reverse_lazy("sales:van_home")
    next_label = _("My van")
    next_permission = "sales.count_van"

    def get_queryset(self) -> QuerySet:
        return DaySettlement.objects.visible_to(self.request.user).select_related(
            "location", "rep", "settled_by"
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if "own_van" not in getattr(self.request.user, "facts", ()):
            context["next_url"] = ""
        return context


@permission_required("sales.view_daysettlement", raise_exception=True)
def settlement_detail(request: HttpRequest, pk: int) -> HttpResponse:
    rows = DaySettlement.objects.visible_to(request.user)
    settlement = get_object_or_404(rows.select_related("location", "rep", "settled_by", "created_by"), pk=pk)
    lines = list(settlement.lines.select_related("product").order_by("product__code"))
    is_open = settlement.status == SettlementStatus.OPEN
    context: dict[str, Any] = {
        "settlement": settlement,
        "lines": lines,
        "colour": dict(SETTLEMENT_COLOURS).get(settlement.status, "secondary"),
        "cash_difference": settlement.cash_counted - settlement.cash_expected
        if settlement.cash_counted is not None
        else None,
        "differing": [line for line in lines if line.difference],
        "may_approve": is_open and request.user.has_perm(services.APPROVE),
        "may_count": is_open and settlement.location.rep_id == request.user.pk,
    }
    return TemplateResponse(request, "sales/settlement_detail.html", context)


@require_POST
@permission_required(services.APPROVE, raise_exception=True)
def settlement_approve(request: HttpRequest, pk: int) -> HttpResponse:
    rows = DaySettlement.objects.visible_to(request.user).select_related("location")
    settlement = get_object_or_404(rows, pk=pk)
    try:
        services.approve_settlement(actor=request.user, settlement=settlement)
    except ValidationError as refusal:
        for message in refusal.messages:
            messages.error(request, message)
    else:
        messages.success(
            request, gettext("%(number)s is settled; the day is closed.") % {"number": settlement.number}
        )
    return redirect(settlement)
