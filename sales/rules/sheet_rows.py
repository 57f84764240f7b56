"""Reading a workbook's rows by their heads: which column is what, what a cell means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from common.money import round_money, round_quantity

__all__ = ["Head", "RowError", "find_columns", "fold_head", "money", "quantity", "whole", "yes_no"]

_BRACKETS = re.compile(r"[(\[（【].*?[)\]）】]")
_YES = frozenset({"是", "true", "1", "yes", "y", "在售", "√"})
_NO = frozenset({"否", "false", "0", "no", "n", "停售", "×"})


class RowError(ValueError):
    """Why a row cannot be taken, in words for the person who made the file."""


@dataclass(frozen=True, slots=True)
class Head:
    """One column we know: what our own workbooks call it, and what else means the same, folded."""

    label: str | Promise
    others: tuple[str, ...] = ()

    def means(self, folded: str) -> bool:
        return folded in self.others or folded == fold_head(str(self.label))


def fold_head(text: str) -> str:
    """Without case, width, space and what stands in brackets: 单价（元） is 单价."""
    text = unicodedata.normalize("NFKC", text).casefold()
    bare = _BRACKETS.sub("", text)
    return "".join(c for c in (bare if any(map(str.isalnum, bare)) else text) if c.isalnum())


def find_columns(headers: Sequence[str], heads: Mapping[str, Head]) -> tuple[dict[int, str], list[str]]:
    """({position: our name}, headers nobody knows); the first of two columns with one meaning counts."""
    columns: dict[int, str] = {}
    unknown = []
    for position, header in enumerate(headers):
        folded = fold_head(header)
        name = next((name for name, head in heads.items() if head.means(folded)), None)
        if name is None or name in columns.values():
            unknown += [header] if header else []
        else:
            columns[position] = name
    return columns, unknown


# --- cells
def number(text: str, what: object, most: Decimal) -> Decimal:
    """1,234.50 or ¥12; refused when it is no number, negative or too large."""
    bare = unicodedata.normalize("NFKC", text).replace(",", "").replace("¥", "").replace("元", "").strip()
    try:
        value = Decimal(bare)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0:
        raise RowError(_("“%(text)s” is no %(what)s.") % {"text": text[:40], "what": what})
    if value > most:
        raise RowError(_("%(what)s %(text)s is too large to be true.") % {"text": text[:40], "what": what})
    return value


def money(text: str, what: object, most: Decimal) -> Decimal:
    return round_money(number(text, what, most))


def quantity(text: str, what: object, most: Decimal) -> Decimal:
    return round_quantity(number(text, what, most))


def whole(text: str, what: object, most: int) -> int:
    value = number(text, what, Decimal(most))
    if value != value.to_integral_value():
        raise RowError(_("“%(text)s” is no whole number (%(what)s).") % {"text": text[:40], "what": what})
    return int(value)


def yes_no(text: str, what: object) -> bool:
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    if folded in _YES or folded in _NO:
        return folded in _YES
    raise RowError(_("“%(text)s” is neither yes nor no (%(what)s).") % {"text": text[:40], "what": what})
