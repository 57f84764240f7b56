"""铺市率: how many of the customers have a product, bought or on the shelf."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from reports.enums import Unit
from reports.queries.asked import Asked
from reports.queries.dimensions import DIMENSIONS, NONE
from reports.queries.facts.customers import CUSTOMERS
from reports.queries.facts.products import BOUGHT_LINES, counted_lines
from reports.queries.facts.shelf import STANDING
from reports.queries.measures import MEASURES, ratio
from reports.rules.compare import Figure, reached
from reports.rules.tables import Head, Row
from sales.models import Product, SalesOrder
from visits.models import Visit

SETTLING_DAYS = 30  # of the records, whose products are not new
# Filters that say which goods; the customers are counted without them.
_OF_GOODS = ("product", "category", "brand")
MEASURED = ("bought_customers", "standing_customers")


def heads() -> list[Head]:
    bought, standing = (MEASURES[code].head for code in MEASURED)
    return [
        bought,
        Head(
            "reach",
            _("Distribution"),
            Unit.PERCENT,
            _("Customers that bought it in the period ÷ customers that are active today."),
            False,
        ),
        Head(
            "visited_bought",
            _("Of these visited"),
            Unit.COUNT,
            _("Those of them that had a valid visit in the period."),
            False,
        ),
        Head(
            "visited_reach",
            _("Distribution among visited"),
            Unit.PERCENT,
            _("Visited customers that bought it ÷ active customers with a valid visit in the period."),
            False,
        ),
        standing,
        Head(
            "shelf_reach",
            _("On the shelf"),
            Unit.PERCENT,
            _(
                "Active customers with a facing of it reported in the period ÷ customers that are active today."
            ),
            False,
        ),
    ]


@dataclass(frozen=True)
class Reach:
    """Figures of the groups of one dimension, and what they are divided by."""

    groups: Mapping[str, tuple[int, int, int]]  # bought, bought and visited, on the shelf
    total: tuple[int, int, int]
    active: int
    visited: int

    def figures(self, counts: tuple[int, int, int]) -> tuple[Figure, ...]:
        """In the order of `heads`."""
        bought, met, standing = counts
        return (
            bought,
            ratio(bought, self.active),
            met,
            ratio(met, self.visited),
            standing,
            ratio(standing, self.active),
        )

    def rows(self, by: str) -> list[Row]:
        """The widest distribution first."""
        dimension = DIMENSIONS[by]
        names = dimension.names([key for key in self.groups if key != NONE])
        found = [
            Row(key, dimension.label_of(key, names), self.figures(counts))
            for key, counts in self.groups.items()
        ]
        return sorted(found, key=lambda row: (-(row.values[0] or 0), row.label))


def reach(asked: Asked, by: str, *, with_total: bool = True) -> Reach:
    """Of the asked customers (by their owner), by product, category or brand: three statements, two more for the total
    of all goods, which is no sum of the groups."""
    asked = asked.of(reached(asked.period, asked.today))
    visited = _visited(asked)
    lines = asked.rows(BOUGHT_LINES)
    met = Count("order__customer", distinct=True, filter=Q(order__customer__in=visited))
    bought = {"bought": Count("order__customer", distinct=True), "met": met}
    standing = {"standing": Count("report__customer", distinct=True)}
    shelves = asked.rows(STANDING)
    found: dict[str, dict[str, int]] = {}
    for rows, fact, counts in ((lines, BOUGHT_LINES, bought), (shelves, STANDING, standing)):
        dimension = DIMENSIONS[by]
        grouped = rows.annotate(grp=dimension.path(fact)).values("grp").annotate(**counts)
        for row in grouped:
            found.setdefault(dimension.key(row["grp"]), {}).update({name: row[name] for name in counts})
    total = lines.aggregate(**bought) | shelves.aggregate(**standing) if with_total else {}
    customers = active_customers(asked).aggregate(
        active=Count("pk"), visited=Count("pk", filter=Q(pk__in=visited))
    )
    return Reach(
        {key: _counts(values) for key, values in found.items()},
        _counts(total),
        customers["active"],
        customers["visited"],
    )


def _counts(values: Mapping[str, Any]) -> tuple[int, int, int]:
    return values.get("bought", 0), values.get("met", 0), values.get("standing", 0)


def active_customers(asked: Asked) -> QuerySet[Any]:
    """Whom the figures are divided by."""
    filters = {code: key for code, key in asked.filters.items() if code not in _OF_GOODS}
    rows: QuerySet[Any] = replace(asked, filters=filters).rows(CUSTOMERS).filter(status="active")
    return rows


def _visited(asked: Asked) -> QuerySet[Any]:
    """Customers with a valid visit in the period, whoever made it."""
    visits = Visit.objects.valid().filter(day__range=(asked.period.first, asked.period.last))
    return visits.order_by().values("customer")


def new_since(oldest: dt.date) -> dict[int, dt.date]:
    """{product: day of its first counted order}, of products nobody had ordered before `oldest`.

    Asked of the whole company: a product is not new because a rep is. What was ordered in the first weeks of the
    records is taken for old: it was sold before they began. Two statements.
    """
    lines = counted_lines().filter(product=OuterRef("pk"))
    fresh = Product.objects.filter(Exists(lines), ~Exists(lines.filter(order__ordered_on__lt=oldest)))
    found = (
        counted_lines().filter(product__in=fresh.order_by().values("pk")).order_by().values_list("product_id")
    )
    begun = SalesOrder.objects.counted().aggregate(first=Min("ordered_on"))["first"]
    days = dict(found.annotate(first=Min("order__ordered_on")))
    return {pk: day for pk, day in days.items() if (day - begun).days >= SETTLING_DAYS}
