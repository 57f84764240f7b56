"""Figures as people read them, by their unit."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.utils.translation import gettext as _

from common.templatetags import paodian as fmt
from reports.enums import Unit
from reports.rules.compare import Figure, change


def figure_text(unit: Unit, value: Figure) -> str:
    """¥1,234.50, 1,234, 12.3 %, 01:06:12, 3.4 km; "–" for what has no figure."""
    if value is None:
        return "–"
    if unit == Unit.MONEY:
        return fmt.money(Decimal(str(value)))
    if unit == Unit.PERCENT:
        return fmt.percent(float(value))
    if unit == Unit.SECONDS:
        return fmt.duration(dt.timedelta(seconds=round(float(value))))
    if unit == Unit.METRES:
        return fmt.distance(float(value))
    if unit == Unit.QUANTITY:
        return fmt.quantity(Decimal(str(value)))
    places = 1 if unit in (Unit.DAYS, Unit.SCORE) and value != int(value) else 0
    return f"{value:,.{places}f}"  # thousands as in money; Django groups Chinese numbers by four


def change_text(change: float | None) -> str:
    """+12 %, −3 %; "" for what cannot be compared."""
    if change is None:
        return ""
    return f"{_signed(change * 100)}%"


def moved_text(unit: Unit, now: Figure, before: Figure) -> tuple[str, bool]:
    """How far a figure has moved from the compared period's, and whether down: a share by its points (+21 points from
    49 % to 70 %), all else by its share (+12 %). ("", False) for what cannot be compared."""
    if unit != Unit.PERCENT:
        changed = change(now, before)
        text = change_text(changed)
    elif now is None or before is None:
        return "", False
    else:
        text = _("%(n)s pts") % {"n": _signed((float(now) - float(before)) * 100)}
    return text, text.startswith("−")


def _signed(value: float) -> str:
    """In whole numbers; what is too little to be seen is no change in either direction: +0."""
    return f"{'−' if round(value) < 0 else '+'}{abs(value):,.0f}"
