"""How much of the whole a few customers make: ABC classes and the share of the largest. No ORM."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

A_UNTIL = Decimal("0.8")  # of the whole, counted from the largest
B_UNTIL = Decimal("0.95")
CLASSES = ("A", "B", "C")
TOPS = (1, 5, 10, 20, 50)  # percent of the customers


def abc(amounts: Sequence[Decimal]) -> dict[str, list[Decimal]]:
    """Amounts above zero by class. From the largest on, one is A while those before it make less than 80 % of the whole,
    then B while they make less than 95 %, then C: whoever crosses a limit still belongs to the better class."""
    found: dict[str, list[Decimal]] = {name: [] for name in CLASSES}
    amounts = sorted((amount for amount in amounts if amount > 0), reverse=True)
    whole, before = sum(amounts, Decimal(0)), Decimal(0)
    for amount in amounts:
        name = "A" if before < whole * A_UNTIL else "B" if before < whole * B_UNTIL else "C"
        found[name].append(amount)
        before += amount
    return found


def top(amounts: Sequence[Decimal], percent: int) -> list[Decimal]:
    """The largest `percent` of the amounts above zero, in number rounded up: of 30 customers 5 % are two."""
    amounts = sorted((amount for amount in amounts if amount > 0), reverse=True)
    return amounts[: math.ceil(len(amounts) * percent / 100)]
