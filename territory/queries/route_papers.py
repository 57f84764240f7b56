"""What a printed route shows besides its stops: a drawing that needs no base map, and phones."""

from __future__ import annotations

import math
from dataclasses import dataclass

from crm.models import Phone
from territory.queries.routes import RouteView

WIDTH, HEIGHT, MARGIN = 680, 380, 16  # of the drawing, in its own units


@dataclass(frozen=True)
class Mark:
    """A stop on the drawing; `label` is its number, or empty for start and end."""

    x: float
    y: float
    label: str


@dataclass(frozen=True)
class Drawing:
    line: str  # "x,y x,y" for an SVG polyline
    marks: list[Mark]
    metres_per_bar: int  # what the bar below stands for
    bar: float  # its length in drawing units
    width: int = WIDTH
    height: int = HEIGHT


def route_drawing(view: RouteView) -> Drawing | None:
    """The line to scale, north up; None with less than two places. Stops hidden from the viewer are not drawn."""
    visible = {row.stop.pk: row for row in view.rows if row.visible}
    plan = view.plan
    stops = [
        (point, str(visible[stop.pk].number))
        for stop, point in zip(plan.located, plan.points, strict=True)
        if stop.pk in visible
    ]
    start, end = plan.shape.start, plan.shape.end
    places = [*([(start, "")] if start else []), *stops, *([(end, "")] if end else [])]
    if len(places) < 2:
        return None
    lats, lngs = [place[0] for place, _ in places], [place[1] for place, _ in places]
    squeeze = math.cos(math.radians(sum(lats) / len(lats)))
    tall, wide = max(lats) - min(lats), (max(lngs) - min(lngs)) * squeeze
    scale = min((WIDTH - 2 * MARGIN) / (wide or 1e-9), (HEIGHT - 2 * MARGIN) / (tall or 1e-9), 1e7)
    left, top = (WIDTH - wide * scale) / 2, (HEIGHT - tall * scale) / 2
    marks = [
        Mark(
            round(left + (lng - min(lngs)) * squeeze * scale, 1),
            round(top + (max(lats) - lat) * scale, 1),
            label,
        )
        for (lat, lng), label in places
    ]
    corners = [*marks, *(marks[:1] if plan.shape.closed else [])]
    metres = _round_metres(111_195 / scale * 120)
    return Drawing(
        " ".join(f"{mark.x},{mark.y}" for mark in corners), marks, metres, round(metres / 111_195 * scale, 1)
    )


def _round_metres(most: float) -> int:
    """The largest 1, 2 or 5 with noughts that is not above `most`."""
    power = int(10 ** math.floor(math.log10(max(most, 1))))
    return max(step * power for step in (1, 2, 5) if step * power <= max(most, 1))


def stop_phones(view: RouteView) -> dict[int, str]:
    """{customer id: its first phone as typed} of the stops the viewer may see."""
    ids = [row.stop.customer_id for row in view.rows if row.visible]
    rows = Phone.objects.filter(customer__in=ids).order_by("customer_id", "-position", "-pk")
    return dict(rows.values_list("customer_id", "raw"))  # the first in order is written last
