"""A rep's day against what it could have been (domain-rules §7): the way, the plan, stays and visits."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from territory.rules.tours import shortest_order, tour_length_m
from territory.rules.tracks import Stop


def order_saving(stops: Sequence[Stop]) -> float | None:
    """1 − length of the shortest order of the stays ÷ length in the order they were made; None with fewer than three."""
    places = [(stop.lat, stop.lng) for stop in stops]
    actual = tour_length_m(places)
    if len(places) < 3 or not actual:
        return None
    best = tour_length_m([places[n] for n in shortest_order(places)])
    return max(0.0, 1 - best / actual)


@dataclass(frozen=True, slots=True)
class PlanCheck:
    """Planned customers against those visited: counts, and how many were visited in the planned order."""

    planned: int
    visited: int
    unplanned: int
    in_order: int

    @property
    def missed(self) -> int:
        return self.planned - self.visited

    @property
    def out_of_order(self) -> int:
        return self.visited - self.in_order


def check_plan(planned: Sequence[int], visited: Iterable[int]) -> PlanCheck:
    """Compare customer ids in planned order with those in the order of their first visit.

    In order are the most visits that can be picked so that their planned places rise: one stop that was put last is one
    out of order, not all that came before it.
    """
    place = {customer: n for n, customer in enumerate(dict.fromkeys(planned))}
    made = list(dict.fromkeys(visited))
    kept = [place[customer] for customer in made if customer in place]
    tails: list[int] = []
    for value in kept:
        at = bisect_left(tails, value)
        tails[at : at + 1] = [value]
    return PlanCheck(len(place), len(kept), len(made) - len(kept), len(tails))
