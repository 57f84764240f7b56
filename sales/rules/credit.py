"""What a customer may still order on credit (domain-rules §6), and why a manager has to look at an order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from common.templatetags.paodian import money

_BLOCKED, _OVER, _FLOOR, _GIFTS = "blocked", "over", "floor", "gifts"
_WORDS: dict[str, Promise] = {
    _BLOCKED: gettext_lazy("The customer gets nothing more on credit."),
    _OVER: gettext_lazy(
        "Over the credit limit of %(limit)s by %(over)s: %(owed)s owed, %(coming)s on its way."
    ),
    _FLOOR: gettext_lazy("%(product)s at %(price)s is below its lowest price %(floor)s."),
    _GIFTS: gettext_lazy("More gifts of %(product)s than the gift rules give."),
}


class Reason(str):
    """Why a manager has to look at an order, in the language it is found in; `stored` says it again in any other."""

    stored: dict[str, str]

    @classmethod
    def of(cls, code: str, **values: str) -> Reason:
        """`values` are words that do not depend on the language: names and amounts."""
        reason = cls(str(_WORDS[code]) % values)
        reason.stored = {"code": code, **values}
        return reason


def in_words(stored: Iterable[Mapping[str, str]]) -> str:
    """Stored reasons in the reader's language; one that this version does not know is left out."""
    return " ".join(str(_WORDS[reason["code"]]) % reason for reason in stored if reason.get("code") in _WORDS)


def too_many_gifts(product: str) -> Reason:
    return Reason.of(_GIFTS, product=product)


@dataclass(frozen=True, slots=True)
class Credit:
    """A customer's credit on one day, CNY. `limit` None: nobody set one, so nothing is over it."""

    limit: Decimal | None
    receivable: Decimal
    undelivered: Decimal  # approved orders, what of them is not delivered
    is_blocked: bool = False
    is_temporary: bool = False  # the limit is the temporary one

    @property
    def exposure(self) -> Decimal:
        """Receivable + approved undelivered orders; "this order" is added by `with_order`."""
        return self.receivable + self.undelivered

    @property
    def left(self) -> Decimal | None:
        """What may still be ordered, negative when the limit is passed already; None without a limit."""
        return None if self.limit is None else self.limit - self.exposure

    def with_order(self, amount: Decimal) -> Decimal:
        """The exposure with an order of `amount` CNY."""
        return self.exposure + amount

    def refusal(self, amount: Decimal) -> Reason | None:
        """Why an order of `amount` CNY needs a manager; None when it does not."""
        if self.is_blocked and amount > 0:
            return Reason.of(_BLOCKED)
        if self.limit is None or amount <= 0 or self.with_order(amount) <= self.limit:
            return None
        return Reason.of(
            _OVER,
            limit=money(self.limit),
            over=money(self.with_order(amount) - self.limit),
            owed=money(self.receivable),
            coming=money(self.undelivered),
        )


def limit_on(
    day: dt.date,
    *,
    formal: Decimal | None,
    temporary: Decimal | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> tuple[Decimal | None, bool]:
    """The limit that holds on a business day, and whether it is the temporary one (both of its days included)."""
    if temporary is not None and since is not None and until is not None and since <= day <= until:
        return temporary, True
    return formal, False


@dataclass(frozen=True, slots=True)
class Sold:
    """One line as the approval sees it: net price of a unit after both discounts, CNY, and the product's floor."""

    product: str
    net_price: Decimal
    floor: Decimal | None
    is_gift: bool = False


def floor_refusals(lines: Iterable[Sold]) -> list[Reason]:
    """A sentence for each line that is sold below its product's lowest price; gifts have a rule of their own."""
    return [
        Reason.of(_FLOOR, product=line.product, price=money(line.net_price), floor=money(line.floor))
        for line in lines
        if not line.is_gift and line.floor is not None and line.net_price < line.floor
    ]
