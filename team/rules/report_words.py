"""How work reports speak: their period, and the first draft of a text from the figures. No ORM."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils.translation import gettext as _

from common.templatetags import paodian as fmt
from team.enums import WorkReportKind
from team.rules.reports import Section, WorkFigures, last_day


def period_words(kind: str, first: dt.date) -> str:
    """11-23 周一; 11-23 – 11-29; 2026-11."""
    if kind == WorkReportKind.MONTH:
        return f"{first:%Y-%m}"
    if kind == WorkReportKind.WEEK:
        last = last_day(kind, first)
        year = f"{first:%Y}-" if first.year != last.year else ""
        return f"{year}{first:%m-%d} – {f'{last:%Y}-' if year else ''}{last:%m-%d}"
    return str(fmt.day(first))


def done_words(figures: WorkFigures) -> str:
    """The figures as lines of a text; what is nothing is left out."""
    lines = []
    if figures.planned or figures.visits:
        lines.append(
            _("Visits: %(done)s of %(planned)s planned done, %(valid)s valid visits in all.")
            % {"done": figures.done, "planned": figures.planned, "valid": figures.valid}
        )
    if figures.new_customers or figures.follow_ups:
        lines.append(
            _("Customers: %(new)s new, %(follow_ups)s follow-ups.")
            % {"new": figures.new_customers, "follow_ups": figures.follow_ups}
        )
    if figures.orders or figures.receipts or figures.deliveries:
        lines.append(
            _("Sales: %(orders)s orders %(ordered)s, delivered %(delivered)s, received %(received)s.")
            % {
                "orders": figures.orders,
                "ordered": fmt.money(figures.ordered),
                "delivered": fmt.money(figures.delivered),
                "received": fmt.money(figures.received),
            }
        )
    return "\n".join(lines)


def plan_words(days: Sequence[tuple[dt.date, int]], kind: str) -> str:
    """What is planned ahead: a line a day; a month's days in one line."""
    if not days:
        return ""
    if kind == WorkReportKind.MONTH:
        return _("%(visits)s visits on %(days)s days are planned.") % {
            "visits": sum(count for _day, count in days),
            "days": len(days),
        }
    return "\n".join(
        _("%(day)s: %(count)s visits") % {"day": fmt.day(day), "count": count} for day, count in days
    )


def drafts(
    sections: Sequence[Section], figures: WorkFigures, days: Sequence[tuple[dt.date, int]], kind: str
) -> dict[str, str]:
    """What each section's text starts with, by its key."""
    words = {"done": done_words(figures), "plan": plan_words(days, kind), "": ""}
    return {section.key: words.get(section.draft, "") for section in sections}
