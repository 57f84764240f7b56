"""业务员预警: each rep against the average, rule by rule, with the way to the records behind a bar."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.models import User
from accounts.querysets import scope_user_ids
from alerts import queries
from alerts.enums import RepMeasure
from alerts.models import RepAlertRule
from alerts.rules import Standing
from common import business_calendar

# The chart: names and bars in % of its width, so that it fits a phone and a desk; rows in px.
NAME, PLOT, ROW = 20, 62, 26
MONEY = {RepMeasure.ORDER_AMOUNT, RepMeasure.SALES_AMOUNT}
# Which list a bar opens, the permission it needs, and what else the list is narrowed to.
Source = tuple[str, str, dict[str, str]]
VISITS: Source = ("visits:visit_list", "visits.view_visit", {"valid": "yes"})
ORDERS: Source = ("sales:order_list", "sales.view_salesorder", {})
SALES: Source = ("sales:delivery_list", "sales.view_delivery", {"status": "posted"})
SOURCES: dict[RepMeasure, Source] = {
    RepMeasure.VISITS: VISITS,
    RepMeasure.CUSTOMERS: VISITS,
    RepMeasure.ORDERS: ORDERS,
    RepMeasure.ORDER_AMOUNT: ORDERS,
    RepMeasure.SALES: SALES,
    RepMeasure.SALES_AMOUNT: SALES,
}


@dataclass(frozen=True)
class Line:
    """One rep: his figures, his bar, and the address of the records behind it ("" when not his to see)."""

    rep: User
    standing: Standing
    difference: Decimal
    url: str
    top: int  # px
    middle: int  # px
    width: float  # % of the chart
    end: float  # where the bar ends, in %


@permission_required("alerts.view_repalert", raise_exception=True)
def rep_alerts(request: HttpRequest) -> HttpResponse:
    """One rule at a time (`?rule=`): the reps in the user's scope, compared with everybody in the rule's scope."""
    rules = list(RepAlertRule.objects.filter(is_enabled=True).select_related("department"))
    rule = next(
        (rule for rule in rules if str(rule.pk) == request.GET.get("rule")), rules[0] if rules else None
    )
    context: dict[str, object] = {"rules": rules, "rule": rule}
    if rule is not None:
        board = queries.rep_boards([rule], business_calendar.today())[0]
        lines = draw_lines(request.user, board)
        comparison = board.comparison
        context |= {
            "board": board,
            "lines": lines,
            "is_money": rule.measure in MONEY,
            "alerts": sum(line.standing.kind is not None for line in lines),
            "first": board.days[0],
            "last": board.days[-1],
            "height": ROW * len(lines) + 26,
            "name_x": NAME - 1.5,
            "plot_x": NAME,
            "average_x": round(NAME + _length(comparison.average, _highest(board)), 2),
        }
    return TemplateResponse(request, "alerts/rep_alerts.html", context)


def draw_lines(user: User, board: queries.RepBoard) -> list[Line]:
    """The lines of the reps that `user` may see; the chart's scale is that of all, so that bars mean the same."""
    scope = scope_user_ids(user)
    reps = {rep.pk: rep for rep in board.reps}
    seen = [s for s in board.comparison.standings if scope is None or s.rep_id in scope]
    highest = _highest(board)
    return [
        Line(
            rep=reps[standing.rep_id],
            standing=standing,
            difference=standing.value - board.comparison.average,
            url=_records(user, board, standing.rep_id),
            top=ROW * number + 5,
            middle=ROW * number + 17,
            width=round(_length(standing.value, highest), 2),
            end=round(NAME + _length(standing.value, highest) + 0.8, 2),
        )
        for number, standing in enumerate(seen)
    ]


def _highest(board: queries.RepBoard) -> Decimal:
    return max((standing.value for standing in board.comparison.standings), default=Decimal(0))


def _length(value: Decimal, highest: Decimal) -> float:
    return float(value / highest) * PLOT if highest else 0.0


def _records(user: User, board: queries.RepBoard, rep_id: int) -> str:
    name, permission, more = SOURCES[RepMeasure(board.rule.measure)]
    if not user.has_perm(permission):
        return ""
    query = {"rep": rep_id, "since": board.days[0], "until": board.days[-1], **more}
    return f"{reverse(name)}?{urlencode(query)}"
