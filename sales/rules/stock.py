"""Pure decisions of stock: what a document may become, between which places it moves, how a van's day adds up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Protocol

from sales.enums import LocationKind, MoveKind, StockDocumentKind, StockDocumentStatus

ZERO = Decimal(0)

# A draft moves nothing. What is posted is never changed: it is moved back as a whole.
ALLOWED: dict[StockDocumentStatus, frozenset[StockDocumentStatus]] = {
    StockDocumentStatus.DRAFT: frozenset({StockDocumentStatus.POSTED, StockDocumentStatus.CANCELLED}),
    StockDocumentStatus.POSTED: frozenset({StockDocumentStatus.REVERSED}),
    StockDocumentStatus.REVERSED: frozenset(),
    StockDocumentStatus.CANCELLED: frozenset(),
}


def may_become(old: str, new: str) -> bool:
    return StockDocumentStatus(new) in ALLOWED[StockDocumentStatus(old)]


_W, _V, _S, _L = LocationKind.WAREHOUSE, LocationKind.VAN, LocationKind.SUPPLIER, LocationKind.LOSS
# From which kinds of places to which a document moves goods; a count has only the counted place.
ENDS: dict[StockDocumentKind, tuple[frozenset[LocationKind], frozenset[LocationKind]]] = {
    StockDocumentKind.RECEIPT: (frozenset({_S}), frozenset({_W})),
    StockDocumentKind.LOAD: (frozenset({_W}), frozenset({_V})),
    StockDocumentKind.UNLOAD: (frozenset({_V}), frozenset({_W})),
    StockDocumentKind.TRANSFER: (frozenset({_W, _V}), frozenset({_W, _V})),
    StockDocumentKind.LOSS: (frozenset({_W, _V}), frozenset({_L})),
    StockDocumentKind.COUNT: (frozenset({_W, _V}), frozenset()),
}

# 入库, 装车, 卸车, 调拨, 盘点, 报损
PREFIXES: dict[StockDocumentKind, str] = {
    StockDocumentKind.RECEIPT: "RK",
    StockDocumentKind.LOAD: "ZC",
    StockDocumentKind.UNLOAD: "XC",
    StockDocumentKind.TRANSFER: "DB",
    StockDocumentKind.COUNT: "PD",
    StockDocumentKind.LOSS: "BS",
}
# What is counted against a plan or the books: each difference takes a reason.
COUNTED = frozenset({StockDocumentKind.LOAD, StockDocumentKind.COUNT})


@dataclass(frozen=True, slots=True)
class StockLine:
    """One wanted line of a stock document: quantity in the product's unit, of which `presold` is for orders."""

    product_id: int
    quantity: Decimal
    presold: Decimal = ZERO
    unit_cost: Decimal | None = None
    reason: str = ""


# --- a van's day
@dataclass(frozen=True, slots=True)
class DayMove:
    """Sum of the day's moves of one kind and product: signed, what came onto the van is positive."""

    kind: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class DayColumns:
    """What happened to one product on a van in one day; moves back lessen what they take back."""

    loaded: Decimal = ZERO
    returned: Decimal = ZERO
    sold: Decimal = ZERO
    unloaded: Decimal = ZERO
    other: Decimal = ZERO


def day_columns(moves: Iterable[DayMove]) -> DayColumns:
    """Loaded, returned, sold, unloaded; everything else (transfers, losses, counts) stays signed in `other`."""
    sums = {"loaded": ZERO, "returned": ZERO, "sold": ZERO, "unloaded": ZERO, "other": ZERO}
    for move in moves:
        name, sign = _COLUMNS.get(move.kind, ("other", 1))
        sums[name] += sign * move.quantity
    return DayColumns(**sums)


_COLUMNS: dict[str, tuple[str, int]] = {
    MoveKind.LOAD: ("loaded", 1),
    MoveKind.RETURN: ("returned", 1),
    MoveKind.SALE: ("sold", -1),
    MoveKind.UNLOAD: ("unloaded", -1),
}


# --- returns
def return_amount(
    *, paid: Decimal, quantity: Decimal, before: Decimal, taken: Decimal, credited: Decimal
) -> Decimal:
    """CNY for `taken` of `quantity` units that cost `paid` together, when `before` of them came back already.

    Shares are rounded cumulatively, so that parts of a delivery line that come back one by one add up to what was
    paid for it; `credited` is what was given for the earlier ones, and never is more given than was paid.
    """
    share = _cents(paid, before + taken, quantity) - _cents(paid, before, quantity)
    return max(min(share, paid - credited), Decimal("0.00"))


def _cents(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    exact = Fraction(amount) * Fraction(part) / Fraction(whole) * 100
    return (Decimal((exact + Fraction(1, 2)) // 1) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


# --- quantities in words
class Packed(Protocol):
    """What of a product says how it is packed."""

    unit: str
    box_unit: str
    box_quantity: int


def in_boxes(quantity: Decimal, product: Packed) -> str:
    """2箱3瓶; "" for what does not come in boxes. Below zero the sign stands before it all."""
    if not product.box_quantity:
        return ""
    boxes, pieces = divmod(abs(quantity), product.box_quantity)
    parts = []
    if boxes:
        parts.append(f"{boxes:f}".partition(".")[0] + product.box_unit)
    if pieces or not boxes:
        text = f"{pieces:f}"
        parts.append((text.rstrip("0").rstrip(".") if "." in text else text) + product.unit)
    return ("-" if quantity < 0 else "") + "".join(parts)


def in_words(quantity: Decimal, product: Packed) -> str:
    """How a person says a quantity: in boxes where there are any, else 5瓶."""
    text = f"{quantity:f}"
    plain = text.rstrip("0").rstrip(".") if "." in text else text
    return in_boxes(quantity, product) or f"{plain}{product.unit}"
