"""Sums by cell for white space (F2): one GROUP BY over stored cells a table, within the view, in the person's scope."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from accounts.models import User
from common.geo.cells import area_km2, cell_centre, neighbours_of, parent_cell, resolution_of
from crm.models import Customer, Lead
from sales.enums import PostingStatus
from sales.models import Delivery
from territory.models import Population
from territory.rules.white_space import Cell, Suggestion, suggestions

CENT = Decimal("0.01")


@dataclass(frozen=True)
class View:
    """What is on the screen: degrees, the resolution that is drawn, and the two periods (both ends included)."""

    south: float
    west: float
    north: float
    east: float
    resolution: int
    period: tuple[dt.date, dt.date]
    before: tuple[dt.date, dt.date]

    @property
    def margin(self) -> float:
        """Degrees around the view that hold every part of a cell whose middle lies within it."""
        side_km: float = area_km2(self.resolution) ** 0.5
        return side_km * 1.6 / 111.0

    def holds(self, cell: int) -> bool:
        """Whether the middle of the cell is on the screen."""
        lat, lng = cell_centre(cell)
        return self.south <= lat <= self.north and self.west <= lng <= self.east

    def rows_q(self, prefix: str = "") -> Q:
        """Rows whose cell could be drawn; a cell whose middle is on the screen is summed up whole."""
        # A degree of longitude shrinks towards the poles: the margin grows by what it shrinks at the view's edge.
        edge = min(max(abs(self.south), abs(self.north)) + self.margin, 85.0)
        wide = self.margin / math.cos(math.radians(edge))
        return Q(
            **{
                f"{prefix}cell__isnull": False,
                f"{prefix}latitude__range": (self.south - self.margin, self.north + self.margin),
                f"{prefix}longitude__range": (self.west - wide, self.east + wide),
            }
        )


@dataclass(frozen=True)
class Sources:
    """Rows that count, scoped and filtered already; None where the person may not see such rows.

    `narrowed`: of the deliveries those of `customers` count, which whoever reads them has yet to say for his cells.
    """

    customers: QuerySet[Customer]
    leads: QuerySet[Lead] | None
    deliveries: QuerySet[Delivery] | None
    narrowed: bool


def sources(user: User, customers: QuerySet[Customer], *, owner: int | None, filtered: bool) -> Sources:
    """`customers` are active ones in the user's scope, `filtered` when they are not all of them.

    Sales are those of these customers; leads are open ones, of `owner` when he is asked for.
    """
    leads = None
    if user.has_perm("crm.view_lead"):
        leads = Lead.objects.visible_to(user).open()
        leads = leads.filter(owner=owner) if owner else leads
    deliveries = None
    if user.has_perm("sales.view_delivery"):
        deliveries = Delivery.objects.filter(status=PostingStatus.POSTED, customer__status="active")
    # Whoever sees everything needs no list of customers beside the view's own condition.
    return Sources(customers, leads, deliveries, filtered or user.effective_scope != "all")


def cells_in_view(rows: Sources, view: View) -> dict[int, Cell]:
    """{cell: its sums} of the cells whose middle is on the screen; four statements at most."""
    cells: dict[int, Cell] = {}
    _customers(cells, rows.customers, view)
    if rows.leads is not None:
        for key, count in _grouped(rows.leads, view).values_list("key").annotate(count=Count("pk")):
            cells.setdefault(key, Cell()).leads = count
    if rows.deliveries is not None:
        _sales(cells, _of_customers_in_view(rows, rows.deliveries, view), view)
    residents = _grouped(Population.objects.all(), view).values_list("key").annotate(sum=Sum("residents"))
    for key, count in residents:
        cells.setdefault(key, Cell()).residents = count
    return {key: cells[key] for key in sorted(cells) if view.holds(key)}


def _of_customers_in_view(rows: Sources, deliveries: QuerySet[Delivery], view: View) -> QuerySet[Delivery]:
    """The list of customers says the place as well: else PostgreSQL asks of each sale in view whose customer it is."""
    if not rows.narrowed:
        return deliveries
    customers = rows.customers.filter(view.rows_q()).order_by().values("pk")
    found: QuerySet[Delivery] = deliveries.filter(customer__in=customers)
    return found


def _grouped(rows: QuerySet[Any], view: View, prefix: str = "") -> QuerySet[Any]:
    key = parent_cell(f"{prefix}cell", view.resolution)
    found: QuerySet[Any] = rows.filter(view.rows_q(prefix)).order_by().annotate(key=key)
    return found


def _customers(cells: dict[int, Cell], rows: QuerySet[Customer], view: View) -> None:
    sums = (
        _grouped(rows, view)
        .values_list("key")
        .annotate(
            count=Count("pk"),
            new=Count("pk", filter=Q(created_on__range=view.period)),
            new_before=Count("pk", filter=Q(created_on__range=view.before)),
        )
    )
    for key, count, new, new_before in sums:
        cell = cells.setdefault(key, Cell())
        cell.customers, cell.new, cell.new_before = count, new, new_before


def _sales(cells: dict[int, Cell], rows: QuerySet[Delivery], view: View) -> None:
    either = Q(issued_on__range=view.period) | Q(issued_on__range=view.before)
    sums = (
        _grouped(rows.filter(either), view, "customer__")
        .values_list("key")
        .annotate(
            now=Sum("amount", filter=Q(issued_on__range=view.period)),
            then=Sum("amount", filter=Q(issued_on__range=view.before)),
        )
    )
    for key, now, then in sums:
        cell = cells.setdefault(key, Cell())
        cell.sales = Decimal(now or 0).quantize(CENT)
        cell.sales_before = Decimal(then or 0).quantize(CENT)


def suggested(cells: Mapping[int, Cell], view: View) -> list[Suggestion]:
    return suggestions(cells, neighbours_of, view.holds)


# --- one cell
def in_cell(rows: QuerySet[Any], cell: int) -> QuerySet[Any]:
    """Those of `rows` (customers or leads) that stand in the cell."""
    key = parent_cell("cell", resolution_of(cell))
    found: QuerySet[Any] = rows.filter(_near(cell)).annotate(key=key).filter(key=cell)
    return found


def _near(cell: int) -> Q:
    """A square around the cell, for the index over places."""
    lat, lng = cell_centre(cell)
    view = View(lat, lng, lat, lng, resolution_of(cell), *_NO_PERIODS)
    return view.rows_q()


_NO_PERIODS = ((dt.date.min, dt.date.min), (dt.date.min, dt.date.min))


def sales_by_customer(
    deliveries: QuerySet[Delivery], customers: list[int], view_period: Any
) -> dict[int, Decimal]:
    """{customer: sold in the period} of these customers, who are in scope."""
    rows = (
        deliveries.filter(customer__in=customers, issued_on__range=view_period)
        .order_by()
        .values_list("customer_id")
        .annotate(sum=Sum("amount"))
    )
    return {pk: Decimal(amount).quantize(CENT) for pk, amount in rows}


# --- districts
@dataclass(frozen=True)
class District:
    city: str
    district: str
    residents: int
    customers: int
    leads: int
    per_10_000: float | None

    @property
    def residents_text(self) -> str:
        return f"{self.residents:,}"


def districts(rows: Sources, limit: int = 300) -> list[District]:
    """Districts of the population table beside the customers and leads that name them, the thinnest first."""
    table = Population.objects.filter(cell__isnull=True).order_by()
    residents: dict[tuple[str, str], int] = {}
    for city, district, count in table.values_list("city", "district").annotate(sum=Sum("residents")):
        residents[city, district] = count
    named = [district for _city, district in residents]

    def counted(queryset: QuerySet[Any] | None) -> Callable[[str, str], int]:
        counts: dict[tuple[str, str], int] = {}
        if queryset is not None and named:
            found = queryset.filter(district__in=named).order_by().values_list("city", "district")
            for city, district, count in found.annotate(count=Count("pk")):
                for key in {(city, district), ("", district)}:
                    counts[key] = counts.get(key, 0) + count
        return lambda city, district: counts.get((city, district), 0)

    customers, leads = counted(rows.customers), counted(rows.leads)
    answer = []
    for (city, district), people in residents.items():
        count = customers(city, district)
        answer.append(
            District(
                city,
                district,
                people,
                count,
                leads(city, district),
                count * 10_000 / people if people else None,
            )
        )
    answer.sort(key=lambda row: (row.per_10_000 if row.per_10_000 is not None else 1e9, -row.residents))
    return answer[:limit]


def population_loaded() -> tuple[int, int, int]:
    """(places, districts, residents) of the table."""
    sums = Population.objects.aggregate(
        places=Count("pk", filter=Q(cell__isnull=False)),
        districts=Count("pk", filter=Q(cell__isnull=True)),
        residents=Sum(F("residents")),
    )
    return sums["places"], sums["districts"], sums["residents"] or 0
