"""What the customer map draws (F1): columns of clusters or of single points, and the legend of what is in view."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.querysets import scope_user_ids
from common.geo.cells import resolution_for
from crm.models import Customer
from territory.models import MapTally
from territory.queries import map_cells
from territory.queries.map_amounts import amounts_by_cell, amounts_of
from territory.queries.map_cells import Box, Cluster, Clusters
from territory.rules import SCALE
from territory.rules.map_colours import (
    AMOUNT_DAYS,
    CLASSES,
    NO_COLOUR,
    OWNERS_SHOWN,
    ColourClass,
    amount_class,
    band_class,
    level_class,
    owner_classes,
)
from territory.rules.map_view import box_around, middle_box, zoom_to_fit

MOST_POINTS = 2000
_FIT_RESOLUTIONS = (4, 7)  # the second where the first finds but a few cells: a city
_FEW = 30
_CLOSE = 13
_CLOSE_DEGREES = 1.5  # the largest screens at that zoom


@dataclass(frozen=True)
class Look:
    """Which part of the map and how close; without a box wherever the customers are, on so many pixels."""

    by: str
    box: Box | None
    zoom: int
    width: int
    height: int


@dataclass(frozen=True)
class Source:
    """The customers of a map: what `user` sees and has filtered; `everything` when nothing narrows that down."""

    user: User
    customers: QuerySet[Customer]
    everything: bool
    now: dt.datetime
    today: dt.date

    def tally(self, look: Look) -> MapTally | None:
        """Sums of sales are kept by nobody; else those without a filter are, when there are many."""
        if not self.everything or look.by == "amount":
            return None
        return map_cells.tally_now(self.now, self.today)

    def crowded(self, tally: MapTally | None, box: Box | None) -> bool:
        """Whether the kept sums say, by and large, that there are too many for points; else it is to be tried."""
        if tally is None or box is None or max(box[2] - box[0], box[3] - box[1]) > _CLOSE_DEGREES:
            return False
        around = map_cells.kept_clusters(self.user, map_cells.RESOLUTIONS[-1], box, NO_COLOUR)
        return sum(one.customers for one in around.values()) > MOST_POINTS

    def clusters(self, tally: MapTally | None, resolution: int, box: Box | None, by: str) -> Clusters:
        if tally is None or resolution not in map_cells.RESOLUTIONS:
            return map_cells.counted_clusters(self.customers, resolution, box, by, self.today)
        clusters = map_cells.kept_clusters(self.user, resolution, box, by)
        scope = scope_user_ids(self.user)
        if scope is not None:
            shared = map_cells.shared_besides(self.user, scope)
            more = map_cells.counted_clusters(shared, resolution, box, by, self.today)
            map_cells.add_clusters(clusters, more)
        return clusters


def map_data(source: Source, look: Look) -> dict[str, Any]:
    """Few customers as points, many as clusters: {"kind", "lat", "lng" in 1/100,000 degree, …, "legend", "total"}.

    Points: "id", and "c", the class of each as a digit of one text. Clusters: "n", and "k" with the count of each class.
    "view" [lat, lng, zoom] where no box was asked for; "whole" when these are all there are; "asOf" of kept sums.
    """
    tally = source.tally(look)
    # Close by and where no sums are kept, most maps have few customers: then the clusters need not be counted first.
    close = look.zoom >= _CLOSE and not source.crowded(tally, look.box)
    if close if look.box is not None else tally is None:
        found = map_cells.points(source.customers, look.box, MOST_POINTS, look.by, source.today)
        if found is not None:
            return _points(source, look, found)
    view = None
    if look.box is None:
        for resolution in _FIT_RESOLUTIONS:
            wide = source.clusters(tally, resolution, None, "none")
            if len(wide) > _FEW:
                break
        if not wide or sum(one.customers for one in wide.values()) <= MOST_POINTS:
            found = map_cells.points(source.customers, None, MOST_POINTS, look.by, source.today)
            return _points(source, look, found or [])
        look, view = _fitted(look, wide)
    clusters = source.clusters(tally, resolution_for(look.zoom), look.box, look.by)
    if sum(one.customers for one in clusters.values()) <= MOST_POINTS:
        found = map_cells.points(source.customers, look.box, MOST_POINTS, look.by, source.today)
        if found is not None:
            return _points(source, look, found) | {"view": view}
    answer = _clusters(source, look, clusters) | {"view": view}
    return answer | {"asOf": tally.checked_at.isoformat() if tally and tally.checked_at else None}


def _fitted(look: Look, wide: Clusters) -> tuple[Look, list[float]]:
    box = middle_box([(one.lat, one.lng, one.customers) for one in wide.values()])
    zoom = zoom_to_fit(box, look.width, look.height)
    lat, lng = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    seen = box_around(lat, lng, zoom, look.width, look.height)
    return Look(look.by, seen, zoom, look.width, look.height), [lat, lng, zoom]


# --- answers
def _legend(classes: list[ColourClass], counts: Counter[int]) -> list[list[Any]]:
    return [[one.sign, str(one.label), one.tone, counts[place]] for place, one in enumerate(classes)]


def _answer(kind: str, lats: list[float], lngs: list[float], **more: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "lat": [round(lat * SCALE) for lat in lats],
        "lng": [round(lng * SCALE) for lng in lngs],
        "view": None,
        "whole": False,
        "asOf": None,
        **more,
    }


def _points(source: Source, look: Look, rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    classes, places = _classes_of_points(source, look.by, rows)
    return _answer(
        "points",
        [row[1] for row in rows],
        [row[2] for row in rows],
        id=[row[0] for row in rows],
        c="".join(map(str, places)),
        legend=_legend(classes, Counter(places)),
        total=len(rows),
    ) | {"whole": look.box is None}


def _classes_of_points(
    source: Source, by: str, rows: list[tuple[Any, ...]]
) -> tuple[list[ColourClass], list[int]]:
    if by == "owner":
        owners = _largest(Counter(row[5] for row in rows))
        return owner_classes(_named(owners)), [_place(owners, row[5]) for row in rows]
    if by == "level":
        places = [level_class(row[3]) for row in rows]
    elif by == "visit":
        places = [band_class(row[4], source.today) for row in rows]
    elif by == "alert":
        places = [0 if row[6] else 1 for row in rows]
    elif by == "amount":
        since = source.today - dt.timedelta(days=AMOUNT_DAYS)
        amounts = amounts_of([row[0] for row in rows], since)
        places = [amount_class(amounts[row[0]]) for row in rows]
    else:
        places = [0] * len(rows)
    return list(CLASSES[by]), places


def _clusters(source: Source, look: Look, clusters: Clusters) -> dict[str, Any]:
    order = sorted(clusters.items())
    rows = [one for _cell, one in order]
    if look.by == "owner":
        owners = _largest(_sum_of_owners(rows))
        classes = owner_classes(_named(owners))
        counts = [_by_owner(one, owners) for one in rows]
    elif look.by == "amount":
        classes = list(CLASSES["amount"])
        counts = _by_amount(source, look, order)
    else:
        classes = list(CLASSES[look.by])
        counts = [[*one.classes, one.customers - sum(one.classes)] for one in rows]
    totals = Counter({place: sum(column) for place, column in enumerate(zip(*counts, strict=True))})
    return _answer(
        "clusters",
        [one.lat for one in rows],
        [one.lng for one in rows],
        n=[one.customers for one in rows],
        k=counts if len(classes) > 1 else [],
        legend=_legend(classes, totals),
        total=sum(one.customers for one in rows),
    )


def _by_amount(source: Source, look: Look, order: list[tuple[int, Cluster]]) -> list[list[int]]:
    """All customers of a cell in the class of their average: who bought how much each would be a list, not a map."""
    since = source.today - dt.timedelta(days=AMOUNT_DAYS)
    amounts = amounts_by_cell(source.customers, resolution_for(look.zoom), look.box, since)
    counts = []
    for cell, one in order:
        row = [0] * len(CLASSES["amount"])
        row[amount_class(amounts.get(cell, Decimal(0)) / one.customers)] = one.customers
        counts.append(row)
    return counts


def _sum_of_owners(rows: list[Cluster]) -> Counter[int | None]:
    total: Counter[int | None] = Counter()
    for one in rows:
        total.update(one.owners)
    return total


def _largest(owners: Counter[int | None]) -> dict[int | None, int]:
    """{owner: place in the legend} of the largest; ties by key, so that the same map answers the same."""
    order = sorted(owners.items(), key=lambda item: (-item[1], item[0] or 0))
    return {owner: place for place, (owner, _n) in enumerate(order[:OWNERS_SHOWN])}


def _place(owners: dict[int | None, int], owner: int | None) -> int:
    return owners.get(owner, len(owners))


def _by_owner(one: Cluster, owners: dict[int | None, int]) -> list[int]:
    counts = [0] * (len(owners) + 1)
    for owner, n in one.owners.items():
        counts[_place(owners, owner)] += n
    return counts


def _named(owners: dict[int | None, int]) -> list[tuple[int | None, str]]:
    names = dict(User.objects.filter(pk__in=[pk for pk in owners if pk]).values_list("pk", "name"))
    return [(owner, names.get(owner, "") if owner else _("Public pool")) for owner in owners]
