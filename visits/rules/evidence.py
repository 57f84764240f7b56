"""How well a visit is proven, and by what (D11): parts with points, their sum, a grade. Pure; shown to rep and manager
alike.

| part                | points | when                                                                             |
|---------------------|--------|----------------------------------------------------------------------------------|
| inside              |  40    | the check-in fix lies inside the fence around the pin as it stood then           |
| to_confirm          |  25    | inside, but nobody has confirmed that pin yet                                    |
| no_location         |  15    | the store had no pin: the fix became its suggestion                              |
| outside, unverified |   0    |                                                                                  |
| precise             |  10    | inside, and known to 50 m or better                                              |
| left_here           |  10    | the check-out fix lies inside the fence, too                                     |
| left_elsewhere      |   0    | it lies outside                                                                  |
| stay_usual          |  20    | at least 3 minutes and a third of what is usual at this customer                 |
| stay_short          |   0    | shorter                                                                          |
| shop_closed         |  10    | nobody was there: no stay to expect                                              |
| not_checked_out     | −30    | the day's end closed it                                                          |
| photo               |  20    | a photo that was not used before                                                 |
| photo_reused        | −40    | a photo that looks like one of an earlier visit                                  |
| no_photo            |   0    |                                                                                  |
| clock               | −20    | the phone's clock was off                                                        |
| steps_missing       | −10    | a required step is missing (a phone that was offline could not be stopped)       |

A from 80, B from 60, C from 40, else D. Worked example: inside at ±12 m (40 + 10), left inside (10), 14 minutes where 10
are usual (20), one new photo (20) → 100, A. The same with a photo of last week: 100 − 20 − 40 = 40 → C.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from visits.enums import Fence, Grade, VisitOutcome

PRECISE_M = 50
SHORTEST_STAY = dt.timedelta(minutes=3)
# A stay is short below this share of the customer's usual one.
SHORT_SHARE = 3
# So many stays at least before anything is usual.
STAYS_KNOWN = 3

POINTS: dict[str, int] = {
    "inside": 40,
    "to_confirm": 25,
    "no_location": 15,
    "outside": 0,
    "unverified": 0,
    "precise": 10,
    "left_here": 10,
    "left_elsewhere": 0,
    "stay_usual": 20,
    "stay_short": 0,
    "shop_closed": 10,
    "not_checked_out": -30,
    "photo": 20,
    "photo_reused": -40,
    "no_photo": 0,
    "clock": -20,
    "steps_missing": -10,
}
PART_LABELS: Mapping[str, str | Promise] = {
    "inside": _("Checked in at the store"),
    "to_confirm": _("Checked in at the store; its location is not confirmed yet"),
    "no_location": _("The store had no location yet"),
    "outside": _("Checked in outside the fence"),
    "unverified": _("Position at check-in not verified"),
    "precise": _("Position known to 50 m or better"),
    "left_here": _("Checked out at the store"),
    "left_elsewhere": _("Checked out away from the store"),
    "stay_usual": _("Stayed as long as usual"),
    "stay_short": _("Stayed only shortly"),
    "shop_closed": _("The shop was closed"),
    "not_checked_out": _("Not checked out"),
    "photo": _("Own photo of this visit"),
    "photo_reused": _("A photo looks like one of an earlier visit"),
    "no_photo": _("No photo"),
    "clock": _("Phone clock was off"),
    "steps_missing": _("Required steps are missing"),
}
GRADES: tuple[tuple[Grade, int], ...] = ((Grade.A, 80), (Grade.B, 60), (Grade.C, 40))


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """What speaks for or against a visit. Distances in metres; `usual_stays` are those of the customer's last visits."""

    fence: str
    accuracy_m: float | None
    to_confirm: bool
    left_distance_m: float | None
    left_accuracy_m: float | None
    radius_m: float
    dwell: dt.timedelta | None
    usual_stays: Sequence[dt.timedelta]
    outcome: str
    photos: int
    reused: int
    flags: Sequence[str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """`parts` are {code: points} in the order they are shown."""

    grade: Grade
    parts: dict[str, int]


def weigh(facts: VisitFacts) -> Evidence:
    """The table above."""
    codes = [*_place(facts), *_leaving(facts), _stay(facts), _photo(facts)]
    if {"clock", "future"} & set(facts.flags):
        codes.append("clock")
    if "steps" in facts.flags:
        codes.append("steps_missing")
    parts = {code: POINTS[code] for code in codes if code}
    return Evidence(grade_for(sum(parts.values())), parts)


def grade_for(points: int) -> Grade:
    return next((grade for grade, least in GRADES if points >= least), Grade.D)


def is_short(dwell: dt.timedelta, usual: Sequence[dt.timedelta]) -> bool:
    """Under 3 minutes, or under a third of the median stay where at least three are known."""
    if dwell < SHORTEST_STAY:
        return True
    if len(usual) < STAYS_KNOWN:
        return False
    return dwell.total_seconds() < median(stay.total_seconds() for stay in usual) / SHORT_SHARE


def _place(facts: VisitFacts) -> list[str]:
    if facts.fence != Fence.INSIDE:
        return [str(facts.fence)]
    precise = facts.accuracy_m is not None and facts.accuracy_m <= PRECISE_M
    return ["to_confirm" if facts.to_confirm else "inside", *(["precise"] if precise else [])]


def _leaving(facts: VisitFacts) -> list[str]:
    if facts.left_distance_m is None:
        return []
    near = facts.left_distance_m - (facts.left_accuracy_m or 0) <= facts.radius_m
    return ["left_here" if near else "left_elsewhere"]


def _stay(facts: VisitFacts) -> str:
    if facts.dwell is None:
        return "not_checked_out" if facts.outcome == VisitOutcome.NOT_CHECKED_OUT else ""
    if facts.outcome == VisitOutcome.CLOSED_SHOP:
        return "shop_closed"
    return "stay_short" if is_short(facts.dwell, facts.usual_stays) else "stay_usual"


def _photo(facts: VisitFacts) -> str:
    if facts.reused:
        return "photo_reused"
    return "photo" if facts.photos else "no_photo"
