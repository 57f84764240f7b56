"""The decisions of domain-rules §2: fence, clock, sequence, who may check in, what a task may become. No ORM."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import GeofencePolicy
from common.geo import distance_m, valid_coordinates
from visits.enums import Fence, TaskStatus

MAX_ACCURACY_M = 1000
CLOCK_TOLERANCE = dt.timedelta(minutes=10)
# Two synchronised clocks still differ by seconds; without this every other check-in would come from the future.
FUTURE_TOLERANCE = dt.timedelta(seconds=30)
# Beyond these a time is no clock error any more but nonsense, and is refused instead of flagged.
FUTURE_LIMIT = dt.timedelta(hours=24)
PAST_LIMIT = dt.timedelta(days=30)

FLAG_LABELS = {
    "outside": gettext_lazy("outside the fence"),
    "unverified": gettext_lazy("position not verified"),
    "clock": gettext_lazy("phone clock differs by more than 10 minutes"),
    "future": gettext_lazy("phone clock runs ahead"),
    "steps": gettext_lazy("required steps are missing"),
}

# The one state machine of a visit task; done is final.
TASK_MOVES: dict[TaskStatus, frozenset[TaskStatus]] = {
    TaskStatus.OPEN: frozenset({TaskStatus.DONE, TaskStatus.SKIPPED}),
    TaskStatus.SKIPPED: frozenset({TaskStatus.OPEN}),
    TaskStatus.DONE: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Fix:
    """A position by the phone: WGS-84 degrees, accuracy as a radius in metres."""

    latitude: float
    longitude: float
    accuracy_m: float

    @property
    def is_place(self) -> bool:
        """Whether it can be a place at all (finite, in range, not 0,0)."""
        return valid_coordinates(self.latitude, self.longitude)

    @property
    def known_accuracy_m(self) -> float | None:
        """The accuracy where it is a number of metres, as it is stored."""
        return self.accuracy_m if math.isfinite(self.accuracy_m) and self.accuracy_m >= 0 else None

    @property
    def is_usable(self) -> bool:
        """Whether it can prove where somebody is: a place, known to 1,000 m or better."""
        accuracy = self.known_accuracy_m
        return self.is_place and accuracy is not None and accuracy <= MAX_ACCURACY_M


@dataclass(frozen=True, slots=True)
class FenceCheck:
    """The answer about a fix: `distance_m` in metres, None where either end is missing."""

    fence: Fence
    distance_m: float | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something may not be done: a code for programs, a message for people."""

    code: str
    message: str
    params: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EarlierVisit:
    """What a refusal has to name: the visit's id, its customer, its local check-in time ("09:12")."""

    visit_id: int
    customer_id: int
    customer: str
    since: str


def distance_between(fix: Fix | None, store: tuple[float, float] | None) -> float | None:
    """Great-circle metres from the fix to the store's location (lat, lng); None where either is missing."""
    if fix is None or store is None or not fix.is_place:
        return None
    return distance_m(fix.latitude, fix.longitude, store[0], store[1])


def check_fence(*, fix: Fix | None, store: tuple[float, float] | None, radius_m: float) -> FenceCheck:
    """Where a check-in fix lies (domain-rules §2): inside when distance − accuracy ≤ radius.

    No fix, or one worse than 1,000 m, is "unverified" whatever the store's location: never silently inside.
    """
    distance = distance_between(fix, store)
    if fix is None or not fix.is_usable:
        return FenceCheck(Fence.UNVERIFIED, distance)
    if distance is None:
        return FenceCheck(Fence.NO_LOCATION, None)
    inside = distance - fix.accuracy_m <= radius_m
    return FenceCheck(Fence.INSIDE if inside else Fence.OUTSIDE, distance)


def clock_flags(*, occurred_at: dt.datetime, received_at: dt.datetime, online: bool) -> list[str]:
    """ "future" for a phone time ahead of the server's, "clock" for one over 10 minutes off while online (§2)."""
    flags = []
    if online and abs(received_at - occurred_at) > CLOCK_TOLERANCE:
        flags.append("clock")
    if occurred_at - received_at > FUTURE_TOLERANCE:
        flags.append("future")
    return flags


def visit_flags(
    *, fence: Fence, occurred_at: dt.datetime, received_at: dt.datetime, online: bool
) -> list[str]:
    """All flags of a new visit, in the order they are shown."""
    by_place = [str(fence)] if fence in (Fence.OUTSIDE, Fence.UNVERIFIED) else []
    return by_place + clock_flags(occurred_at=occurred_at, received_at=received_at, online=online)


def time_refusal(*, occurred_at: dt.datetime, received_at: dt.datetime) -> Refusal | None:
    """A time that cannot be true: more than 24 hours ahead or more than 30 days ago."""
    if occurred_at - received_at > FUTURE_LIMIT:
        return Refusal("time", _("The phone's clock is more than a day ahead. Set it right and try again."))
    if received_at - occurred_at > PAST_LIMIT:
        return Refusal("time", _("This happened more than 30 days ago and cannot be recorded any more."))
    return None


def next_sequence(taken: Collection[int]) -> int:
    """The next visit of one (rep, customer, business day), counted from 1."""
    return max(taken, default=0) + 1


def earlier_visit_refusal(
    *,
    customer_id: int,
    open_visit: EarlierVisit | None,
    first_today: EarlierVisit | None,
    allow_multiple: bool,
) -> Refusal | None:
    """Why another check-in is refused: one open visit a rep, and one visit a day unless the option is on (§2)."""
    if open_visit is not None:
        params: dict[str, object] = {"customer": open_visit.customer, "time": open_visit.since}
        if open_visit.customer_id == customer_id:
            text = _("You are already checked in at %(customer)s since %(time)s.") % params
        else:
            text = (
                _("You are still checked in at %(customer)s since %(time)s. Check out there first.") % params
            )
        return Refusal("open_visit", text, {"visit_id": open_visit.visit_id})
    if first_today is not None and not allow_multiple:
        text = _(
            "You already visited %(customer)s on this day at %(time)s. Only one visit a day is allowed."
        ) % {
            "customer": first_today.customer,
            "time": first_today.since,
        }
        return Refusal("already_visited", text, {"visit_id": first_today.visit_id})
    return None


def fence_refusal(*, check: FenceCheck, policy: str, radius_m: int, reason: str) -> Refusal | None:
    """Why a place is refused: policy "block" wants proof of being there, "flag" a reason for being elsewhere (§2)."""
    blocked = policy == GeofencePolicy.BLOCK
    numbers = {"distance": metres(check.distance_m), "radius": metres(radius_m)}
    if check.fence == Fence.OUTSIDE and blocked:
        text = _("You are %(distance)s from the store; check-in is allowed within %(radius)s.") % numbers
        return Refusal("outside", text)
    if check.fence == Fence.OUTSIDE and not reason.strip():
        text = (
            _("You are %(distance)s from the store, outside the %(radius)s fence. Give a reason.") % numbers
        )
        return Refusal("reason", text)
    if check.fence == Fence.UNVERIFIED and blocked:
        return Refusal(
            "unverified",
            _(
                "Your position could not be verified, and the company allows check-in at the store only. Allow location and try again."
            ),
        )
    return None


def metres(value: float | None) -> str:
    """43 m, 1.2 km"""
    if value is None:
        return "–"
    return f"{value:.0f} m" if value < 1000 else f"{value / 1000:.1f} km"


def may_become(current: str, wanted: TaskStatus) -> bool:
    """Whether a task in status `current` may get the status `wanted`."""
    return wanted in TASK_MOVES[TaskStatus(current)]
