"""A draft of visit tasks before they are made: what stands against each, and what comes of the planner's choices."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from common import business_calendar
from visits.rules.plans import next_working_day

OTHER_REP = "other_rep"
FOREIGN = "foreign"
UNSEEN = "unseen"
DAY_OFF = "day_off"
CONFLICT_LABELS = {
    OTHER_REP: _("Another rep has a task there on that day"),
    FOREIGN: _("Customer of another rep"),
    UNSEEN: _("The rep does not see this customer"),
    DAY_OFF: _("Day off"),
}
KEEP, MOVE, LEAVE_OUT = "keep", "move", "out"
# A moved visit goes at most so many working days on.
_REACH = 20

Key = tuple[int, int, dt.date]  # rep, customer, day


@dataclass(frozen=True, slots=True)
class Draft:
    """One visit that is going to be planned. `conflicts` are codes of CONFLICT_LABELS; `choices` what may be done."""

    rep_id: int
    customer_id: int
    day: dt.date
    conflicts: tuple[str, ...] = ()
    is_repeated: bool = False  # the same rep goes to this customer on other days of the draft, too

    @property
    def key(self) -> Key:
        return self.rep_id, self.customer_id, self.day

    @property
    def choices(self) -> tuple[str, ...]:
        if UNSEEN in self.conflicts:
            return (LEAVE_OUT,)
        # Another day makes nobody the customer's owner.
        return (KEEP, LEAVE_OUT) if self.conflicts == (FOREIGN,) else (KEEP, MOVE, LEAVE_OUT)

    @property
    def usual(self) -> str:
        """What is done where the planner says nothing: no two reps at one door, no work on a day off.

        Of visits on several days the one on a day off is left out: moved it would come beside the next one.
        """
        if UNSEEN in self.conflicts or (DAY_OFF in self.conflicts and self.is_repeated):
            return LEAVE_OUT
        return KEEP if not self.conflicts or self.conflicts == (FOREIGN,) else MOVE


@dataclass(frozen=True, slots=True)
class Field:
    """What is known around a draft: `owners` of the customers, who sees which of them, and the tasks that stand."""

    owners: Mapping[int, int | None]
    unseen: Collection[tuple[int, int]]  # (rep, customer)
    tasks: Collection[Key]
    limit: int = 15  # visits a rep can do in a day
    by_door: Mapping[tuple[int, dt.date], frozenset[int]] = field(
        default_factory=dict
    )  # who is there that day


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comes of a draft: `place` gives the days; moved, left out and already there are counted."""

    place: dict[Draft, dt.date]
    moved: int
    left_out: int
    existing: int


def judge(wanted: Iterable[Key], about: Field) -> tuple[list[Draft], list[Key]]:
    """Drafts with their conflicts, and those of the wanted visits that are planned already.

    Of two reps that the planner himself sends to one customer on one day only the tasks that stand already are a
    conflict: he has chosen both.
    """
    drafts, existing = [], []
    wanted = list(wanted)
    times = Counter((rep_id, customer_id) for rep_id, customer_id, _day in wanted)
    for rep_id, customer_id, day in wanted:
        if (rep_id, customer_id, day) in about.tasks:
            existing.append((rep_id, customer_id, day))
            continue
        conflicts = []
        owner = about.owners.get(customer_id)
        if (rep_id, customer_id) in about.unseen:
            conflicts.append(UNSEEN)
        elif owner is not None and owner != rep_id:
            conflicts.append(FOREIGN)
        if about.by_door.get((customer_id, day), frozenset()) - {rep_id}:
            conflicts.append(OTHER_REP)
        if not business_calendar.is_working_day(day):
            conflicts.append(DAY_OFF)
        repeated = times[rep_id, customer_id] > 1
        drafts.append(Draft(rep_id, customer_id, day, tuple(conflicts), repeated))
    return drafts, existing


def settle(
    drafts: Iterable[Draft],
    existing: int,
    about: Field,
    chosen: Mapping[Key, str],
    load: Counter[tuple[int, dt.date]],
) -> Outcome:
    """Place the drafts by the planner's choices (`chosen` by key; nothing: the usual one).

    Visits that stay are placed first, so that moved ones see the room that is left. `load` counts a rep's day and
    grows with what is placed. A visit that finds no day within 20 working days is left out.
    """
    place: dict[Draft, dt.date] = {}
    taken = set(about.tasks)
    moving, left_out = [], 0
    for draft in drafts:
        choice = chosen.get(draft.key, draft.usual)
        choice = choice if choice in draft.choices else draft.usual
        if choice == MOVE and set(draft.conflicts) - {FOREIGN}:
            moving.append(draft)
        elif choice == LEAVE_OUT:
            left_out += 1
        else:
            place[draft] = draft.day
            taken.add(draft.key)
            load[draft.rep_id, draft.day] += 1
    moved = 0
    for draft in moving:
        day = _free_day(draft, about, taken, load)
        if day is None:
            left_out += 1
            continue
        place[draft] = day
        taken.add((draft.rep_id, draft.customer_id, day))
        load[draft.rep_id, day] += 1
        moved += 1
    return Outcome(place, moved, left_out, existing)


def _free_day(
    draft: Draft, about: Field, taken: Collection[Key], load: Mapping[tuple[int, dt.date], int]
) -> dt.date | None:
    """The next working day when nobody else is there, under the limit where there is one, else the emptiest."""
    free = []
    day = draft.day
    for _step in range(_REACH):
        day = next_working_day(day)
        if (draft.rep_id, draft.customer_id, day) in taken:
            continue
        if about.by_door.get((draft.customer_id, day), frozenset()) - {draft.rep_id}:
            continue
        if load.get((draft.rep_id, day), 0) < about.limit:
            return day
        free.append(day)
    return min(free, key=lambda day: (load.get((draft.rep_id, day), 0), day), default=None)
