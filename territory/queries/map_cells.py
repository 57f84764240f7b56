"""Customers of the map by cell (F1): from the sums that a job keeps, or counted, and single points when they are few.

Sums (MapCell) serve whoever looks without a filter; they are read while a check of the last minutes found them true, and
not on a day for which they have not been made yet. Everything else is a GROUP BY over the customers themselves.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Count, Exists, IntegerField, Q, QuerySet, Sum, Value, When

from accounts.models import User
from common.geo.cells import area_km2, cell_range, cells_touching, parent_cell
from common.geo.rings import in_box
from crm.models import Customer
from crm.queries.lists import open_alert, shared_with
from territory.models import MapCell, MapTally
from territory.rules.map_colours import NO_COLOUR

RESOLUTIONS = range(1, 8)  # those with kept sums: finer ones are seen close by, where few customers are read
FRESH = dt.timedelta(minutes=3)
_COVERED_FROM = 4  # coarser cells are so few that all are read
_RANGES = 10  # of cells that one statement asks for: more cost more than the rows they spare
_KM_PER_DEGREE = 111.2
SUMS = (
    *("customers", "lat_sum", "lng_sum", "level_a", "level_b", "level_c"),
    *("visited_week", "visited_month", "visited_longer", "alerts"),
)
_KEPT: dict[str, tuple[str, ...]] = {
    NO_COLOUR: (),
    "owner": (),
    "level": ("level_a", "level_b", "level_c"),
    "visit": ("visited_week", "visited_month", "visited_longer"),
    "alert": ("alerts",),
}
Box = tuple[float, float, float, float]  # south, west, north, east


@dataclass(slots=True)
class Cluster:
    """The customers of one cell: how many, the sums of their degrees, and how many of each class but the last."""

    customers: int
    lat_sum: float
    lng_sum: float
    classes: list[int] = field(default_factory=list)
    owners: dict[int | None, int] = field(default_factory=dict)  # when asked for

    def add(self, customers: int, lat_sum: float, lng_sum: float, classes: Iterable[int]) -> None:
        self.customers += customers
        self.lat_sum += lat_sum
        self.lng_sum += lng_sum
        self.classes = [one + more for one, more in zip(self.classes, classes, strict=True)]

    @property
    def lat(self) -> float:
        return self.lat_sum / self.customers

    @property
    def lng(self) -> float:
        return self.lng_sum / self.customers


Clusters = dict[int, Cluster]  # by cell


# --- what a customer counts as, in SQL
class _EachExists(Exists):
    """EXISTS that PostgreSQL asks of an index for each row, where few rows are read: of EXISTS itself it may read all
    alerts first (50 ms for 100,000) to have them at hand."""

    template = "((%(subquery)s) IS NOT NULL)"


def alert_q(today: dt.date, *, few: bool = False) -> Q:
    """Customers with an open alert, as the app that keeps them says; none without one. `few`: thousands are asked for."""
    return open_alert(today=today, each=_each if few else None)


def _each(answer: Any) -> Any:
    return _EachExists(answer.query) if isinstance(answer, Exists) else answer


def _band_qs(today: dt.date) -> tuple[Q, Q, Q]:
    week, month = today - dt.timedelta(days=7), today - dt.timedelta(days=30)
    return (
        Q(last_visit_on__gte=week),
        Q(last_visit_on__gte=month, last_visit_on__lt=week),
        Q(last_visit_on__lt=month),
    )


def _level_qs() -> tuple[Q, Q, Q]:
    return Q(level="A"), Q(level="B"), Q(level="C")


def _number_of(conditions: Iterable[Q]) -> Case:
    whens = [When(q, then=Value(number)) for number, q in enumerate(conditions, 1)]
    return Case(*whens, default=Value(0), output_field=IntegerField())


def band_number(today: dt.date) -> Case:
    return _number_of(_band_qs(today))


def level_number() -> Case:
    return _number_of(_level_qs())


def alert_number(today: dt.date, *, few: bool = False) -> Case:
    return _number_of([alert_q(today, few=few)])


def sums_of(today: dt.date, colour: str | None = None, *, few: bool = False) -> dict[str, Any]:
    """{name of SUMS: aggregate over customers}; of the classes only those of one colour, when given."""
    classes = {
        "level": zip(_KEPT["level"], _level_qs(), strict=True),
        "visit": zip(_KEPT["visit"], _band_qs(today), strict=True),
    }
    found: dict[str, Any] = {
        "customers": Count("*"),
        "lat_sum": Sum("latitude"),
        "lng_sum": Sum("longitude"),
    }
    for name, pairs in classes.items():
        if colour in (None, name):
            found |= {column: Count("pk", filter=q) for column, q in pairs}
    if colour in (None, "alert"):
        found["alerts"] = Sum(alert_number(today, few=few))
    return found


# --- reading
def tally_now(now: dt.datetime, today: dt.date) -> MapTally | None:
    """The state of the kept sums when they may be read; None: count."""
    tally = MapTally.objects.filter(pk=1, day=today).first()
    if tally is None or tally.checked_at is None or not now - FRESH <= tally.checked_at <= now + FRESH:
        return None
    return tally


def kept_clusters(user: User, resolution: int, box: Box | None, colour: str) -> Clusters:
    """From the sums: all that `user` sees, whole cells whose middle of gravity lies in the box."""
    rows = MapCell.objects.visible_to(user).filter(resolution=resolution)
    cover = _cover(box, resolution - 1) if box is not None and resolution >= _COVERED_FROM else None
    if box is not None and cover:
        around = Q()
        for cell in cells_touching(*box, cover):
            around |= Q(cell__range=cell_range(cell, of=resolution))
        rows = rows.filter(around)
    clusters = _read(rows.order_by(), colour, _KEPT[colour], grouped=colour != "owner")
    if box is not None:
        south, west, north, east = box
        clusters = {
            cell: one
            for cell, one in clusters.items()
            if south <= one.lat <= north and west <= one.lng <= east
        }
    return clusters


def _cover(box: Box, finest: int) -> int | None:
    """The finest resolution of which some _RANGES cells cover the box; None where even the coarsest are more: a box
    need not fit its zoom."""
    south, west, north, east = box
    high = (north - south) * _KM_PER_DEGREE
    wide = (east - west) * _KM_PER_DEGREE * math.cos(math.radians((south + north) / 2))
    for resolution in range(finest, 0, -1):
        km2 = area_km2(resolution)
        across = 1.5 * math.sqrt(km2)
        if (high + across) * (wide + across) <= _RANGES * km2:
            return resolution
    return None


def _read(rows: QuerySet[MapCell], colour: str, classes: tuple[str, ...], *, grouped: bool) -> Clusters:
    names = ("customers", "lat_sum", "lng_sum", *classes)
    if grouped:
        rows = rows.values("cell").annotate(**{f"s_{name}": Sum(name) for name in names})  # type: ignore[assignment]
        return {
            cell: Cluster(sums[0], sums[1], sums[2], sums[3:])
            for cell, *sums in rows.values_list("cell", *(f"s_{name}" for name in names))
        }
    return _with_owners(rows.values_list("cell", "owner_id", *names[:3]))


def _with_owners(rows: Iterable[tuple[Any, ...]]) -> Clusters:
    """Rows (cell, owner, customers, lat_sum, lng_sum)."""
    clusters: Clusters = {}
    for cell, owner, *sums in rows:
        one = clusters.setdefault(cell, Cluster(0, 0.0, 0.0))
        one.add(sums[0], sums[1], sums[2], ())
        one.owners[owner] = one.owners.get(owner, 0) + sums[0]
    return clusters


def counted_clusters(
    customers: QuerySet[Customer], resolution: int, box: Box | None, colour: str, today: dt.date
) -> Clusters:
    """The same, counted now: of the customers given, those in the box."""
    rows: QuerySet[Any] = customers.filter(cell__isnull=False).order_by()
    if box is not None:
        rows = rows.filter(in_box(*box))
    cell = parent_cell("cell", resolution)
    wanted = sums_of(today, colour, few=resolution not in RESOLUTIONS)
    if colour == "owner":
        by_owner: QuerySet[Any] = rows.values("owner_id", around=cell).annotate(**wanted)
        return _with_owners(by_owner.values_list("around", "owner_id", "customers", "lat_sum", "lng_sum"))
    groups: QuerySet[Any] = rows.values(around=cell).annotate(**wanted)
    return {
        around: Cluster(sums[0], sums[1], sums[2], sums[3:])
        for around, *sums in groups.values_list("around", *wanted)
    }


def shared_besides(user: User, scope: Iterable[int]) -> QuerySet[Customer]:
    """Active customers that `user` sees only because somebody shares them with him."""
    return Customer.objects.active().filter(shared_with(user)).exclude(owner__in=scope)


def add_clusters(clusters: Clusters, more: Clusters) -> None:
    for cell, one in more.items():
        mine = clusters.setdefault(cell, Cluster(0, 0.0, 0.0, classes=[0] * len(one.classes)))
        mine.add(one.customers, one.lat_sum, one.lng_sum, one.classes)
        for owner, count in one.owners.items():
            mine.owners[owner] = mine.owners.get(owner, 0) + count


def points(
    customers: QuerySet[Customer], box: Box | None, most: int, colour: str, today: dt.date
) -> list[tuple[Any, ...]] | None:
    """(id, lat, lng, level, last visit, owner, has an alert) of each customer in the box; None for more than `most`."""
    rows = customers.filter(latitude__isnull=False).order_by()
    if box is not None:
        rows = rows.filter(in_box(*box))
    alert = alert_number(today, few=True) if colour == "alert" else Value(0)
    found = list(
        rows.values_list("pk", "latitude", "longitude", "level", "last_visit_on", "owner_id", alert)[
            : most + 1
        ]
    )
    return sorted(found) if len(found) <= most else None
