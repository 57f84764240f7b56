"""Columns of the list of visit plans, and a plan's rhythm in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from common.tables import ChoiceColumn, Column, DateColumn, FormatColumn, badge, day_text
from common.templatetags.paodian import weekday
from visits.enums import Rhythm
from visits.models import VisitPlan
from visits.rules.plans import read_days


def weekday_words(text: str) -> str:
    return "、".join(weekday(number) for number in sorted(read_days(text)))


def rhythm_words(plan: Any) -> str:
    """When a plan (or terms) asks for a visit, for people."""
    days = weekday_words(plan.weekdays)
    if plan.rhythm == Rhythm.WEEKDAYS:
        return _("Every %(days)s") % {"days": days}
    if plan.rhythm == Rhythm.WEEKS:
        weeks = ngettext("Every week", "Every %(n)s weeks", plan.every) % {"n": plan.every}
        return f"{weeks} {days}"
    if plan.rhythm == Rhythm.DAYS:
        return ngettext("Every day", "Every %(n)s days", plan.every) % {"n": plan.every}
    if plan.frequency is None:
        return _("As often as the level says")
    times = ngettext("%(n)s time in 28 days", "%(n)s times in 28 days", plan.frequency)
    return times % {"n": plan.frequency}


@dataclass(frozen=True)
class RhythmColumn(FormatColumn):
    def value(self, row: Any) -> str:
        return rhythm_words(row)


@dataclass(frozen=True)
class NextDateColumn(DateColumn):
    """Follows from the plan's rhythm, as `find` says; no column of the database."""

    find: Callable[[VisitPlan], dt.date | None] = lambda _plan: None

    def value(self, row: Any) -> dt.date | None:
        return self.find(row)

    def cell(self, row: Any) -> str:
        return day_text(self.find(row))


@dataclass(frozen=True)
class StateColumn(FormatColumn):
    def value(self, row: Any) -> str:
        return _("In use") if row.is_active else pgettext("visit plan", "Stopped")


def _state(plan: VisitPlan) -> SafeString:
    return badge(_("In use"), "green") if plan.is_active else badge(pgettext("visit plan", "Stopped"))


def _customer(plan: VisitPlan) -> SafeString:
    return format_html(
        '<a href="{}" class="fw-medium">{}</a>', plan.customer.get_absolute_url(), plan.customer.name
    )


def _rhythm(plan: VisitPlan) -> SafeString:
    return format_html('<a href="/visit-plans/{}/edit/">{}</a>', plan.pk, rhythm_words(plan))


def plan_columns(next_date: Callable[[VisitPlan], dt.date | None]) -> Sequence[Column]:
    return (
        FormatColumn(
            "customer",
            gettext_lazy("Customer"),
            path="customer.name",
            order=("customer__name",),
            draw=_customer,
            phone="title",
        ),
        Column("level", gettext_lazy("Level"), path="customer.level", order=("customer__level",)),
        Column("rep", gettext_lazy("Rep"), path="rep.name", order=("rep__name",)),
        RhythmColumn("rhythm", gettext_lazy("Rhythm"), draw=_rhythm),
        NextDateColumn("next", gettext_lazy("Next date"), phone="side", find=next_date),
        DateColumn("starts_on", gettext_lazy("From"), order=("starts_on",), phone=""),
        DateColumn("ends_on", gettext_lazy("Until"), order=("ends_on",), phone=""),
        ChoiceColumn("on_holiday", gettext_lazy("On days off"), phone="", hidden=True),
        StateColumn("state", gettext_lazy("State"), order=("is_active",), draw=_state),
        Column("note", gettext_lazy("Note"), phone=""),
    )
