"""Pure decisions of quotations (G2): what one may become, what may be done with it, how two versions differ."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sales.enums import QuoteStatus

VALID_DAYS = 15  # what the form suggests
EXPIRED = "expired"  # the derived status, as filters and badges name it
EXPIRED_LABEL = pgettext_lazy("quotation", "Expired")

ALLOWED: dict[QuoteStatus, frozenset[QuoteStatus]] = {
    QuoteStatus.DRAFT: frozenset({QuoteStatus.SENT}),
    QuoteStatus.SENT: frozenset({QuoteStatus.ACCEPTED, QuoteStatus.REJECTED, QuoteStatus.SUPERSEDED}),
    QuoteStatus.ACCEPTED: frozenset(),
    QuoteStatus.REJECTED: frozenset(),
    # Only the deletion of the draft that superseded it brings it back.
    QuoteStatus.SUPERSEDED: frozenset({QuoteStatus.SENT}),
}


def may_become(old: str, new: str) -> bool:
    return QuoteStatus(new) in ALLOWED[QuoteStatus(old)]


def is_expired(status: str, valid_until: dt.date, today: dt.date) -> bool:
    """A sent offer that nobody answered in time; the last day of its validity still counts."""
    return status == QuoteStatus.SENT and valid_until < today


class QuoteAction(TextChoices):
    """What a person can do with a quotation; the labels are those of the buttons."""

    EDIT = "edit", _("Edit")
    SEND = "send", _("Mark as sent")
    DISCARD = "discard", _("Delete draft")
    ACCEPT = "accept", _("Accepted by the customer")
    REJECT = "reject", _("Rejected by the customer")
    ORDER = "order", _("Turn into an order")
    NEW_VERSION = "new_version", _("New version")
    COPY = "copy", _("Copy")


ACTION_PERMISSIONS: dict[QuoteAction, tuple[str, ...]] = {
    QuoteAction.EDIT: ("sales.change_quote",),
    QuoteAction.SEND: ("sales.change_quote",),
    QuoteAction.DISCARD: ("sales.change_quote",),
    QuoteAction.ACCEPT: ("sales.change_quote",),
    QuoteAction.REJECT: ("sales.change_quote",),
    QuoteAction.ORDER: ("sales.change_quote", "sales.add_salesorder"),
    QuoteAction.NEW_VERSION: ("sales.add_quote",),
    QuoteAction.COPY: ("sales.add_quote",),
}


@dataclass(frozen=True, slots=True)
class Situation:
    """A quotation as far as it decides what may be done."""

    status: str
    valid_until: dt.date
    is_latest: bool
    has_order: bool


def offered(situation: Situation, today: dt.date) -> list[QuoteAction]:
    """What the quotation's state allows; copying always."""
    status = situation.status
    live = status == QuoteStatus.SENT and not is_expired(status, situation.valid_until, today)
    tests: dict[QuoteAction, bool] = {
        QuoteAction.EDIT: status == QuoteStatus.DRAFT,
        QuoteAction.SEND: status == QuoteStatus.DRAFT,
        QuoteAction.DISCARD: status == QuoteStatus.DRAFT,
        QuoteAction.ACCEPT: live,
        QuoteAction.REJECT: status == QuoteStatus.SENT,
        QuoteAction.ORDER: not situation.has_order and (live or status == QuoteStatus.ACCEPTED),
        QuoteAction.NEW_VERSION: situation.is_latest and status in (QuoteStatus.SENT, QuoteStatus.REJECTED),
        QuoteAction.COPY: True,
    }
    return [action for action, holds in tests.items() if holds]


def allowed_actions(
    situation: Situation, today: dt.date, has_perm: Callable[[str], bool]
) -> list[QuoteAction]:
    return [
        action
        for action in offered(situation, today)
        if all(has_perm(permission) for permission in ACTION_PERMISSIONS[action])
    ]


# --- versions
@dataclass(frozen=True, slots=True)
class LineFacts:
    """A line as two versions are compared by: the product, and what it costs."""

    product_id: int
    name: str
    quantity: Decimal
    price: Decimal
    discount: Decimal
    amount: Decimal
    is_gift: bool = False


@dataclass(frozen=True, slots=True)
class LineChange:
    """A product of which something differs; `old` None: it came in, `new` None: it went."""

    name: str
    old: LineFacts | None
    new: LineFacts | None


def line_changes(old: Sequence[LineFacts], new: Sequence[LineFacts]) -> list[LineChange]:
    """Lines that differ between two versions, in the order of the new one, then what went.

    A product that stands on several lines is compared line by line in their order; what is given is no line of what is
    sold.
    """
    rest = list(old)
    changes = []
    for line in new:
        before = next((row for row in rest if _same(row, line)), None)
        if before is not None:
            rest.remove(before)
        if before is None or _terms(before) != _terms(line):
            changes.append(LineChange(line.name, before, line))
    return changes + [LineChange(line.name, line, None) for line in rest]


def _same(one: LineFacts, other: LineFacts) -> bool:
    return (one.product_id, one.is_gift) == (other.product_id, other.is_gift)


def _terms(line: LineFacts) -> tuple[Decimal, Decimal, Decimal]:
    return (line.quantity, line.price, line.discount)
