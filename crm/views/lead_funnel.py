"""How many leads become customers, and where they are lost on the way (C2)."""

import datetime as dt
from typing import Any, get_args

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from common.business_calendar import today
from crm.enums import LeadStage
from crm.queries.lead_funnel import By, FunnelRow, funnel_board
from crm.rules.leads import Funnel
from crm.views.access import current_user

TABS = (("channel", _("By channel")), ("source", _("By source")), ("owner", _("By rep")))
HEADS = {"channel": _("Channel"), "source": _("Source"), "owner": _("Rep")}
WITHOUT = {"channel": _("Without channel"), "source": _("Without source"), "owner": _("Lead pool")}
PERIODS = ((30, _("30 days")), (90, _("90 days")), (365, _("One year")))


@require_GET
@permission_required("crm.view_lead", raise_exception=True)
def lead_funnel(request: HttpRequest) -> HttpResponse:
    """GET from, to (business days the leads were made on; 90 days up to today), by (channel, source, owner)."""
    day = today()
    last = _day(request, "to") or day
    first = _day(request, "from") or last - dt.timedelta(days=89)
    if first > last:
        first, last = last, first
    by: By = next((key for key in get_args(By) if key == request.GET.get("by")), "channel")
    board = funnel_board(current_user(request), first=first, last=last, by=by)
    period = {"created_from": f"{first}", "created_to": f"{last}"}
    context = {
        "first": first,
        "last": last,
        "by": by,
        "tabs": TABS,
        "head": HEADS[by],
        "periods": [(label, day - dt.timedelta(days=days - 1), day) for days, label in PERIODS],
        "whole": board.whole,
        "steps": _linked(board.whole, period),
        "lost_url": _url({**period, "stage": LeadStage.LOST}),
        "rows": [_row(row, by, period) for row in board.rows],
    }
    return TemplateResponse(request, "crm/lead_funnel.html", context)


def _day(request: HttpRequest, name: str) -> dt.date | None:
    """The day in the address; None for none, for 2026-02-30, and for years no clock can reckon with."""
    try:
        day = parse_date(request.GET.get(name, ""))
    except ValueError:
        return None
    return day if day and 1900 <= day.year <= 9000 else None


def _url(params: dict[str, Any]) -> str:
    return f"{reverse('crm:lead_list')}?{urlencode(params)}"


def _linked(funnel: Funnel, params: dict[str, Any]) -> list[dict[str, Any]]:
    """Each step with the address of its rows; the first step is all of them."""
    return [
        {
            "step": step,
            "label": step.stage.label if position else _("Created"),
            "url": _url({**params, "reached": step.stage.value} if position else params),
            "place": position + 1,
        }
        for position, step in enumerate(funnel.steps)
    ]


def _row(row: FunnelRow, by: str, period: dict[str, Any]) -> dict[str, Any]:
    params = {**period, by: row.key}
    return {
        "name": row.name or WITHOUT[by],
        "funnel": row.funnel,
        "steps": _linked(row.funnel, params),
        "lost_url": _url({**params, "stage": LeadStage.LOST}),
    }
