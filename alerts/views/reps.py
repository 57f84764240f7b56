"""业务员预警: each rep against the average, rule by rule, and the days and customers behind one rep's value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dateparse import parse_date

from accounts.models import User
from accounts.querysets import scope_user_ids
from alerts import queries
from alerts.models import RepAlertRule
from alerts.rules import Standing
from common import business_calendar
from common.templatetags.paodian import money, quantity
from crm.models import Customer

Ruled = TypeVar("Ruled", queries.RepBoard, queries.Window)
# The chart: names and bars in % of its width, so that it fits a phone and a desk; rows in px.
NAME, PLOT, ROW = 20, 58, 26
CHARTED = 40  # bars a screen can still be read with; of more the lowest are drawn
ROWS = 50
# Which list shows the rows of a family, the permission it needs, and what else the list is narrowed to.
SOURCES: dict[str, tuple[str, str, dict[str, str]]] = {
    "visits": ("visits:visit_list", "visits.view_visit", {"valid": "yes"}),
    "orders": ("sales:order_list", "sales.view_salesorder", {}),
    "sales": ("sales:delivery_list", "sales.view_delivery", {"status": "posted"}),
}


@dataclass(frozen=True)
class Line:
    """One rep: his figures in words, his bar, and the page behind it."""

    rep: User
    standing: Standing
    value: str
    difference: str
    share: Decimal | None  # of the average
    url: str


@dataclass(frozen=True)
class Bar:
    """Where a line's bar is drawn."""

    line: Line
    top: int  # px
    middle: int  # px
    width: float  # % of the chart
    end: float  # where the bar ends, in %


@permission_required("alerts.view_repalert", raise_exception=True)
def rep_alerts(request: HttpRequest) -> HttpResponse:
    """One rule at a time (`?rule=`): the reps in the user's scope, compared with everybody in the rule's scope.

    A rep sees himself first under every rule; the others only as average, median and number, unless his scope has
    them: what a colleague did is the colleague's record (accounts.querysets).
    """
    user, today = request.user, business_calendar.today()
    rules = RepAlertRule.objects.filter(is_enabled=True).select_related("department")
    boards = queries.rep_boards(rules, today)
    board = _chosen(boards, request.GET.get("rule"))
    context: dict[str, Any] = {"tabs": [(found, _alerts(user, found)) for found in boards], "board": board}
    if board is not None:
        lines = rep_lines(board, _seen(user, board))
        context |= {
            "rule": board.rule,
            "lines": lines,
            "own": list(_own(user, boards)),
            "alerts": _alerts(user, board),
            "gaps": queries.gaps(board.days, today),
            "average": in_words(board, board.comparison.average),
            "median": in_words(board, board.comparison.median),
            **_chart(board, lines),
        }
    return TemplateResponse(request, "alerts/rep_alerts.html", context)


def _chosen(boards: Sequence[Ruled], asked: str | None) -> Ruled | None:
    """The one of the rule asked for, else the first."""
    return next((board for board in boards if str(board.rule.pk) == asked), boards[0] if boards else None)


def _seen(user: User, board: queries.RepBoard) -> list[Standing]:
    scope = scope_user_ids(user)
    return [found for found in board.comparison.standings if scope is None or found.rep_id in scope]


def _alerts(user: User, board: queries.RepBoard) -> int:
    return sum(standing.kind is not None for standing in _seen(user, board))


def _own(user: User, boards: Iterable[queries.RepBoard]) -> Iterable[dict[str, Any]]:
    """The user's own line under every rule that compares him."""
    for board in boards:
        standing = board.standing(user.pk)
        if standing is not None:
            (line,) = rep_lines(board, [standing])
            average = in_words(board, board.comparison.average)
            yield {"board": board, "line": line, "average": average}


def in_words(board: queries.RepBoard, value: Decimal) -> str:
    """A value of the board's measure: money or a number."""
    return money(value) if queries.is_amount(board.rule.measure) else quantity(value)


def rep_lines(board: queries.RepBoard, standings: Iterable[Standing]) -> list[Line]:
    """These standings as lines, in their order (highest value first)."""
    reps = {rep.pk: rep for rep in board.reps}
    average = board.comparison.average
    lines = []
    for standing in standings:
        difference = standing.value - average
        page = reverse("alerts:rep_days", args=[standing.rep_id])
        lines.append(
            Line(
                rep=reps[standing.rep_id],
                standing=standing,
                value=in_words(board, standing.value),
                difference=("+" if difference > 0 else "") + in_words(board, difference),
                share=standing.value / average if average else None,
                url=f"{page}?rule={board.rule.pk}",
            )
        )
    return lines


def _chart(board: queries.RepBoard, lines: list[Line]) -> dict[str, Any]:
    """Bars of at most CHARTED lines, the lowest ones; the scale is that of all reps, so that bars mean the same."""
    charted = lines[-CHARTED:]
    highest = max([found.value for found in board.comparison.standings] + [board.comparison.average])
    bars = []
    for number, line in enumerate(charted):
        length = _length(line.standing.value, highest)
        bars.append(
            Bar(line, ROW * number + 5, ROW * number + 17, round(length, 2), round(NAME + length + 0.8, 2))
        )
    return {
        "bars": bars,
        "height": ROW * len(bars) + 26,
        "name_x": NAME - 1.5,
        "plot_x": NAME,
        "average_x": round(NAME + _length(board.comparison.average, highest), 2),
    }


def _length(value: Decimal, highest: Decimal) -> float:
    return float(value / highest) * PLOT if highest else 0.0


# --- one rep
@permission_required("alerts.view_repalert", raise_exception=True)
def rep_days(request: HttpRequest, pk: int) -> HttpResponse:
    """The days behind a rep's value under a rule (`?rule=`), and their rows: `what`, `day`, `page`."""
    user, today = request.user, business_calendar.today()
    scope = scope_user_ids(user)
    if scope is not None and pk not in scope:
        raise Http404
    rules = RepAlertRule.objects.filter(is_enabled=True).select_related("department")
    # A rule that does not compare him has no value of his, and none behind it.
    boards = [found for found in queries.windows(rules, today) if any(one.pk == pk for one in found.reps)]
    window = _chosen(boards, request.GET.get("rule"))
    if window is None:
        raise Http404
    (board,) = queries.compare([window])
    rep = next(one for one in board.reps if one.pk == pk)
    (line,) = rep_lines(board, [found for found in board.comparison.standings if found.rep_id == rep.pk])
    days = queries.rep_days(board, rep, today)
    highest = max(max(day.value, day.average or 0) for day in days) or 1
    context = {
        "rep": rep,
        "boards": boards,
        "board": board,
        "rule": board.rule,
        "line": line,
        "average": in_words(board, board.comparison.average),
        "median": in_words(board, board.comparison.median),
        "gaps": queries.gaps(board.days, today),
        "days": [
            {
                "facts": day,
                "value": in_words(board, day.value),
                "average": None if day.average is None else in_words(board, day.average),
                "width": round(float(day.value / highest) * 100, 1),
                "average_x": None if day.average is None else round(float(day.average / highest) * 100, 1),
            }
            for day in reversed(days)
        ],
        **_rows(request, board, rep),
    }
    return TemplateResponse(request, "alerts/rep_days.html", context)


def _rows(request: HttpRequest, board: queries.RepBoard, rep: User) -> dict[str, Any]:
    """The rows of one family on one day or on all days that count, as far as the user may see that family."""
    user, day = request.user, _day(request.GET.get("day", ""))
    offered = [what for what, (_name, permission, _more) in SOURCES.items() if user.has_perm(permission)]
    wanted = request.GET.get("what") or queries.family(board.rule.measure)
    what = wanted if wanted in offered else (offered[0] if offered else "")
    if not what:
        return {"what": "", "offered": []}
    # A day that was left out may be asked for, too: its rows are what did not count.
    rows = queries.rows_behind(what, rep, [day] if day else board.days)
    asked = request.GET.get("page", "")
    number = max(int(asked), 1) if asked.isdecimal() and len(asked) < 6 else 1
    # One row more than is shown tells whether a page follows, which saves counting them.
    found = list(rows[(number - 1) * ROWS : number * ROWS + 1])
    customers = {row.customer_id for row in found}
    known = Customer.objects.visible_to(user).filter(pk__in=customers).values_list("pk", flat=True)
    name, _permission, more = SOURCES[what]
    span = {"since": day or board.days[0], "until": day or board.days[-1]}
    return {
        "what": what,
        "offered": offered,
        "day": day,
        "rows": found[:ROWS],
        "number": number,
        "has_more": len(found) > ROWS,
        "known": set(known),
        "list_url": f"{reverse(name)}?{urlencode({'rep': rep.pk, **span, **more})}",
    }


def _day(text: str) -> Any:
    try:
        return parse_date(text)
    except ValueError:  # well formed, but no date
        return None
