"""Rules and reminders of the schedule in words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.templatetags.paodian import day as day_words
from common.templatetags.paodian import weekday
from team.enums import RepeatEvery
from team.rules.schedule import Repeat


def repeat_words(repeat: Repeat | None) -> str:
    """Every 2 weeks on Mon, Wed, until 2026-12-31; "" for what takes place once."""
    if repeat is None:
        return ""
    n = repeat.interval
    words = str(RepeatEvery(repeat.every).label) if n == 1 else _rhythm(repeat.every) % {"n": n}
    if repeat.weekdays:
        days = _(", ").join(weekday(day + 1) for day in repeat.weekdays)
        words = _("%(rhythm)s on %(days)s") % {"rhythm": words, "days": days}
    if repeat.until is not None:
        return _("%(rhythm)s, until %(day)s") % {"rhythm": words, "day": day_words(repeat.until)}
    if repeat.count is not None:
        times = ngettext("%(n)s time", "%(n)s times", repeat.count) % {"n": repeat.count}
        return _("%(rhythm)s, %(times)s") % {"rhythm": words, "times": times}
    return words


def _rhythm(every: str) -> str:
    return {
        "DAILY": _("Every %(n)s days"),
        "WEEKLY": _("Every %(n)s weeks"),
        "MONTHLY": _("Every %(n)s months"),
        "YEARLY": _("Every %(n)s years"),
    }[every]


def reminder_words(minutes: int | None) -> str:
    """15 minutes before; "" for no reminder."""
    if minutes is None:
        return ""
    if minutes == 0:
        return _("When it begins")
    if minutes % 1440 == 0:
        days = minutes // 1440
        return ngettext("%(n)s day before", "%(n)s days before", days) % {"n": days}
    if minutes % 60 == 0:
        hours = minutes // 60
        return ngettext("%(n)s hour before", "%(n)s hours before", hours) % {"n": hours}
    return ngettext("%(n)s minute before", "%(n)s minutes before", minutes) % {"n": minutes}
