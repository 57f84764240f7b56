"""Every measure counted once more, in plain Python over whole tables, from domain-rules and the measure's words alone.

A file a family; `@brute("order_amount")` over a function that yields an Entry for each row that counts. It may read
tables with `.all()`, follow relations and compare fields, and nothing else: no manager, query or rule of the product.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any


@dataclass(frozen=True)
class Entry:
    """A row that counts: whose it is (User or None), its business day (None: as of now), its customer, its product.

    `value` is added up; with `token` the figure is the number of different tokens instead; a mean is made from
    `value` ÷ `weight` when `weight` is not None. `more` are keys of dimensions of the fact's own.
    """

    rep: Any
    day: dt.date | None
    value: Any = 1
    customer: Any = None
    product: Any = None
    token: Any = None
    weight: Any = None
    more: tuple[tuple[str, str], ...] = ()


BRUTE: dict[str, Callable[[], Iterator[Entry]]] = {}


def brute(code: str) -> Callable[[Callable[[], Iterator[Entry]]], Callable[[], Iterator[Entry]]]:
    def keep(function: Callable[[], Iterator[Entry]]) -> Callable[[], Iterator[Entry]]:
        assert code not in BRUTE, code
        BRUTE[code] = function
        return function

    return keep


for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
