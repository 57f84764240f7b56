"""Pure decisions of sales: what an order may become, who may make it so, and what a delivery bills."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from sales.enums import OrderStatus

# Beyond these somebody mistyped; the columns would take a little more.
MAX_QUANTITY = Decimal("999999.999")
MAX_PRICE = Decimal("9999999.99")
MAX_AMOUNT = Decimal("999999999.99")
MAX_LINES = 200


@dataclass(frozen=True, slots=True)
class LineInput:
    """One wanted line: quantity in the product's unit, price per unit (None: the customer's), discount as a share.

    A gift costs nothing, whatever its price says.
    """

    product_id: int
    quantity: Decimal
    price: Decimal | None = None
    discount: Decimal = Decimal(0)
    is_gift: bool = False


@dataclass(frozen=True, slots=True)
class OrderDetails:
    """What an order says besides its lines (G4); empty fields mean the customer's own, or not agreed."""

    consignee: str = ""
    consignee_phone: str = ""
    delivery_address: str = ""
    wanted_on: dt.date | None = None
    shipping_method: str = ""
    payment_method: str = ""
    consignor: str = ""
    invoice_number: str = ""


def filled(usual: OrderDetails, own: OrderDetails | None) -> dict[str, Any]:
    """`own` details by name, with the usual ones where it says nothing."""
    if own is None:
        return asdict(usual)
    return asdict(usual) | {name: value for name, value in asdict(own).items() if value}


# --- the state machine ------------------------------------------------------------------------------
# domain-rules §6. A partly delivered order whose rest will not come is closed as it is.
ALLOWED: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.DRAFT: frozenset({OrderStatus.SUBMITTED, OrderStatus.CANCELLED}),
    OrderStatus.SUBMITTED: frozenset({OrderStatus.APPROVED, OrderStatus.CANCELLED}),
    OrderStatus.APPROVED: frozenset(
        {OrderStatus.PARTLY_DELIVERED, OrderStatus.DELIVERED, OrderStatus.CANCELLED}
    ),
    OrderStatus.PARTLY_DELIVERED: frozenset({OrderStatus.DELIVERED, OrderStatus.CLOSED}),
    OrderStatus.DELIVERED: frozenset({OrderStatus.CLOSED}),
    OrderStatus.CLOSED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}
# Only a reversed delivery goes back, or "approve" would be a way to forget what was delivered.
ALLOWED_BACK: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PARTLY_DELIVERED: frozenset({OrderStatus.APPROVED}),
    OrderStatus.DELIVERED: frozenset({OrderStatus.PARTLY_DELIVERED, OrderStatus.APPROVED}),
    OrderStatus.CLOSED: frozenset({OrderStatus.PARTLY_DELIVERED, OrderStatus.APPROVED}),
}


def may_become(old: str, new: str, *, back: bool = False) -> bool:
    """Whether an order may go from one status to another; `back` is the way of a reversed delivery."""
    table = ALLOWED_BACK if back else ALLOWED
    return OrderStatus(new) in table.get(OrderStatus(old), frozenset())


def status_by_delivered(lines: Iterable[tuple[Decimal, Decimal]]) -> OrderStatus:
    """Status of an approved order by its (quantity, delivered) lines."""
    pairs = list(lines)
    if all(delivered == 0 for _quantity, delivered in pairs):
        return OrderStatus.APPROVED
    if all(delivered == quantity for quantity, delivered in pairs):
        return OrderStatus.DELIVERED
    return OrderStatus.PARTLY_DELIVERED


class OrderAction(TextChoices):
    """What a person can do with an order; the labels are those of the buttons."""

    EDIT = "edit", _("Edit")
    SUBMIT = "submit", _("Submit order")
    APPROVE = "approve", _("Approve")
    APPROVE_AND_DELIVER = "approve_and_deliver", _("Approve and deliver")
    DELIVER = "deliver", _("Deliver")
    REJECT = "reject", _("Reject")
    CLOSE = "close", _("Close order")
    CANCEL = "cancel", _("Cancel order")


_CHANGE = ("sales.change_salesorder",)
_APPROVE = ("sales.approve_salesorder",)
_DELIVER = ("sales.add_delivery",)
# (action, status) → the permissions it takes; a pair that is not here is not offered in that status.
ACTION_PERMISSIONS: dict[tuple[OrderAction, OrderStatus], tuple[str, ...]] = {
    (OrderAction.EDIT, OrderStatus.DRAFT): _CHANGE,
    (OrderAction.SUBMIT, OrderStatus.DRAFT): _CHANGE,
    (OrderAction.CANCEL, OrderStatus.DRAFT): _CHANGE,
    (OrderAction.APPROVE_AND_DELIVER, OrderStatus.SUBMITTED): _APPROVE + _DELIVER,
    (OrderAction.APPROVE, OrderStatus.SUBMITTED): _APPROVE,
    (OrderAction.EDIT, OrderStatus.SUBMITTED): _APPROVE + _CHANGE,
    (OrderAction.REJECT, OrderStatus.SUBMITTED): _APPROVE,
    (OrderAction.CANCEL, OrderStatus.SUBMITTED): _CHANGE,
    (OrderAction.DELIVER, OrderStatus.APPROVED): _DELIVER,
    # What a leader has approved only a leader calls off.
    (OrderAction.CANCEL, OrderStatus.APPROVED): _APPROVE,
    (OrderAction.DELIVER, OrderStatus.PARTLY_DELIVERED): _DELIVER,
    (OrderAction.CLOSE, OrderStatus.PARTLY_DELIVERED): _APPROVE,
    (OrderAction.CLOSE, OrderStatus.DELIVERED): _APPROVE,
}


def allowed_actions(status: str, has_perm: Callable[[str], bool]) -> list[OrderAction]:
    """What may be done with an order of this status by somebody with these permissions, main action first."""
    return [
        action
        for (action, at), permissions in ACTION_PERMISSIONS.items()
        if at == status and all(has_perm(permission) for permission in permissions)
    ]


def may_ever(action: OrderAction, has_perm: Callable[[str], bool]) -> bool:
    """Whether these permissions allow the action in any status: else the answer is 403, not "not now"."""
    return any(
        all(has_perm(permission) for permission in permissions)
        for (known, _at), permissions in ACTION_PERMISSIONS.items()
        if known == action
    )


# --- billing ------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Progress:
    """One order line as billing sees it: its rounded amount, its quantity, and how much of it is delivered."""

    amount: Decimal
    quantity: Decimal
    delivered: Decimal

    @property
    def worth(self) -> Fraction:
        """The part of `amount` that is delivered, unrounded."""
        return Fraction(self.amount) * Fraction(self.delivered) / Fraction(self.quantity)


def delivery_amount(*, total: Decimal, billed: Decimal, after: Sequence[Progress]) -> Decimal:
    """What a delivery bills (domain-rules §6): the order total pro rata to the value delivered, in CNY, cents.

    `total` is the order's, `billed` the sum of its posted deliveries so far, `after` all its lines once this
    delivery is counted. Each delivery bills the rounded cumulative share less what was billed, so that the last
    one takes the odd cents: the deliveries of an order add up to its total exactly, whatever the parts, and none
    is negative (after a reversal the posted sum may stand a cent above the share; it is caught up later).
    """
    if all(line.delivered == line.quantity for line in after):
        return total - billed
    subtotal = sum((Fraction(line.amount) for line in after), Fraction(0))
    if not subtotal:
        return Decimal("0.00")
    share = Fraction(total) * sum((line.worth for line in after), Fraction(0)) / subtotal
    return max(_cents(share) - billed, Decimal("0.00"))


def split_amount(amount: Decimal, weights: Sequence[Fraction]) -> list[Decimal]:
    """`amount` over the lines of a delivery by weight, in cents, adding up exactly; no weight: all to the last."""
    whole = sum(weights, Fraction(0))
    if not whole:
        return [Decimal("0.00")] * (len(weights) - 1) + [amount]
    parts: list[Decimal] = []
    reached, given = Fraction(0), Decimal("0.00")
    for weight in weights:
        reached += weight
        upto = _cents(Fraction(amount) * reached / whole)
        parts.append(upto - given)
        given = upto
    return parts


def _cents(value: Fraction) -> Decimal:
    """A non-negative fraction of CNY to cents, half up, without passing through a rounded decimal."""
    return (Decimal((value * 100 + Fraction(1, 2)) // 1) / 100).quantize(Decimal("0.01"))
