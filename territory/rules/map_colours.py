"""By what the customer map colours (F1): classes, their signs and words. Pure.

A class is told by its sign as well as by its colour: on a pin, in the ring of a cluster's legend and in lists.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from territory.rules.plans import visit_band

NO_COLOUR = "none"
AMOUNT_DAYS = 90
# CNY of the last 90 days: none, up to, up to, up to, more.
AMOUNT_STEPS = (Decimal(0), Decimal(1000), Decimal(5000), Decimal(20000))
OWNERS_SHOWN = 8  # the largest in view have a colour each, the others share one


@dataclass(frozen=True, slots=True)
class ColourClass:
    """`tone` names a colour of the page's style sheet."""

    sign: str
    label: str | Promise
    tone: str


LEVELS = (
    ColourClass("A", format_lazy("{} A", _("Level")), "1"),
    ColourClass("B", format_lazy("{} B", _("Level")), "2"),
    ColourClass("C", format_lazy("{} C", _("Level")), "3"),
    ColourClass("–", _("no level"), "0"),
)
BANDS = (
    ColourClass("7", _("within 7 days"), "1"),
    ColourClass("30", _("8 to 30 days ago"), "3"),
    ColourClass("!", _("over 30 days ago"), "4"),
    ColourClass("0", _("never visited"), "0"),
)
ALERTS = (ColourClass("!", _("with an alert"), "4"), ColourClass("", _("without alerts"), "1"))
AMOUNTS = (
    ColourClass("0", _("nothing"), "0"),
    ColourClass("¥", _("up to 1,000"), "3"),
    ColourClass("¥¥", _("up to 5,000"), "2"),
    ColourClass("¥¥¥", _("up to 20,000"), "1"),
    ColourClass("★", _("over 20,000"), "5"),
)
NO_CLASSES = (ColourClass("", _("Customers"), "1"),)
CLASSES: dict[str, tuple[ColourClass, ...]] = {
    NO_COLOUR: NO_CLASSES,
    "level": LEVELS,
    "visit": BANDS,
    "alert": ALERTS,
    "amount": AMOUNTS,
}
CHOICES: dict[str, str | Promise] = {
    "visit": _("Last visit"),
    "level": _("Level"),
    "alert": _("Alerts"),
    "owner": _("Owner"),
    "amount": _("Sales in 90 days"),
    NO_COLOUR: _("One colour"),
}


def level_class(level: str) -> int:
    return "ABC".find(level) if level else 3


def band_class(last_visit_on: dt.date | None, today: dt.date) -> int:
    return visit_band(last_visit_on, today)


def amount_class(amount: Decimal) -> int:
    """Of CNY in 90 days; for a cluster its customers' average."""
    return sum(amount > step for step in AMOUNT_STEPS)


def owner_classes(names: Sequence[tuple[int | None, str]]) -> list[ColourClass]:
    """Those of the largest owners in view, given as (id, name), and one for the others."""
    classes = [
        ColourClass(name[:1] or "–", name, f"p{place}")
        for place, (_pk, name) in enumerate(names[:OWNERS_SHOWN])
    ]
    return [*classes, ColourClass("…", _("others"), "0")]
