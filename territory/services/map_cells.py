"""The customer map's sums by cell and owner, kept true by a job each minute (F1).

One statement marks every part of the map (a number worked out of what its customers show); a part whose mark is not the
stored one has changed, by whatever writer, and is summed up anew. Nobody who writes customers has to know of it. The
map reads the sums only while they were checked within the last minutes (queries.map_cells), and counts by itself else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Count, F, IntegerField, QuerySet, Sum, Value
from django.db.models.expressions import Combinable, CombinedExpression
from django.db.models.functions import Cast, Coalesce

from common.geo.cells import parent_cell, parent_of
from crm.models import Customer
from crm.services import inserting
from territory.models import MapCell, MapTally, MapTile
from territory.queries.map_cells import (
    RESOLUTIONS,
    SUMS,
    alert_number,
    band_number,
    level_number,
    sums_of,
)

TILE_RESOLUTION = 5  # 250 km²: what changes in a minute is a few of these
FINEST, COARSEST = RESOLUTIONS[-1], RESOLUTIONS[0]
LEAST = 50_000  # customers with a place; fewer are counted as quickly as sums are read
_PRIME, _OWNERS, _BIGGEST = 1_000_003, 100_003, 2_147_483_629
_COLUMNS = ("resolution", "cell", "owner_id", *SUMS)
_Key = tuple[int, int, int | None]  # resolution, cell, owner


def refresh_map_cells(*, now: dt.datetime, today: dt.date, least: int = LEAST) -> int | None:
    """Sum up what changed since the last time; returns how many parts of the map that were.

    None when somebody else is at it. With fewer than `least` customers nothing is kept.
    """
    with transaction.atomic():
        MapTally.objects.get_or_create(pk=1)
        tally = MapTally.objects.select_for_update(skip_locked=True).filter(pk=1).first()
        if tally is None:
            return None
        if not _is_worth_it(least):
            return _drop(tally)
        marks = _marks(today)
        known = {tile.cell: (tile.customers, tile.mark) for tile in MapTile.objects.all()}
        changed = {cell for cell in marks.keys() | known.keys() if marks.get(cell) != known.get(cell)}
        if tally.day is None or len(changed) * 3 > len(marks):
            _sum_up(None, today)
            _keep_marks(None, marks)
        elif changed:
            _sum_up(changed, today)
            _keep_marks(changed, marks)
        tally.day, tally.checked_at = today, now
        tally.customers = sum(count for count, _mark in marks.values())
        tally.save()
    return len(changed)


def _is_worth_it(least: int) -> bool:
    rows = _shown().order_by()[least - 1 : least] if least else _shown()
    return rows.exists()


def _shown() -> QuerySet[Customer]:
    return Customer.objects.active().filter(cell__isnull=False).order_by()


def _drop(tally: MapTally) -> int:
    if tally.day is not None:
        MapCell.objects.all().delete()
        MapTile.objects.all().delete()
        tally.day = tally.checked_at = None
        tally.customers = 0
        tally.save()
    return 0


def _marks(today: dt.date) -> dict[int, tuple[int, int]]:
    """{part: (customers, mark)}: any change of cell, owner, level, visit or alert gives another mark."""
    shown = _plus(_times(band_number(today), 16), _times(level_number(), 2), alert_number(today), Value(1))
    whose = _times(_rest(Coalesce(F("owner_id"), Value(0)), _OWNERS), 64)
    each = _rest(
        _whole(_plus(_rest(F("cell"), _PRIME), Value(1)), Combinable.MUL, _plus(whose, shown)), _BIGGEST
    )
    rows = (
        _shown()
        .values(tile=parent_cell("cell", TILE_RESOLUTION))
        .annotate(n=Count("*"), mark=Sum(Cast(each, IntegerField())))
        .values_list("tile", "n", "mark")
    )
    return {tile: (n, mark) for tile, n, mark in rows}


def _whole(left: Any, sign: str, right: Any) -> CombinedExpression:
    """Arithmetic of whole numbers of 64 bits; MOD() of SQLite would be one of floats."""
    return CombinedExpression(left, sign, right, output_field=BigIntegerField())


def _rest(value: Any, divisor: int) -> CombinedExpression:
    return _whole(value, Combinable.MOD, Value(divisor, output_field=BigIntegerField()))


def _times(value: Any, factor: int) -> CombinedExpression:
    return _whole(value, Combinable.MUL, Value(factor, output_field=BigIntegerField()))


def _plus(*parts: Any) -> Any:
    total = parts[0]
    for part in parts[1:]:
        total = _whole(total, Combinable.ADD, part)
    return total


def _keep_marks(changed: Collection[int] | None, marks: dict[int, tuple[int, int]]) -> None:
    old = MapTile.objects.all() if changed is None else MapTile.objects.filter(cell__in=changed)
    old.delete()
    wanted = marks if changed is None else {cell: marks[cell] for cell in changed if cell in marks}
    inserting.insert(
        MapTile, ("cell", "customers", "mark"), [(cell, n, mark) for cell, (n, mark) in wanted.items()]
    )


def _sum_up(tiles: Collection[int] | None, today: dt.date) -> None:
    """Write the cells of these parts anew, or of the whole map, and those above them."""
    customers = _shown()
    if tiles is not None:
        customers = customers.alias(tile=parent_cell("cell", TILE_RESOLUTION)).filter(tile__in=tiles)
    groups = customers.values("owner_id", around=parent_cell("cell", FINEST)).annotate(**sums_of(today))
    found: dict[_Key, list[Any]] = {}
    for cell, owner, *sums in groups.values_list("around", "owner_id", *SUMS):
        found[FINEST, cell, owner] = sums
    _add_parents(found, range(FINEST - 1, TILE_RESOLUTION - 1, -1))
    if tiles is None:
        _add_parents(found, range(TILE_RESOLUTION - 1, COARSEST - 1, -1))
        MapCell.objects.all().delete()
        _write(found)
        return
    for resolution in range(TILE_RESOLUTION, FINEST + 1):
        _delete_within(tiles, resolution)
    _write(found)
    _sum_up_above(tiles)


def _delete_within(tiles: Collection[int], resolution: int) -> None:
    old = MapCell.objects.filter(resolution=resolution)
    old.alias(tile=parent_cell("cell", TILE_RESOLUTION)).filter(tile__in=tiles).delete()


def _sum_up_above(tiles: Collection[int]) -> None:
    """The coarser cells around these parts, from the cells that the parts are made of."""
    for resolution in range(TILE_RESOLUTION - 1, COARSEST - 1, -1):
        above = {parent_of(tile, resolution) for tile in tiles}
        MapCell.objects.filter(resolution=resolution, cell__in=above).delete()
        below = MapCell.objects.filter(resolution=resolution + 1).order_by()
        below = below.annotate(around=parent_cell("cell", resolution)).filter(around__in=above)
        rows = below.values("around", "owner_id").annotate(**{f"s_{name}": Sum(name) for name in SUMS})
        columns = rows.values_list("around", "owner_id", *(f"s_{name}" for name in SUMS))
        _write({(resolution, cell, owner): sums for cell, owner, *sums in columns})


def _add_parents(found: dict[_Key, list[Any]], resolutions: Iterable[int]) -> None:
    for resolution in resolutions:
        for (finer, cell, owner), sums in list(found.items()):
            if finer != resolution + 1:
                continue
            key = (resolution, parent_of(cell, resolution), owner)
            into = found.get(key)
            if into is None:
                found[key] = list(sums)
            else:
                for place, value in enumerate(sums):
                    into[place] += value


def _write(found: dict[_Key, list[Any]]) -> None:
    # In the order in which they are read, so that a view of the map lies on few pages of the table.
    rows = sorted(
        ((*key, *sums) for key, sums in found.items()), key=lambda row: (row[0], row[1], row[2] or 0)
    )
    inserting.insert(MapCell, _COLUMNS, rows)
