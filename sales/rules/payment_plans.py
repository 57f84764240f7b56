"""Payment plans (收款计划): an amount cut into equal parts, and what a plan must be. Pure."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal

from sales.rules.bills import Instalment

MAX_INSTALMENTS = 36
_CENT = Decimal("0.01")


def split_equally(
    total: Decimal, *, parts: int, first: dt.date, every: int, months: bool = True
) -> list[Instalment]:
    """`total` in equal parts, one every `every` months (else days) from `first`; odd cents are put on the last.

    100.00 in 3 → 33.33, 33.33, 33.34. The 31st becomes the last day of a shorter month, and the 31st again after it.
    Raises ValueError when a part would be nothing, or for numbers below 1.
    """
    if parts < 1 or every < 1:
        raise ValueError("parts and every must be at least 1")
    each = (total / parts).quantize(_CENT, ROUND_DOWN)
    if each <= 0:
        raise ValueError("too many parts")
    amounts = [each] * (parts - 1) + [total - each * (parts - 1)]
    return [
        Instalment(
            position=n + 1,
            due_on=add_months(first, n * every) if months else first + dt.timedelta(days=n * every),
            amount=amount,
        )
        for n, amount in enumerate(amounts)
    ]


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day some months later, or the last one of a month that is too short."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def kept(old: Sequence[Instalment], new: Sequence[Instalment], upto: int) -> bool:
    """Whether the instalments up to position `upto` stay as they are."""
    return [(i.due_on, i.amount) for i in old[:upto]] == [(i.due_on, i.amount) for i in new[:upto]]
