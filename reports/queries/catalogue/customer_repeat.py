# ruff: noqa: S608 - all that is written into the statement is ours
from __future__ import annotations

from collections.abc import Sequence

from django.db.models import CharField, Count, F, Min, Q, Value
from django.utils.translation import gettext_lazy as _

from accounts.querysets import scope_user_ids
from reports.enums import Family
from reports.queries import engine
from reports.queries.asked import Asked
from reports.queries.dimensions import DIMENSIONS, Dimension
from reports.queries.facts.customers import CUSTOMER_ORDERS, CUSTOMERS
from reports.queries.facts.sales import ORDERS
from reports.queries.measures import Fact, base_measures
from reports.queries.parts import Values
from reports.queries.report import Report, register
from reports.queries.wrapped import Sql, compiled, fetched
from reports.rules.tables import Look, Table
from sales.models import SalesOrder

READ = ("ordering_customers", "repeat_customers", "first_orders")
_OF_PEOPLE = {"rep", "department"}


@register
class CustomerRepeat(Report):
    code = "customer_repeat"
    family = Family.CUSTOMERS
    label = _("Repeat orders")
    question = _("How many of the customers that order do so again, and how many for the first time?")
    measures = ("ordering_customers", "repeat_customers", "repeat_share", "first_orders")
    dimensions = ("month", "week", "quarter", "rep", "department", "channel", "region", "level", "source")
    period = "year"
    charted = 2
    position = 70

    def answer(self, asked: Asked, by: str, look: Look) -> Table:
        return engine.made(
            asked,
            self.measures,
            by,
            gathered if _is_of_all(asked, by) else _of_some,
            sort=look.sort,
            descending=look.descending,
            compare=look.compare,
        )


def _is_of_all(asked: Asked, by: str) -> bool:
    """Whether it is not asked whose the customers are: a first order is his who wrote it, whoever owns the customer now."""
    everybody = asked.user is None or scope_user_ids(asked.user) is None
    return everybody and not _OF_PEOPLE & {by, *asked.filters}


def _of_some(askings: Sequence[Asked], by: str) -> tuple[list[engine.Groups], list[Values]]:
    """As `gathered`, with first orders read by themselves."""
    found, sums = gathered(askings, by, CUSTOMER_ORDERS)
    firsts = engine.Grouping(DIMENSIONS[by], base_measures(["first_orders"]), askings)
    written, _more = firsts.groups(None, "first_orders")
    for groups, own in zip(found, written, strict=True):
        for values in groups.values():
            values["first_orders"] = 0
        for key, values in own.items():
            groups.setdefault(key, dict.fromkeys(READ, 0)).update(values)
    totals = firsts.totals(written, all_there=True)
    return found, [{**ours, **own} for ours, own in zip(sums, totals, strict=True)]


def gathered(
    askings: Sequence[Asked], by: str, fact: Fact | None = None
) -> tuple[list[engine.Groups], list[Values]]:
    """By period: {key: figures}, and the figures of all; one statement. Orders are gathered by customer, and over time by
    step, before customers are joined, and it is asked of each customer, not of each order, whether he ordered before.
    With `fact` only its orders, as they are asked for; then first orders are not all there."""
    dimension = DIMENSIONS[by]
    known = [_known(asked, tag, dimension, fact) for tag, asked in enumerate(askings)]
    kind = Value(None, output_field=CharField()) if dimension.is_time else dimension.path(CUSTOMERS)
    customers, narrowed = compiled(
        askings[0]
        .rows(CUSTOMERS)
        .annotate(kind=kind, own=F("pk"), is_active=Q(status="active"))
        .values("own", "kind", "is_active")
    )
    group = "step" if dimension.is_time else "kind"
    firsts = "SUM(CASE WHEN is_old THEN 0 ELSE 1 END)"
    # A customer is of one kind, but orders in many steps: their groups do not add up.
    together = f"""
        UNION ALL SELECT tag, 0, NULL, COUNT(DISTINCT active), COUNT(DISTINCT again), {firsts} FROM known GROUP BY tag"""
    statement = f"""
        WITH known AS (
            SELECT tag, {group} AS grp, is_old, CASE WHEN is_active THEN own END AS active,
                CASE WHEN is_active AND (number > 1 OR is_old) THEN own END AS again
            FROM ({" UNION ALL ".join(sql for sql, _params in known)}) orders JOIN ({customers}) c ON own = customer)
        SELECT tag, 1, grp, COUNT(active), COUNT(again), {firsts} FROM known GROUP BY tag, grp
        {together if dimension.is_time else ""}"""
    found: list[engine.Groups] = [{} for _asked in askings]
    sums: list[Values] = [dict.fromkeys(READ, 0) for _asked in askings]
    params = [param for _sql, params in known for param in params]
    for tag, is_group, value, *figures in fetched(statement, (*params, *narrowed)):
        if is_group and any(figures):  # else former customers only
            # An empty text and NULL are one group.
            _add(found[tag].setdefault(dimension.key(value), dict.fromkeys(READ, 0)), figures)
        if not is_group or not dimension.is_time:
            _add(sums[tag], figures)
    return found, sums


def _add(values: Values, figures: Sequence[int]) -> None:
    for code, figure in zip(READ, figures, strict=True):
        values[code] = (values[code] or 0) + int(figure)


def _known(asked: Asked, tag: int, dimension: Dimension, fact: Fact | None) -> Sql:
    """(tag, customer, step of time, number of his orders in it, whether he ordered before them)"""
    step = dimension.path(ORDERS) if dimension.is_time else Value(None, output_field=CharField())
    orders, days = compiled(
        (asked.rows(fact) if fact else Asked(None, asked.period, asked.today).rows(ORDERS))
        .annotate(step=step)
        .values("customer", "step")
        .annotate(number=Count("pk"), first=Min("ordered_on"))
    )
    earlier, counted = compiled(SalesOrder.objects.counted().order_by().values("customer_id", "ordered_on"))
    start = "MIN(first) OVER (PARTITION BY customer)" if dimension.is_time else "first"
    statement = f"""
        SELECT {tag} AS tag, customer, step, number, first > start OR EXISTS (
            SELECT 1 FROM ({earlier}) e WHERE e.customer_id = o.customer AND e.ordered_on < start) AS is_old
        FROM (SELECT steps.*, {start} AS start FROM ({orders}) steps) o"""
    return statement, (*counted, *days)
