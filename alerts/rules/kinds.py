"""What a kind of customer alert is, and the register of all kinds.

A kind is one class in one file of alerts/queries/kinds/, found there by its being there. Everything that differs
between kinds is an attribute or a method of it: nobody else names a kind, but where an event of one closes it at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext

Text = str | Promise


class Timing(Enum):
    """When an alert with base date R and period P is open on a business day, and what its due date D is."""

    AFTER = "after"  # D = R + P, open while today > D (§3)
    BEFORE = "before"  # D = R, open from P days before R on: something comes nearer
    WITHIN = "within"  # D = R, open from R to R + P: something happened
    STATE = "state"  # D = R = the day it was found, open while it holds; the period means nothing


@dataclass(frozen=True)
class Default:
    """A rule that a company starts with."""

    period_days: int = 0
    level: str = ""
    threshold: Decimal | None = None
    is_enabled: bool = True


@dataclass(frozen=True)
class Threshold:
    """The number in a rule beside its period: `value` of a row must reach it. `unit` is ¥, % or a word."""

    label: Text
    unit: Text
    least: Decimal = Decimal(0)
    most: Decimal = Decimal(1_000_000_000)


@dataclass(frozen=True)
class Watch:
    """A table whose changed rows may change what a kind says of a customer.

    `model` has the customer's key in `key`; "" where a row concerns everybody (a setting). With `columns`, an UPDATE
    counts when one of them differs. `via` (foreign key column, model, that model's customer column) is for rows that
    know their customer through another table.
    """

    model: Any
    key: str = "customer_id"
    columns: tuple[str, ...] = ()
    via: tuple[str, Any, str] | None = None
    events: tuple[str, ...] = ("insert", "update", "delete")


@dataclass(frozen=True)
class Scope:
    """Whom a query of a kind reads: everybody, or those whose keys `customers` selects (for `__in`).

    `longest`: the longest period of the kind's rules; what lies further away need not be read.
    """

    today: dt.date
    customers: Any = None
    longest: int = 3650

    def narrow(self, rows: Any, key: str = "customer_id") -> Any:
        """`rows` (a QuerySet) of the customers in scope only."""
        return rows if self.customers is None else rows.filter(**{f"{key}__in": self.customers})

    @property
    def since(self) -> dt.date:
        """The first day that any rule of the kind reaches back to, working days and holidays included."""
        return self.today - dt.timedelta(days=2 * self.longest + 14)

    @property
    def until(self) -> dt.date:
        """The last day that any rule of the kind looks ahead to."""
        return self.today + dt.timedelta(days=2 * self.longest + 14)


class Kind:
    """One kind of customer alert. Subclasses in alerts/queries/kinds/ say what stands below."""

    code: ClassVar[str]  # at most 20 characters; stored, never changed
    label: ClassVar[Text]
    order: ClassVar[int]  # place in lists
    colour: ClassVar[str]  # of Tabler
    icon: ClassVar[str] = "bell-ringing"
    timing: ClassVar[Timing] = Timing.AFTER
    period: ClassVar[Text] = ""  # what the period is called in a rule; "" where a rule has none
    least_period: ClassVar[int] = 0
    threshold: ClassVar[Threshold | None] = None
    defaults: ClassVar[tuple[Default, ...]] = ()
    about: ClassVar[Text] = ""  # one sentence for the page of rules
    column: ClassVar[str] = ""  # of Customer, where the last event's day is all the job reads
    event: ClassVar[str] = ""  # crm.services.record_event's word for what closes the alert at once
    watches: ClassVar[tuple[Watch, ...]] = ()  # what else, beside the customer, makes it be judged anew
    # An open alert whose base date moves is the same alert, brought up to date; otherwise it is closed and opened anew.
    is_sticky: ClassVar[bool] = True

    def rows(self, scope: Scope) -> Any:
        """QuerySet.values of customer_id, base_on (date), value (number or None), facts (JSON object): one row at
        most for each customer of whom this may be said. Who is judged at all, by which rule, and whether the dates
        are reached is not its business. Not asked where `column` is set.
        """
        raise NotImplementedError

    def finding(self, base_on: dt.date, facts: Mapping[str, Any]) -> str:
        """What was found, in a few words with the numbers, from what `rows` gave."""
        raise NotImplementedError

    def reason(self, alert: Any) -> str:
        """Why this alert is open, in one sentence. `customer` and `version` of the alert are loaded."""
        return self.finding(alert.base_on, alert.facts)

    def days_words(self, days: int) -> str:
        """`days` since the due date (negative: until it) in words for a list."""
        if self.timing is Timing.AFTER and days > 0:
            return ngettext("%(n)s day overdue", "%(n)s days overdue", days) % {"n": days}
        if self.timing is Timing.BEFORE and days < 0:
            return ngettext("%(n)s day left", "%(n)s days left", -days) % {"n": -days}
        if days == 0:
            return gettext("ends today") if self.timing is Timing.BEFORE else gettext("since today")
        return ngettext("since %(n)s day", "since %(n)s days", days) % {"n": days}


KINDS: dict[str, Kind] = {}


def register(kind: type[Kind]) -> type[Kind]:
    """Class decorator: puts the kind into the register, in the order of `order`."""
    assert kind.code not in KINDS or type(KINDS[kind.code]) is kind, f"two kinds are called {kind.code}"
    KINDS[kind.code] = kind()
    found = sorted(KINDS.values(), key=lambda each: each.order)
    KINDS.clear()
    KINDS.update({each.code: each for each in found})
    return kind


def kind_choices() -> list[tuple[str, Text]]:
    """All kinds for a choice field."""
    return [(kind.code, kind.label) for kind in KINDS.values()]


def kind_colours() -> tuple[tuple[str, str], ...]:
    """All kinds with their colours."""
    return tuple((kind.code, kind.colour) for kind in KINDS.values())


def label_of(code: str) -> str:
    """A kind's name; the code itself for one that no longer exists."""
    return str(KINDS[code].label) if code in KINDS else code


def by_event(event: str) -> list[Kind]:
    """The kinds that this event closes at once."""
    return [kind for kind in KINDS.values() if kind.event == event]


def scanned() -> list[Kind]:
    """The kinds that read nothing but a column of the customer: one scan for all of them."""
    return [kind for kind in KINDS.values() if kind.column]
