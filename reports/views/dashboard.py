"""看板: the cards a person chose, each drawn by a request of its own, so that the slow ones hold up none of the others."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from common import business_calendar
from common.periods import PRESETS, parse_period
from reports.enums import Comparison
from reports.queries.asking import usual_dimension
from reports.queries.boards import Card, cards_of
from reports.rules.words import figure_text, moved_text
from reports.services import dashboards
from reports.views.asking import asked_of, table_of
from reports.views.report import chart_of, label_of

# What fills a desktop's first screen; static/reports/js/board.js asks for it before the page is laid out.
EARLY_CARDS = 4
_BOARD = ("period", "on", "since", "until", "compare")


def dashboard(request: HttpRequest) -> HttpResponse:
    """GET the period's parameters, compare=, edit=1."""
    period, problem = parse_period(request.GET.dict(), business_calendar.today())
    board = {name: value for name in _BOARD if (value := request.GET.get(name))}
    cards = [drawn(place, card, request, board) for place, card in enumerate(cards_of(request.user))]
    context = {
        "cards": cards,
        "early": [entry for entry in cards if entry["report"]][:EARLY_CARDS],
        "period": period,
        "problem": problem,
        "presets": [(key, label) for key, label in PRESETS.items() if key not in ("custom", "yesterday")],
        "comparisons": Comparison.choices,
        "compare": board.get("compare", Comparison.BEFORE),
        "is_edited": bool(request.GET.get("edit")),
        "board": urlencode(board),
    }
    return render(request, "reports/dashboard.html", context)


def drawn(place: int, card: Card, request: HttpRequest, board: dict[str, str]) -> dict[str, Any]:
    report = card.report_for(request.user)
    query = urlencode({**card.query, **board})
    return {
        "card": card,
        "place": place,
        "report": report,
        "by": label_of(card.query.get("by") or usual_dimension(report, request.user)) if report else "",
        "url": f"{reverse('reports:dashboard_card', args=[card.report])}?{query}&place={place}",
        "report_url": f"{reverse('reports:report', args=[card.report])}?{query}",
    }


def dashboard_card(request: HttpRequest, code: str) -> HttpResponse:
    """One card: the total of what it draws, its change, the chart; GET as of the report, and place=."""
    asked = asked_of(request, code)
    table = table_of(asked, drawn=True)
    codes = [head.code for head in table.heads]
    column = codes.index(asked.measure) if asked.measure in codes else 0
    head = table.heads[column]
    before = table.before_totals[column] if table.before_totals else None
    total = table.totals[column] if table.totals else None
    moved, is_less = moved_text(head.unit, total, before)
    chart = asked.crossed_chart() if asked.across else chart_of(asked, table)
    context = {
        "asked": asked,
        "head": head,
        "table": table,
        "total": figure_text(head.unit, total),
        "before": figure_text(head.unit, before) if before is not None else "",
        "change": moved,
        "is_less": is_less,
        "chart": chart,
        "is_empty": not any(value for entry in chart["series"] for value in entry["values"]),
        "chart_id": f"chart-{request.GET.get('place', '0')[:3]}",
    }
    return render(request, "reports/_dashboard_card.html", context)


@require_POST
def change_dashboard(request: HttpRequest) -> HttpResponse:
    """POST action= add, up, down, wide, remove or reset; report= and place= say which card. Back to the board."""
    data = request.POST
    card = {
        "place": int(data["place"]) if data.get("place", "").isdecimal() else -1,
        "report": data.get("report", ""),
    }
    actions = {
        "up": lambda: dashboards.move_card(actor=request.user, step=-1, **card),
        "down": lambda: dashboards.move_card(actor=request.user, step=1, **card),
        "wide": lambda: dashboards.widen_card(actor=request.user, **card),
        "remove": lambda: dashboards.remove_card(actor=request.user, **card),
        "reset": lambda: dashboards.reset_cards(actor=request.user),
        "add": lambda: dashboards.add_card(
            actor=request.user,
            report=card["report"],
            query={key: data[key] for key in data if key != "report"},
        ),
    }
    action = data.get("action", "")
    if action not in actions:
        return HttpResponse(_("There is no such action."), status=400)
    try:
        actions[action]()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        if action == "add":
            messages.success(request, _("The report stands on your board now."))
    kept = data.get("board", "")
    edit = "" if action == "add" else "edit=1&"
    return redirect(f"{reverse('reports:dashboard')}?{edit}{kept}")
