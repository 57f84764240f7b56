"""Values of custom fields: what may be kept in `extra`, a JSON object (A5)."""

import datetime as dt
from decimal import Decimal, InvalidOperation

MAX_TEXT = 500  # characters, as an import keeps
_DIGITS = 15  # a JSON number is exact up to here
_YES = {"yes", "y", "true", "1", "是", "有", "对"}
_NO = {"no", "n", "false", "0", "否", "无", "没有"}


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
    return True if text in _YES else False if text in _NO else None
