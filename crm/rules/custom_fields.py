"""Values of custom fields: what may be kept in `extra`, a JSON object, and what a kept value means (A5)."""

import datetime as dt
import re
from decimal import Decimal, InvalidOperation

from crm.enums import CustomFieldKind

MAX_TEXT = 500  # characters, as an import keeps
_DIGITS = 15  # a JSON number is exact up to here
YES = frozenset(("yes", "y", "true", "1", "是", "有", "对"))
NO = frozenset(("no", "n", "false", "0", "否", "无", "没有"))

# Imported texts that count as numbers and days. The databases read them as well: what Python, SQLite and PostgreSQL
# understand alike, and never so long that a float could not hold it.
NUMBER_SHAPE = r"^[-+]?[0-9][0-9,，]{0,24}([.][0-9]{1,40})?([eE][-+]?[0-9]{1,2})?\Z"
DAY_SHAPE = r"^[0-9]{4}[-/.](0?[1-9]|1[0-2])[-/.](0?[1-9]|[12][0-9]|3[01])\Z"


def number(text: str) -> int | float:
    """A number as typed, thousands separated or not. Raises ValueError, for more than 15 digits too."""
    try:
        value = Decimal(text.replace(",", "").replace("，", "").strip())
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not value.is_finite() or len(value.as_tuple().digits) > _DIGITS or abs(value.adjusted()) >= _DIGITS:
        raise ValueError(text)
    return int(value) if value == value.to_integral_value() else float(value)


def iso_date(text: str) -> str:
    """A date typed as 2026-11-24 or 2026/11/24, in the first form. Raises ValueError."""
    cleaned = text.strip().replace("/", "-").replace(".", "-")
    year, month, day = (int(part) for part in cleaned.split("-"))
    return dt.date(year, month, day).isoformat()


def yes_no(value: object) -> bool | None:
    """What is meant by a kept value, typed here or imported; None when it says neither."""
    text = str(value).strip().casefold()
    return True if text in YES else False if text in NO else None


def meant(kind: str, kept: object) -> str | int | float | dt.date | bool | None:
    """What a kept value says by its field's kind: a number, a date, True or False for yes or no, else its text.

    What does not fit its kind (imported, or the kind was changed) is shown as it stands; None is nothing.
    """
    if isinstance(kept, (int, float)) and not isinstance(kept, bool) and kind == CustomFieldKind.NUMBER:
        return kept
    text = "" if kept is None else str(kept).strip(" ")
    if not text:
        return None
    if kind == CustomFieldKind.NUMBER and re.match(NUMBER_SHAPE, text):
        value = Decimal(text.replace(",", "").replace("，", ""))
        return int(value) if value == value.to_integral_value() else float(value)
    if kind == CustomFieldKind.DATE and re.match(DAY_SHAPE, text):
        try:
            return dt.date.fromisoformat(iso_date(text))
        except ValueError:
            return text
    if kind == CustomFieldKind.YES_NO and (known := yes_no(text)) is not None:
        return known
    return text
