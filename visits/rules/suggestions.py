"""How much a shop should order, from what was counted on its shelf (D6). Pure: figures in, figures out.

Quantities are in the product's unit, three places. The rule, for one product of one customer:

    sold   = last count + delivered since − returned since − counted now          (never below 0)
    rate   = sold ÷ days between the counts                                       (units a day)
    need   = rate × days until the next visit + rate × SAFETY_DAYS
    order  = need − counted now, rounded up to whole boxes where there are boxes, else to whole units (never below 0)

A count needs an earlier one at least a day before: without it there is nothing to go by and no suggestion.

Worked example. On 03-02 the shelf held 20 bottles; 24 were delivered on 03-03 (one box of 24); on 03-16 the rep counts 8.
sold = 20 + 24 − 8 = 36 in 14 days, rate = 36 ÷ 14 ≈ 2.571 a day. The next visit is in 14 days, safety is 3 days:
need = 36 ÷ 14 × 17 ≈ 43.714; order = 43.714 − 8 = 35.714 → two boxes = 48 bottles.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from common.money import round_quantity

# The rep may come a few days late, and a shelf that is empty sells nothing.
SAFETY_DAYS = 3
# The usual gap where neither a task nor the customer's own rhythm says when the next visit is.
USUAL_GAP_DAYS = 14
# A plan for next year is no reason to fill the shop up today.
MAX_GAP_DAYS = 60


@dataclass(frozen=True, slots=True)
class Movement:
    """What is known of one product at one customer between its last two counts; `days` lie between them."""

    last_count: Decimal
    delivered: Decimal
    counted: Decimal
    days: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`rate` in units a day; `minimum` is what the shelf must hold to last until the next visit; `order` what to add."""

    sold: Decimal
    rate: Decimal
    minimum: Decimal
    order: Decimal

    @property
    def is_low(self) -> bool:
        """低库存: what was counted does not last until the next visit."""
        return self.order > 0


def suggest(move: Movement, *, days_ahead: int, box_quantity: int = 0) -> Suggestion | None:
    """The rule above; None where the counts are less than a day apart."""
    if move.days < 1:
        return None
    sold = max(move.last_count + move.delivered - move.counted, Decimal(0))
    ahead = min(max(days_ahead, 1), MAX_GAP_DAYS) + SAFETY_DAYS
    # Multiplied before it is divided, so that 36 in 14 days for 14 days are 36 and not 35.999.
    need = sold * ahead / move.days
    return Suggestion(
        sold=round_quantity(sold),
        rate=round_quantity(sold / move.days),
        minimum=round_quantity(need),
        order=_whole(max(need - move.counted, Decimal(0)), box_quantity),
    )


def _whole(quantity: Decimal, box_quantity: int) -> Decimal:
    """Up to whole boxes, or to whole units of what has no box."""
    size = Decimal(box_quantity or 1)
    # A thousandth over is the rounding of a division, not a bottle.
    boxes = (round_quantity(quantity) / size).to_integral_value(ROUND_CEILING)
    return round_quantity(boxes * size)
