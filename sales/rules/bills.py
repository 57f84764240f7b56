"""Pure decisions about bills: what an amount owed is cut into by a payment plan, what money is set against first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Instalment:
    """One part of a payment plan: CNY due by a day."""

    position: int
    due_on: dt.date
    amount: Decimal


def reached(
    plan: Sequence[Instalment], *, billed: Mapping[int, Decimal], amount: Decimal, due_on: dt.date
) -> list[Instalment]:
    """What a new bill of `amount` is cut into; `billed` says what of each instalment is billed already, by position.

    Instalments fill up in their order: plan 100/100/100, delivered 150 → 100 of the first and 50 of the second; the
    next 150 → 50 of the second and 100 of the third. What a reversed bill left open is filled first again. Without a
    plan, and for what goes beyond it, `due_on` holds. The parts add up to `amount`.
    """
    parts: list[Instalment] = []
    left = amount
    for item in plan:
        free = max(item.amount - billed.get(item.position, ZERO), ZERO)
        take = min(free, left)
        if take > 0:
            parts.append(Instalment(item.position, item.due_on, take))
            left -= take
    if left > 0 or not parts:
        beyond = max((item.position for item in plan), default=0) + 1
        parts.append(Instalment(beyond, due_on, left))
    return parts


def allocate(amount: Decimal, open_amounts: Sequence[Decimal]) -> list[Decimal]:
    """`amount` over bills in the given order (oldest due first, domain-rules §6), never more than is open on each.

    What is left over after the last is not in the answer: it is the prepayment.
    """
    parts = []
    for open_amount in open_amounts:
        take = max(min(amount, open_amount), ZERO)
        parts.append(take)
        amount -= take
    return parts
