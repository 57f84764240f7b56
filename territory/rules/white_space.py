"""Where customers are thin (F2): figures of a cell, and the cells that are worth a look, with the reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from common.geo.cells import area_km2, resolution_for

COARSEST, FINEST = 2, 10  # resolutions (H3) that are drawn
MOST_CELLS = 3000  # in one view; a wider view gets coarser cells
GOOD_SHARE = 0.1  # the best tenth of the cells by sales
THIN = 1 / 3  # of the customers of the good cell beside it
MOST_SUGGESTIONS = 50
KM_A_DEGREE = 111.195


@dataclass
class Cell:
    """Sums of one cell. `sales` and `new` are of the period, `sales_before` and `new_before` of the one compared with."""

    customers: int = 0
    leads: int = 0
    sales: Decimal = Decimal(0)
    sales_before: Decimal = Decimal(0)
    new: int = 0
    new_before: int = 0
    residents: int = 0


@dataclass(frozen=True)
class Suggestion:
    """A cell with few customers beside good ones."""

    cell: int
    customers: int
    leads: int
    residents: int
    beside: int  # good cells that touch it
    best_sales: Decimal  # of the best of them
    best_customers: int
    score: float = field(compare=False, default=0.0)


def drawn_resolution(south: float, west: float, north: float, east: float, zoom: float) -> int:
    """Which cells to draw in a view: by the zoom, but never more than some thousands of them."""
    middle = math.cos(math.radians((south + north) / 2))
    km2 = (north - south) * KM_A_DEGREE * (east - west) * KM_A_DEGREE * max(middle, 0.01)
    resolution = max(COARSEST, min(FINEST, resolution_for(zoom)))
    while resolution > COARSEST and km2 / area_km2(resolution) > MOST_CELLS:
        resolution -= 1
    return resolution


def good_cells(cells: Mapping[int, Cell]) -> list[int]:
    """The best tenth of the cells that sold anything, at least one, the best first."""
    sold = sorted((cell for cell in cells if cells[cell].sales > 0), key=lambda c: (-cells[c].sales, c))
    return sold[: math.ceil(len(sold) * GOOD_SHARE)]


def suggestions(
    cells: Mapping[int, Cell], neighbours: Callable[[int], Iterable[int]], inside: Callable[[int], bool]
) -> list[Suggestion]:
    """Cells beside good ones that have less than a third of their customers, the most promising first.

    A cell nobody has a customer in counts too, as long as it lies `inside` the view. The score is the sales of the good
    cells beside it, less the share of customers it has already.
    """
    beside: dict[int, list[int]] = {}
    for good in good_cells(cells):
        for near in neighbours(good):
            if inside(near) and cells.get(near, Cell()).customers < cells[good].customers * THIN:
                beside.setdefault(near, []).append(good)
    found = []
    for cell, friends in beside.items():
        own, best = cells.get(cell, Cell()), max(friends, key=lambda c: (cells[c].sales, -c))
        lack = sum(float(cells[c].sales) * (1 - own.customers / cells[c].customers) for c in friends)
        found.append(
            Suggestion(
                cell,
                own.customers,
                own.leads,
                own.residents,
                len(friends),
                cells[best].sales,
                cells[best].customers,
                lack,
            )
        )
    return sorted(found, key=lambda row: (-row.score, row.cell))[:MOST_SUGGESTIONS]


def leads_without_customers(cells: Mapping[int, Cell]) -> list[int]:
    """Cells with leads and no customer, the most leads first."""
    rows = [cell for cell, sums in cells.items() if sums.leads and not sums.customers]
    return sorted(rows, key=lambda cell: (-cells[cell].leads, cell))


def per_10_000(customers: int, residents: int) -> float | None:
    """Customers for each 10,000 residents; None where nobody is known to live."""
    return customers * 10_000 / residents if residents else None
