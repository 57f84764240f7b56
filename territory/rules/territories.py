"""Areas of equal weight for several reps, each in one piece (F4). No randomness: the same customers give the same areas.

Places are cells with customers in them. A place costs its customers' way to the middle of the area it belongs to, in km,
and `keep_km` more for every customer who gets another owner. Three steps: an auction in which full areas grow dear gives
round areas of nearly equal weight (today's areas are a second start, where keeping counts); what does not hang together
is grown anew; then places, with whatever they would cut off, change sides along the borders as long as that is worth
more than it costs. The worth of balance is raised step by step until the allowed difference is kept, so that no more
moves than needed; what is left then goes in chains from the heaviest area through others to the lightest.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from territory.rules.territory_graph import Links, adjacency, neighbour_links, pieces
from territory.rules.territory_search import Place, Search, Task, Tell, deviation

__all__ = ["Areas", "Place", "Task", "deviation", "islands", "make_areas", "tightness"]


@dataclass(frozen=True)
class Areas:
    """`area[i]`: to which area place i belongs. `links`: the neighbourhood it was made by."""

    area: list[int]
    links: Links
    loads: list[float]

    @property
    def deviation(self) -> float:
        return deviation(self.loads)


def make_areas(task: Task, tell: Tell = lambda share: None) -> Areas:
    """Share the places out. `tell` hears how much is done, 0 to 1. Raises ValueError without areas or without places."""
    if not task.base or not task.places:
        raise ValueError("areas need reps and places")
    links = neighbour_links([place.at for place in task.places])
    tell(0.3)
    search = Search(task, links)
    starts = [search.auction, search.from_today] if task.keep_km > 0 else [search.auction]
    found = []

    def part(turn: int) -> Tell:
        return lambda share: tell(0.3 + 0.7 * (turn + share) / len(starts))

    for turn, start in enumerate(starts):
        start()
        search.grow()
        search.even_out(part(turn))
        found.append(search.state())
    (_value, (area, loads, _sizes)) = min(found, key=lambda state: state[0])
    return Areas(area, links, loads)


def islands(
    members: Mapping[int, Iterable[int]], links: Links, places: int, customers: Sequence[int]
) -> dict[int, list[list[int]]]:
    """{area: its pieces besides the one with the most customers, as lists of places}; areas in one piece are left out.

    `members`: the places of each area; one that is divided among areas belongs to several.
    """
    beside = adjacency(places, links)
    found = {}
    for number, mine in sorted(members.items()):
        parts = sorted(pieces(mine, beside), key=lambda part: (-sum(customers[i] for i in part), part[0]))
        if len(parts) > 1:
            found[number] = parts[1:]
    return found


def tightness(area: Sequence[Hashable], links: Links) -> float | None:
    """Share of the links that do not cross a border, 0 to 1: the shorter the borders, the nearer to 1."""
    inside = sum(1 for one, other in links if area[one] == area[other])
    return inside / len(links) if links else None
