"""How a rep compares with the others in a rule's scope (domain-rules §4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from statistics import median

from alerts.enums import RepAlertKind

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Standing:
    """Where one rep stands among those compared; rank 1 is the highest value, equal values share a rank."""

    rep_id: int
    value: Decimal
    rank: int
    kind: RepAlertKind | None


@dataclass(frozen=True)
class Comparison:
    """All reps in a rule's scope over one window; `average` and `median` are rounded to 0.01."""

    standings: tuple[Standing, ...]
    average: Decimal
    median: Decimal


def compare_reps(
    values: Mapping[int, Decimal], counts: Mapping[int, int], threshold_percent: int
) -> Comparison:
    """Judge reps by §4: "none" with a count of 0, "below average" with value < threshold % of the average.

    `values` has every rep in scope, those with nothing as 0: they pull the average down. The threshold compares
    exactly (value × reps × 100 with threshold × sum), not with the rounded average.
    """
    if not values:
        return Comparison((), Decimal(0), Decimal(0))
    total, reps = sum(values.values(), Decimal(0)), len(values)
    standings = []
    ordered = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    rank = 0
    for position, (rep_id, value) in enumerate(ordered, 1):
        if position == 1 or value != ordered[position - 2][1]:
            rank = position
        kind = None
        if not counts.get(rep_id):
            kind = RepAlertKind.NONE
        elif value * reps * 100 < threshold_percent * total:
            kind = RepAlertKind.BELOW_AVERAGE
        standings.append(Standing(rep_id, value, rank, kind))
    average = (total / reps).quantize(CENT, ROUND_HALF_UP)
    middle = Decimal(median(values.values())).quantize(CENT, ROUND_HALF_UP)
    return Comparison(tuple(standings), average, middle)
