from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.models import Customer
from reports.enums import Family, Unit
from reports.queries import engine
from reports.queries.asked import Asked
from reports.queries.measures import ratio
from reports.queries.report import Report, register
from reports.rules.compare import Figure
from reports.rules.tables import Head, Look, Row, Table

SHARE = Head(
    "share_of_all",
    _("Share of all"),
    Unit.PERCENT,
    _("Of the figure that the list is sorted by: the customer's ÷ that of all customers asked for."),
    can_drill=False,
)
CUMULATIVE = Head(
    "cumulative_share",
    _("Cumulative share"),
    Unit.PERCENT,
    _("The share of this customer and of all above him together."),
    can_drill=False,
)


@register
class TopCustomers(Report):
    code = "top_customers"
    family = Family.CUSTOMERS
    label = _("Largest customers")
    question = _("Who buys the most, and how much of everything is that?")
    measures = ("order_amount", "order_count", "sold", "received")
    dimensions = ("customer",)
    most = 10
    is_ranked = True
    position = 40

    def answer(self, asked: Asked, by: str, look: Look) -> Table:
        """Always the largest first: a cumulative share from the smallest on says nothing."""
        sort = look.sort or self.measures[0]
        table = super().answer(asked, by, replace(look, sort=sort, descending=True))
        before = engine.places(asked, sort, by, [row.key for row in table.rows], look.compare)
        rows = [replace(row, rank_before=before.get(row.key)) for row in table.rows]
        links = pages(asked, rows)
        placed = with_shares(rows, table.column(sort), table.totals, table.before_totals)
        return replace(
            self._widened(table, sort), rows=[replace(row, url=links.get(row.key, "")) for row in placed]
        )

    def flow(self, asked: Asked, by: str, look: Look) -> tuple[Table, Iterator[Row]]:
        """As `answer`, without the addresses of pages."""
        sort = look.sort or self.measures[0]
        table, rows = engine.flow(asked, self.measures, by, sort=sort, descending=True, compare=look.compare)
        placed = with_shares(rows, table.column(sort), table.totals, table.before_totals)
        return self._widened(table, sort), placed

    def _widened(self, table: Table, sort: str) -> Table:
        whole = table.totals[table.column(sort)]
        return replace(
            table,
            heads=[*table.heads, SHARE, CUMULATIVE],
            totals=(*table.totals, ratio(whole, whole), None),
            before_totals=(*table.before_totals, None, None) if table.before_totals else (),
            is_ranked=True,
        )


def with_shares(
    rows: Iterable[Row],
    position: int,
    totals: tuple[Figure, ...],
    before_totals: tuple[Figure, ...],
) -> Iterator[Row]:
    """Rows, the largest first, with their place, share and cumulative share by the column at `position`."""
    whole, sum_, place = totals[position], Decimal(0), 0
    last: Figure = None
    for number, row in enumerate(rows, start=1):
        value = row.values[position]
        if value != last:  # equal ones share the better place
            place, last = number, value
        sum_ += Decimal(value or 0)
        before = row.before
        if before:
            before = (*before, ratio(before[position], before_totals[position]), None)
        values = (*row.values, ratio(value, whole), ratio(sum_, whole))
        yield replace(row, values=values, before=before, rank=None if value is None else place)


def pages(asked: Asked, rows: list[Row]) -> dict[str, str]:
    """Addresses of the customers that the asker may open: an order of his may be of a colleague's customer."""
    keys = [int(row.key) for row in rows if row.key.isdecimal()]
    visible = Customer.objects.all() if asked.user is None else Customer.objects.visible_to(asked.user)
    found = visible.filter(pk__in=keys).values_list("pk", flat=True)
    return {str(pk): reverse("crm:customer_detail", args=[pk]) for pk in found}
