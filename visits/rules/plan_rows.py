"""A line of an uploaded visit plan: what its cells mean. No ORM."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

HEADS: dict[str, tuple[str, ...]] = {
    "code": ("客户编码", "编码", "客户编号", "code", "customer code"),
    "name": ("客户名称", "客户", "名称", "name", "customer", "customer name"),
    "rep": ("业务员", "负责人", "账号", "rep", "owner", "username"),
    "date": ("日期", "拜访日期", "date", "day"),
    "weekdays": ("周几", "星期", "周", "weekdays", "weekday"),
    "frequency": ("频率", "次数", "28天次数", "frequency", "times in 28 days"),
    "note": ("备注", "说明", "note", "notes"),
}
_WEEKDAYS = {
    **{sign: number for number, sign in enumerate("一二三四五六日", start=1)},
    **{str(number): number for number in range(1, 8)},
    "天": 7,
    **{
        name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), start=1)
    },
}


def find_columns(headers: Sequence[str]) -> dict[str, int]:
    """{our field: column}. ValidationError when customer, or date and rhythm, have none."""
    known = {alias: field for field, aliases in HEADS.items() for alias in aliases}
    columns: dict[str, int] = {}
    for position, header in enumerate(headers):
        plain = header.strip().rstrip("*").strip().lower()
        if field := known.get(plain):
            columns.setdefault(field, position)
    if not columns.keys() & {"code", "name"}:
        raise ValidationError(_("The file has no column for the customer: 客户编码 or 客户名称."))
    if not columns.keys() & {"date", "weekdays", "frequency"}:
        raise ValidationError(_("The file has no column for when: 日期, 周几 or 频率."))
    return columns


def read_date(text: str, today: dt.date) -> dt.date:
    """2026-12-01, 2026/12/1, 2026年12月1日, with a time behind it or not; ValidationError unless today or within a
    year."""
    parts = re.match(r"^\s*(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(\s.*|T.*)?$", text)
    try:
        day = dt.date(*(int(part) for part in parts.groups()[:3])) if parts else None
    except ValueError:
        day = None
    if day is None:
        raise ValidationError(_("“%(text)s” is no date.") % {"text": text[:30]})
    if day < today:
        raise ValidationError(_("This day is over. Choose today or a later day."))
    if day > today + dt.timedelta(days=366):
        raise ValidationError(_("Choose a day within one year."))
    return day


def read_weekdays(text: str) -> frozenset[int]:
    """周一、周四; 一四; 1,4; Mon/Thu. ValidationError for anything else."""
    plain = re.sub(r"星期|礼拜|周", "", text.strip().lower())
    parts = [part for part in re.split(r"[\s,;/、，；]+", plain) if part]
    signs = [
        sign for part in parts for sign in ([part[:3]] if part[:1].isascii() and part[:1].isalpha() else part)
    ]
    if not signs or any(sign not in _WEEKDAYS for sign in signs):
        raise ValidationError(_("“%(text)s” are no weekdays.") % {"text": text[:30]})
    return frozenset(_WEEKDAYS[sign] for sign in signs)


def read_frequency(text: str) -> int:
    """Visits in 28 days: 1 to 28."""
    plain = text.strip().removesuffix("次")
    if not (plain.isascii() and plain.isdecimal() and len(plain) <= 2 and 1 <= int(plain) <= 28):
        raise ValidationError(
            _("“%(text)s” is no number of visits in 28 days (1 to 28).") % {"text": text[:30]}
        )
    return int(plain)


def one_way(cells: Mapping[str, str]) -> str:
    """Which of date, weekdays and frequency a line uses. ValidationError for none or several."""
    used = [field for field in ("date", "weekdays", "frequency") if cells.get(field, "").strip()]
    if len(used) != 1:
        raise ValidationError(_("Give either a date, or weekdays, or a frequency."))
    return used[0]
