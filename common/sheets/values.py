"""A cell of a workbook as the text a person would type for it."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

# Invisible signs that come with copied cells and make equal texts differ.
_INVISIBLE = dict.fromkeys(
    map(ord, "\ufeff\u200b\u200c\u200d\u2060\u200e\u200f\u202a\u202b\u202c\u202d\u202e")
)
_EXACT_INTEGERS = 1e18


class Row(NamedTuple):
    """One line of data: its number as the spreadsheet shows it, and its cells as text."""

    number: int
    cells: list[str]


def to_text(value: Any) -> str:
    """Text of one cell: 7.0 → "7", 19.900000000000002 → "19.9", dates ISO, True → "True", nothing → "".

    Text keeps its leading zeros and loses only outer white space and invisible signs.
    """
    if type(value) is str:
        return clean(value)
    if value is None:
        return ""
    if type(value) is float:
        return _float_text(value)
    if isinstance(value, dt.datetime):
        return _datetime_text(value)
    if isinstance(value, dt.time):
        return value.isoformat("seconds")
    if isinstance(value, dt.timedelta):
        return _duration_text(value)
    return str(value)  # int, bool; date is ISO by itself


def row_text(values: Iterable[Any]) -> list[str]:
    """`to_text` of each cell; the loop is written out because it runs for millions of cells."""
    return [
        value.strip() if type(value) is str and value.isprintable() else to_text(value) for value in values
    ]


def clean(text: str) -> str:
    """Without outer white space and invisible signs."""
    # The check is a tenth of the cost of a translation, and nearly every cell passes.
    return text.strip() if text.isprintable() else text.translate(_INVISIBLE).strip()


def _float_text(value: float) -> str:
    if value.is_integer() and abs(value) < _EXACT_INTEGERS:
        return str(int(value))
    # Fifteen digits are what a spreadsheet shows; the sixteenth is the tail of binary fractions.
    text = f"{value:.15g}"
    return f"{Decimal(text):f}" if "e" in text else text


def _datetime_text(value: dt.datetime) -> str:
    # A spreadsheet's moment is a fraction of a day: noon may arrive as 11:59:59.999999.
    value = (value + dt.timedelta(microseconds=500_000)).replace(microsecond=0)
    return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")


def _duration_text(value: dt.timedelta) -> str:
    seconds = round(value.total_seconds())
    minutes, seconds = divmod(abs(seconds), 60)
    sign = "-" if value < dt.timedelta(0) else ""
    return f"{sign}{minutes // 60}:{minutes % 60:02}:{seconds:02}"
