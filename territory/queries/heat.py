"""The points of the heat layer (F2): one a cell, at the middle of what it weighs, for the customers of the map."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Avg, F, QuerySet, Sum

from common.geo.cells import parent_cell
from common.geo.rings import in_box
from sales.models import Delivery, SalesOrder, SalesReturn
from territory.queries.map_cells import Box
from territory.queries.map_data import Look, Source
from territory.rules import SCALE
from territory.rules.heat import HEAT_DAYS, heat_grain
from territory.rules.map_colours import NO_COLOUR

Points = list[tuple[float, float, float]]  # lat, lng, weight


def heat_data(source: Source, measure: str, box: Box, zoom: int) -> dict[str, Any]:
    """{"lat", "lng" in 1/100,000 degree, "weight": customers, or whole CNY of the last 90 days, "radius" in pixels}."""
    resolution, radius = heat_grain(box, zoom)
    if measure == "customers":
        points = _customers(source, resolution, box, zoom)
    else:
        points = _money(source, measure, resolution, box)
    return {
        "lat": [round(lat * SCALE) for lat, _lng, _weight in points],
        "lng": [round(lng * SCALE) for _lat, lng, _weight in points],
        "weight": [round(weight) for _lat, _lng, weight in points],
        "radius": radius,
    }


def _customers(source: Source, resolution: int, box: Box, zoom: int) -> Points:
    tally = source.tally(Look(NO_COLOUR, box, zoom, 0, 0))
    clusters = source.clusters(tally, resolution, box, NO_COLOUR)
    return [(one.lat, one.lng, one.customers) for _cell, one in sorted(clusters.items())]


def _money(source: Source, measure: str, resolution: int, box: Box) -> Points:
    """Cells that anything is left of after returns; where each stands is the middle of the slips that add to it."""
    since = source.today - dt.timedelta(days=HEAT_DAYS)
    shown = source.customers.filter(in_box(*box), cell__isnull=False).order_by()

    def by_cell(slips: QuerySet[Any], amount: str) -> Iterable[tuple[int, float, float, Any]]:
        rows = slips.filter(customer__in=shown.values("pk")).order_by()
        groups = rows.values(around=parent_cell("customer__cell", resolution)).annotate(
            lat=Avg("customer__latitude"), lng=Avg("customer__longitude"), sum=Sum(F(amount))
        )
        found: Iterable[tuple[int, float, float, Any]] = groups.values_list("around", "lat", "lng", "sum")
        return found

    if measure == "orders":
        found = by_cell(SalesOrder.objects.counted().filter(ordered_on__gte=since), "total")
        less: dict[int, float] = {}
    else:
        found = by_cell(Delivery.objects.posted().filter(issued_on__gte=since), "amount")
        returned = by_cell(SalesReturn.objects.posted().filter(returned_on__gte=since), "amount")
        less = {cell: float(amount) for cell, _lat, _lng, amount in returned}
    points = [(lat, lng, float(amount) - less.get(cell, 0.0)) for cell, lat, lng, amount in sorted(found)]
    return [point for point in points if point[2] >= 0.5]
