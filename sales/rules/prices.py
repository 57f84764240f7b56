"""What a customer pays for a product, why, and what comes with it for nothing (G1). Pure: values in, answer out.

Which price holds: of the lists in use that hold on the day, are meant for the customer and have the product from a
quantity that is reached, the narrowest audience wins: customer > level and channel > channel > level > everybody.
Equally narrow lists: the later start, then the newer list. Within the list the largest quantity break that is
reached. No such list: the product's own price.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from common.money import round_money

# A line keeps the reason for its price in a column of this length.
MAX_REASON = 120


@dataclass(frozen=True, slots=True)
class Buyer:
    """What of a customer decides about its prices."""

    customer_id: int
    level: str = ""
    channel_id: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """For whom and when a price list or a gift holds; what is empty does not narrow."""

    level: str = ""
    channel_id: int | None = None
    customer_id: int | None = None
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    is_active: bool = True

    @property
    def narrowness(self) -> int:
        """4 one customer, 3 level and channel, 2 channel, 1 level, 0 everybody."""
        if self.customer_id is not None:
            return 4
        return (2 if self.channel_id is not None else 0) + (1 if self.level else 0)

    def includes(self, buyer: Buyer) -> bool:
        """Everything that is set has to fit."""
        return (
            self.customer_id in (None, buyer.customer_id)
            and self.channel_id in (None, buyer.channel_id)
            and self.level in ("", buyer.level)
        )

    def covers(self, day: dt.date) -> bool:
        """Both ends belong to it; an open end never comes."""
        return (self.starts_on is None or self.starts_on <= day) and (
            self.ends_on is None or day <= self.ends_on
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """One line of a price list: CNY for one unit from `min_quantity` units on."""

    list_id: int
    name: str
    terms: Terms
    created_at: dt.datetime
    min_quantity: Decimal
    price: Decimal

    @property
    def rank(self) -> tuple[int, dt.date, dt.datetime, int]:
        """Of two lists that hold the one with the greater rank wins."""
        start = self.terms.starts_on or dt.date.min
        return (self.terms.narrowness, start, self.created_at, self.list_id)


@dataclass(frozen=True, slots=True)
class Unit:
    """How a product is counted: 瓶, and 12 of them in a 箱 (0: sold by the piece only)."""

    unit: str
    box_unit: str = ""
    box_quantity: int = 0

    def words(self, quantity: Decimal) -> str:
        """10 箱, or 25 瓶 where they do not fill boxes."""
        if self.box_quantity and quantity and not quantity % self.box_quantity:
            return f"{_number(quantity / self.box_quantity)} {self.box_unit}".strip()
        return f"{_number(quantity)} {self.unit}".strip()


@dataclass(frozen=True, slots=True)
class Price:
    """CNY for one unit, the reason in words (120 characters at most), and the product's own price beside it."""

    value: Decimal
    reason: str
    list_price: Decimal
    list_id: int | None = None

    @property
    def is_special(self) -> bool:
        """A price list set it."""
        return self.list_id is not None


def best_offer(offers: Iterable[Offer], *, buyer: Buyer, quantity: Decimal, day: dt.date) -> Offer | None:
    """The line that sets the price of one product, None when no list does."""
    holding = [
        offer
        for offer in offers
        if offer.terms.is_active
        and offer.min_quantity <= quantity
        and offer.terms.covers(day)
        and offer.terms.includes(buyer)
    ]
    return max(holding, key=lambda offer: (offer.rank, offer.min_quantity), default=None)


def price(*, own: Decimal, unit: Unit, offer: Offer | None) -> Price:
    """The answer for people: `own` is the product's own price, `offer` what best_offer() chose."""
    own = round_money(own)
    if offer is None:
        return Price(own, _("Standard price"), own)
    return Price(round_money(offer.price), offer_words(offer, unit), own, offer.list_id)


def offer_words(offer: Offer, unit: Unit) -> str:
    """价格表 春季渠道价，满 10 箱"""
    if offer.min_quantity > 0:
        text = _("Price list %(name)s, from %(quantity)s") % {
            "name": offer.name,
            "quantity": unit.words(offer.min_quantity),
        }
    else:
        text = _("Price list %(name)s") % {"name": offer.name}
    return text[:MAX_REASON]


# --- why a list did not set the price ----------------------------------------------------------------
class Outcome(TextChoices):
    """What became of a list in the choice of a price, the winner first, then from near to far."""

    CHOSEN = "chosen", pgettext_lazy("price list", "Sets the price")
    LARGER_BREAK = "larger_break", gettext_lazy("A larger quantity break of the same list is reached")
    NEWER = "newer", gettext_lazy("Equally narrow, but the other list is newer")
    LATER_START = "later_start", gettext_lazy("Equally narrow, but the other list starts later")
    NARROWER = "narrower", gettext_lazy("A list for fewer customers goes before it")
    QUANTITY = "quantity", gettext_lazy("The quantity is not reached")
    DAY = "day", gettext_lazy("Not valid on that day")
    CUSTOMER = "customer", gettext_lazy("Meant for other customers")
    NOT_IN_USE = "not_in_use", gettext_lazy("Not in use")


@dataclass(frozen=True, slots=True)
class Verdict:
    offer: Offer
    outcome: Outcome


def weigh(offers: Sequence[Offer], *, buyer: Buyer, quantity: Decimal, day: dt.date) -> list[Verdict]:
    """Every line of one product with what became of it, the chosen one first."""
    chosen = best_offer(offers, buyer=buyer, quantity=quantity, day=day)
    verdicts = [
        Verdict(offer, _outcome(offer, chosen, buyer=buyer, quantity=quantity, day=day)) for offer in offers
    ]
    order = list(Outcome)
    return sorted(verdicts, key=lambda verdict: (order.index(verdict.outcome), -verdict.offer.min_quantity))


def _outcome(offer: Offer, chosen: Offer | None, *, buyer: Buyer, quantity: Decimal, day: dt.date) -> Outcome:
    if not offer.terms.is_active:
        return Outcome.NOT_IN_USE
    if not offer.terms.includes(buyer):
        return Outcome.CUSTOMER
    if not offer.terms.covers(day):
        return Outcome.DAY
    if offer.min_quantity > quantity:
        return Outcome.QUANTITY
    assert chosen is not None  # this one holds, so something was chosen
    return _behind(offer, chosen)


def _behind(offer: Offer, chosen: Offer) -> Outcome:
    """Why a line that holds stands behind the chosen one."""
    if offer == chosen:
        return Outcome.CHOSEN
    if offer.list_id == chosen.list_id:
        return Outcome.LARGER_BREAK
    if offer.terms.narrowness != chosen.terms.narrowness:
        return Outcome.NARROWER
    return Outcome.NEWER if offer.rank[1] == chosen.rank[1] else Outcome.LATER_START


# --- gifts ---------------------------------------------------------------------------------------------
def gift_quantity(*, bought: Decimal, every: Decimal, gift: Decimal, repeats: bool) -> Decimal:
    """Units given for `bought` units: `gift` for each full `every`, or once; 0 while `every` is not reached."""
    times = bought // every if bought > 0 else Decimal(0)
    return gift * (times if repeats else min(times, Decimal(1)))


# --- lists that answer the same question ----------------------------------------------------------------
def overlaps(one: Terms, other: Terms) -> bool:
    """Whether both can hold for a customer on a day at equal narrowness, so that only dates decide between them."""
    return (
        (one.level, one.channel_id, one.customer_id) == (other.level, other.channel_id, other.customer_id)
        and (one.starts_on or dt.date.min) <= (other.ends_on or dt.date.max)
        and (other.starts_on or dt.date.min) <= (one.ends_on or dt.date.max)
    )


def changed_price(price: Decimal, percent: Decimal) -> Decimal:
    """A price of a copied list: `percent` −5 takes five of a hundred off; rounded half up to the cent, never below 0."""
    return max(round_money(price * (100 + percent) / 100), Decimal("0.00"))


def _number(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
