"""The next best action at a customer, from facts alone (B7): the first line of the table that applies. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.enums import ActionKind
from crm.rules.facts import AlertFacts, MoneyFacts, VisitFacts

RECYCLE_NEAR_DAYS = 7
# Without three visits there is no rhythm of its own yet: what a level usually gets, in days.
USUAL_RHYTHM = {"A": 7, "B": 14, "C": 30}
NO_LEVEL_RHYTHM = 30
_MEMORY = 9  # so many visit days make the rhythm

LABELS: dict[ActionKind, str | Promise] = {
    ActionKind.CLAIM: _("Claim"),
    ActionKind.COLLECT: _("Collect the money"),
    ActionKind.CONTACT: _("Get in touch"),
    ActionKind.FOLLOW_UP: _("Follow up"),
    ActionKind.CHECK_IN: _("Check in"),
    ActionKind.PLAN_VISIT: _("Plan a visit"),
    ActionKind.FIRST_ORDER: _("Take the first order"),
    ActionKind.CONFIRM_LOCATION: _("Confirm the location"),
    ActionKind.SET_LOCATION: _("Set the location"),
}


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """What the decision reads. Dates are business days; `recycle_on` is the last day before the pool takes it."""

    level: str = ""
    has_owner: bool = True
    is_active: bool = True
    created_on: dt.date | None = None
    last_visit_on: dt.date | None = None
    last_order_on: dt.date | None = None
    last_sale_on: dt.date | None = None
    next_contact_on: dt.date | None = None
    recycle_on: dt.date | None = None
    has_location: bool = True
    to_confirm: bool = False
    money: MoneyFacts | None = None
    visits: VisitFacts | None = None
    alerts: AlertFacts | None = None

    @property
    def never_traded(self) -> bool:
        return self.last_order_on is None and self.last_sale_on is None


@dataclass(frozen=True, slots=True)
class NextAction:
    """What to do: `why` is a sentence with %(…)s for `values`; `on` the day it is due, where there is one."""

    kind: ActionKind
    why: str | Promise
    on: dt.date | None = None
    days: int = 0  # overdue, left, or the rhythm: what the sentence is about
    is_urgent: bool = False

    @property
    def label(self) -> str | Promise:
        return LABELS[self.kind]


def next_action(facts: CustomerFacts, today: dt.date, may: frozenset[ActionKind]) -> NextAction | None:
    """The first step of the table that applies and that the person may do himself; None when there is nothing to do."""
    for step in _STEPS if facts.has_owner else (_in_pool,):
        action = step(facts, today)
        if action is not None and action.kind in may:
            return action
    return None


def rhythm(days: Sequence[dt.date]) -> int | None:
    """The customer's own rhythm: the median gap between its last visit days; None with fewer than three of them."""
    latest = sorted(set(days), reverse=True)[:_MEMORY]
    if len(latest) < 3:
        return None
    return max(1, round(median((a - b).days for a, b in pairwise(latest))))


# --- the table, the most pressing first
def _in_pool(facts: CustomerFacts, today: dt.date) -> NextAction | None:
    why = _("Nobody looks after this customer; it is in the public pool.")
    return NextAction(ActionKind.CLAIM, why) if facts.is_active else None


def _overdue(facts: CustomerFacts, today: dt.date) -> NextAction | None:
    if facts.money is None or facts.money.overdue <= 0:
        return None
    return NextAction(ActionKind.COLLECT, _("%(amount)s is overdue."), is_urgent=True)


def _contact_due(facts: CustomerFacts, today: dt.date) -> NextAction | None:
    on = facts.next_contact_on
    if not facts.is_active or on is None or on > today:
        return None
    late = (today - on).days
    why = (
        _("The next contact was agreed for %(date)s.") if late else _("The next contact is agreed for today.")
    )
    return NextAction(ActionKind.CONTACT, why, on=on, days=late, is_urgent=late > 0)


def _recycle_near(facts: CustomerFacts, today: dt.date) -> NextAction | None:
    on = facts.recycle_on
    if on is None or (on - today).days > RECYCLE_NEAR_DAYS:
        return None
    why = _("Without a follow-up it goes back to the public pool after %(date)s.")
    return NextAction(ActionKind.FOLLOW_UP, why, on=on, days=(on - today).days, is_urgent=True)


def _planned_today(facts: CustomerFacts, today: dt.date) -> NextAction | None:
    if not facts.is_active or facts.visits is None or facts.visits.next_task_on != today:
        return None
    return NextAction(ActionKind.CHECK_IN, _("A visit is planned for today."), on=today)


def _unvisited(facts: CustomerFacts, today: dt.date) -> NextAction | None:
    days = facts.alerts.unvisited_days if facts.alerts else None
    if not facts.is_active or days is None or _is_planned(facts):
        return None
    why = _("The visit is %(days)s days overdue and none is planned.")
    return NextAction(ActionKind.PLAN_VISIT, why, on=today, days=days, is_urgent=True)


def _first_order(facts: CustomerFacts, today: dt.date) -> NextAction | None:
    if not facts.is_active or not facts.never_traded:
        return None
    return NextAction(ActionKind.FIRST_ORDER, _("Never traded: there is no order and no sale yet."))


def _location(facts: CustomerFacts, today: dt.date) -> NextAction | None:
    if not facts.is_active:
        return None
    if not facts.has_location:
        why = _("There is no location yet, so routes and the map leave it out.")
        return NextAction(ActionKind.SET_LOCATION, why)
    if facts.to_confirm:
        return NextAction(ActionKind.CONFIRM_LOCATION, _("The location is not confirmed yet."))
    return None


def _by_rhythm(facts: CustomerFacts, today: dt.date) -> NextAction | None:
    if not facts.is_active or facts.visits is None or _is_planned(facts):
        return None
    own = facts.visits.rhythm_days
    days = own or USUAL_RHYTHM.get(facts.level, NO_LEVEL_RHYTHM)
    since = facts.last_visit_on or facts.created_on or today
    on = max(today, since + dt.timedelta(days=days))
    action = NextAction(
        ActionKind.PLAN_VISIT, _("Visited every %(days)s days so far: the next is due %(date)s.")
    )
    if own is None:
        action = replace(
            action, why=_("A customer of this level is visited every %(days)s days: due %(date)s.")
        )
    return replace(action, on=on, days=days)


def _is_planned(facts: CustomerFacts) -> bool:
    return facts.visits is not None and facts.visits.next_task_on is not None


_STEPS: tuple[Callable[[CustomerFacts, dt.date], NextAction | None], ...] = (
    _overdue,
    _contact_due,
    _recycle_near,
    _planned_today,
    _unvisited,
    _first_order,
    _location,
    _by_rhythm,
)
