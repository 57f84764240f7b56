"""Which customers a scenario of territories is about, and what each of them weighs (F4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from common.geo.cells import cell_of
from territory.enums import TerritoryWeight
from territory.rules.territory_graph import LatLng, plane

# Places are cells of the finest of these sizes (H3) that gives no more places than a search takes in some seconds: from
# blocks of 0.1 km² to areas of 5 km across.
RESOLUTIONS = (9, 8, 7, 6, 5, 4)
MOST_PLACES = 6000
MOST_CUSTOMERS, MOST_REPS = 50_000, 60
LEVELS = ("A", "B", "C", "")
# The way between two customers on a round: from each to one of its nearest, longer on roads, at the pace of a town.
NEXT_DOORS, ROAD_FACTOR, KM_AN_HOUR = 4, 1.3, 25.0


@dataclass(frozen=True)
class Terms:
    """What a scenario's form says besides its own columns; kept as JSON. Lists of keys; empty ones leave nothing out.

    `owners`: whose customers (empty: those of the reps who get areas); `visits`: a month by level, "" without one;
    `minutes`: in the store; `locked_levels`: customers of these stay where they are, with `keep_locked` those locked
    for their owner too.
    """

    owners: list[int] = field(default_factory=list)
    pool: bool = False
    department: int | None = None
    regions: list[int] = field(default_factory=list)
    channels: list[int] = field(default_factory=list)
    levels: list[str] = field(default_factory=list)
    visits: dict[str, float] = field(default_factory=lambda: {"A": 4.0, "B": 2.0, "C": 1.0, "": 1.0})
    minutes: float = 20.0
    keep_locked: bool = True
    locked_levels: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def read_terms(value: Mapping[str, Any]) -> Terms:
    """Terms from a scenario's JSON; what an older version did not know has its default."""
    known = {part.name for part in fields(Terms)}
    return Terms(**{name: part for name, part in value.items() if name in known})


@dataclass(frozen=True)
class Weighed:
    """What of a customer weighs."""

    level: str
    sales: float
    at: LatLng | None


def weights(kind: str, terms: Terms, customers: Sequence[Weighed]) -> list[float]:
    """What each customer weighs; hours hold the way from door to door. Sales below zero weigh nothing."""
    if kind == TerritoryWeight.CUSTOMERS:
        return [1.0] * len(customers)
    if kind == TerritoryWeight.SALES:
        return [max(0.0, row.sales) for row in customers]
    visits = [terms.visits.get(row.level, terms.visits.get("", 1.0)) for row in customers]
    if kind == TerritoryWeight.VISITS:
        return visits
    ways = hours_to_next([row.at for row in customers])
    return [count * (terms.minutes / 60 + way) for count, way in zip(visits, ways, strict=True)]


def hours_to_next(spots: Sequence[LatLng | None]) -> list[float]:
    """Hours from each place to another on a round: to the mean of its nearest four; 0 without a place or neighbour."""
    import numpy as np

    located = [i for i, at in enumerate(spots) if at is not None]
    hours = [0.0] * len(spots)
    most = min(NEXT_DOORS, len(located) - 1)
    if most < 1:
        return hours
    at = plane([spot for spot in spots if spot is not None]).astype("float32")
    for start in range(0, len(located), 128):
        rows = at[start : start + 128]
        away = np.hypot(rows[:, None, 0] - at[None, :, 0], rows[:, None, 1] - at[None, :, 1])
        nearest = np.partition(away, most, axis=1)[:, : most + 1]  # itself among them, at 0
        for row, km in enumerate(nearest.sum(axis=1) / most):
            hours[located[start + row]] = float(km) * ROAD_FACTOR / KM_AN_HOUR
    return hours


def place_numbers(spots: Sequence[LatLng | None]) -> list[int | None]:
    """To which place (0, 1, …, in the order they are met) each customer belongs; None without coordinates."""
    for resolution in RESOLUTIONS:
        cells = [None if at is None else cell_of(*at, resolution) for at in spots]
        known = dict.fromkeys(cell for cell in cells if cell is not None)
        if len(known) <= MOST_PLACES or resolution == RESOLUTIONS[-1]:
            break
    number = {cell: at for at, cell in enumerate(known)}
    return [None if cell is None else number[cell] for cell in cells]
