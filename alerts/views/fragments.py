"""What the analysis page asks for beside its rows, under the same filters: facets, points of the map, the trend."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alerts import queries
from alerts.filters import AlertFilterSet
from alerts.models import Alert
from alerts.rules import KINDS, label_of
from alerts.tables import COLOURS
from alerts.views.analysis import AlertList
from common.templatetags.paodian import day as day_text

SPANS = (30, 90)
# The trend's drawing, in the units of its own coordinates.
WIDTH, HEIGHT = 600, 130


@permission_required("alerts.view_alert", raise_exception=True)
def facet_panel(request: HttpRequest) -> HttpResponse:
    """Every facet with its counts, for the filters in the address."""
    filterset = AlertFilterSet(request.GET, queryset=Alert.objects.none(), request=request)
    return TemplateResponse(request, "alerts/_facets.html", {"facets": filterset.facets()})


@permission_required("alerts.view_alert", raise_exception=True)
def points(request: HttpRequest) -> HttpResponse:
    """JSON: the customers of the rows from the page's first on, in the list's order, and a note in words."""
    alerts = queries.open_alerts(request.user)
    filterset = AlertFilterSet(request.GET, queryset=alerts, request=request)
    view = AlertList()
    view.setup(request)
    rows = view.sort(
        queries.with_facts(filterset.qs if filterset.is_valid() else alerts.none(), filterset.today)
    )
    page = request.GET.get("page", "")
    number = int(page) if page.isdecimal() and len(page) < 7 else 1
    start = max(number - 1, 0) * view.page_size
    found = queries.map_points(rows, filterset.today, start)
    return JsonResponse(
        {
            "points": [
                {
                    "lat": point.lat,
                    "lng": point.lng,
                    "name": point.name,
                    "url": point.url,
                    "colour": COLOURS.get(point.kind, "secondary"),
                    "words": point.words,
                    "alerts": point.alerts,
                }
                for point in found.points
            ],
            "note": _note(found, start),
        }
    )


def _note(found: queries.Points, start: int) -> str:
    parts = []
    if found.more and start:
        parts.append(_("%(n)s alerts from this page on") % {"n": f"{found.looked_at:,}"})
    elif found.more:
        parts.append(_("the first %(n)s alerts of the list") % {"n": f"{found.looked_at:,}"})
    else:
        parts.append(ngettext("%(n)s alert", "%(n)s alerts", found.looked_at) % {"n": f"{found.looked_at:,}"})
    if found.unlocated:
        parts.append(_("%(n)s without a place on the map") % {"n": f"{found.unlocated:,}"})
    return " · ".join(parts)


@permission_required("alerts.view_alert", raise_exception=True)
def trend(request: HttpRequest) -> HttpResponse:
    """Open alerts on each of the last `days` (30 or 90) by kind, as bars; the filters by days and put off do not
    apply, because they speak of today."""
    days = 90 if request.GET.get("days") == "90" else 30
    params = request.GET.copy()
    for name in ("band", "snoozed"):
        params.pop(name, None)
    alerts = Alert.objects.visible_to(request.user)
    filterset = AlertFilterSet(params, queryset=alerts, request=request)
    filterset.default_snoozed = ""
    rows = filterset.qs if filterset.is_valid() else alerts.none()
    found = queries.open_trend(rows, filterset.today, days)
    context = {"days": days, "spans": SPANS, "width": WIDTH, "height": HEIGHT, **draw_trend(found)}
    return TemplateResponse(request, "alerts/_trend.html", context)


def draw_trend(days: list[queries.TrendDay]) -> dict[str, Any]:
    """Stacked bars of the days, kinds in the register's order from below."""
    highest = max((day.total for day in days), default=0)
    shown = {kind for day in days for kind in day.open}
    kinds = [kind for kind in KINDS if kind in shown] + sorted(shown - set(KINDS))
    step = WIDTH / max(len(days), 1)
    bars = []
    for number, day in enumerate(days):
        at = float(HEIGHT)
        parts = []
        for kind in kinds:
            n = day.open.get(kind, 0)
            tall = HEIGHT * n / highest if highest else 0.0
            at -= tall
            if n:
                parts.append(
                    {"colour": COLOURS.get(kind, "secondary"), "y": f"{at:.2f}", "height": f"{tall:.2f}"}
                )
        words = _("%(day)s: %(n)s open, %(opened)s new, %(closed)s closed") % {
            "day": day_text(day.day),
            "n": day.total,
            "opened": day.opened,
            "closed": day.closed,
        }
        bars.append(
            {
                "x": f"{number * step:.2f}",
                "width": f"{step * 0.8:.2f}",
                "parts": parts,
                "words": words,
                "day": day,
            }
        )
    return {
        "bars": bars,
        "highest": highest,
        "first": days[0],
        "last": days[-1],
        "change": days[-1].total - days[0].total,
        "opened": sum(day.opened for day in days),
        "closed": sum(day.closed for day in days),
        "kinds": [
            (label_of(kind), COLOURS.get(kind, "secondary"), days[-1].open.get(kind, 0)) for kind in kinds
        ],
    }
