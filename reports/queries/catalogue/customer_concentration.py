# ruff: noqa: S608 - all that is written into the statement is ours
from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, FloatField, QuerySet, Sum
from django.db.models.functions import Cast, Round
from django.utils.translation import gettext_lazy as _

from common.money import round_money
from reports.enums import Family, Unit
from reports.queries.asked import Asked
from reports.queries.dimensions import DIMENSIONS, ChoiceDimension, register_dimension
from reports.queries.facts.sales import ORDERS
from reports.queries.measures import MEASURES, ratio
from reports.queries.report import Report, register
from reports.queries.wrapped import compiled, fetched
from reports.rules.compare import Figure, compared, reached
from reports.rules.concentration import A_UNTIL, B_UNTIL, CLASSES, TOPS
from reports.rules.tables import Head, Look, Row, Table

_ABC = (
    _("A: make the first 80 %"),
    _("B: make the next 15 %"),
    _("C: make the last 5 %"),
)
_TOP = (
    _("Largest 1 %"),
    _("Largest 5 %"),
    _("Largest 10 %"),
    _("Largest 20 %"),
    _("Largest 50 %"),
)
register_dimension(ChoiceDimension("abc", _("ABC class"), words=tuple(zip(CLASSES, _ABC, strict=True))))
register_dimension(
    ChoiceDimension("top_share", _("Largest customers"), words=tuple(zip(map(str, TOPS), _TOP, strict=True)))
)

CUSTOMERS = Head(
    "class_customers",
    _("Customers"),
    Unit.COUNT,
    _("Customers that ordered in the period and are in this class."),
    can_drill=False,
)
CUSTOMER_SHARE = Head(
    "class_customer_share",
    _("Share of customers"),
    Unit.PERCENT,
    _("These customers ÷ all customers that ordered in the period."),
    can_drill=False,
)
AMOUNT_SHARE = Head(
    "class_amount_share",
    _("Share of amount"),
    Unit.PERCENT,
    _("What these customers ordered ÷ what all ordered in the period."),
    can_drill=False,
)


@register
class CustomerConcentration(Report):
    code = "customer_concentration"
    family = Family.CUSTOMERS
    label = _("Concentration")
    question = _("How few customers make how much of what is ordered?")
    measures = ("order_amount",)
    dimensions = ("abc", "top_share")
    period = "year"
    position = 50

    def can_drill(self, measure: str, by: str) -> bool:
        return False

    def answer(self, asked: Asked, by: str, look: Look) -> Table:
        """One statement a period; the classes stand in their order, however it is sorted."""
        other = compared(asked.period, look.compare, asked.today)
        asked = asked.of(reached(asked.period, asked.today))
        now = class_values(asked, by)
        before = class_values(asked.of(other), by) if other else {}
        dimension = DIMENSIONS[by]
        names = dimension.names([])
        return Table(
            by=by,
            by_label=dimension.label,
            heads=[MEASURES["order_amount"].head, AMOUNT_SHARE, CUSTOMERS, CUSTOMER_SHARE],
            rows=[
                Row(key, names[key], now[key], before.get(key, ()))
                for key in (CLASSES if by == "abc" else map(str, TOPS))
            ],
            totals=now[""],
            before_totals=before.get("", ()),
            period=asked.period,
            before=other,
        )


def amounts(asked: Asked) -> QuerySet[Any, Any]:
    """(customer, cents) of what each ordered."""
    amount = Cast(Round(Sum("total") * 100, output_field=FloatField()), BigIntegerField())
    rows: QuerySet[Any, Any] = asked.rows(ORDERS).values("customer").annotate(cents=amount)
    return rows


def class_values(asked: Asked, by: str) -> dict[str, tuple[Figure, ...]]:
    """{key of the class, "" of all: amount, share of it, customers, share of them}; one statement.

    The classes are those of reports.rules.concentration; that the database says the same is tested. Everything is
    counted in cents, in whole numbers: a float at a limit would put a customer into the wrong class.
    """
    sql, params = compiled(amounts(asked))
    classes = _classes(by)
    sums = ", ".join(
        f"SUM(CASE WHEN {inside} THEN {what} ELSE 0 END)"
        for inside in classes.values()
        for what in ("cents", "1")
    )
    statement = f"""
        WITH amounts AS (SELECT cents FROM ({sql}) found WHERE cents > 0), placed AS (
            SELECT cents, ROW_NUMBER() OVER largest AS place, COUNT(*) OVER () AS customers,
                SUM(cents) OVER () AS whole, SUM(cents) OVER largest - cents AS before
            FROM amounts WINDOW largest AS (ORDER BY cents DESC ROWS UNBOUNDED PRECEDING)
        ) SELECT {sums} FROM placed"""
    row = [int(value or 0) for value in fetched(statement, params)[0]]
    found = dict(zip(classes, zip(row[::2], row[1::2], strict=True), strict=True))
    cents, customers = found[""]
    return {
        key: (round_money(Decimal(part) / 100), ratio(part, cents), count, ratio(count, customers))
        for key, (part, count) in found.items()
    }


def _classes(by: str) -> dict[str, str]:
    """Condition on a customer's place among the largest for each class, and "" for all."""
    if by == "top_share":
        tops = {str(percent): f"(place - 1) * 100 < customers * {percent}" for percent in TOPS}
        return tops | {"": "place > 0"}
    a, b = (f"before * 100 < whole * {int(limit * 100)}" for limit in (A_UNTIL, B_UNTIL))
    return dict(zip(CLASSES, (a, f"NOT ({a}) AND {b}", f"NOT ({b})"), strict=True)) | {"": "place > 0"}
