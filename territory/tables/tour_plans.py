"""The list of tour plans and the customers of one."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, pgettext_lazy

from common.tables import (
    ChoiceColumn,
    Column,
    FormatColumn,
    LinkColumn,
    MomentColumn,
    NumberColumn,
    WordsColumn,
)
from common.templatetags.paodian import day, distance, hours, weekday
from territory.models import TourPlan, TourPlanShop
from territory.queries.tour_plans import GONE
from territory.rules import read_weekdays
from territory.rules.tour_plans import CLOSED, FULL, HOURS, NO_PLACE, NO_REP, TOO_FAR, TOO_OFTEN
from visits.services.tour_tasks import INACTIVE, NOT_YOURS, PAST, UNSEEN
from visits.services.tour_tasks import NO_REP as TASK_NO_REP

STATE_COLOURS = (("ready", "green"), ("failed", "red"), ("running", "teal"), ("queued", "teal"))
REASONS = {
    NO_PLACE: gettext_lazy("The customer has no location."),
    GONE: gettext_lazy("The customer is inactive."),
    NO_REP: gettext_lazy("The customer's owner is not among the reps."),
    CLOSED: gettext_lazy("Closed on every day of the plan."),
    TOO_OFTEN: gettext_lazy("More visits than the days leave room for, so far apart."),
    HOURS: gettext_lazy("The customer's hours do not meet those of work."),
    TOO_FAR: gettext_lazy("Too far for one day of work."),
    FULL: gettext_lazy("The reps' days are full."),
}

# Why a visit became no task.
REFUSALS = {
    PAST: gettext_lazy("The day is over."),
    TASK_NO_REP: gettext_lazy("The rep is not active or not one of yours."),
    NOT_YOURS: gettext_lazy("You may not see this customer."),
    INACTIVE: gettext_lazy("The customer is inactive."),
    UNSEEN: gettext_lazy("The rep does not see this customer; hand it over or share it first."),
}


def draw_period(plan: TourPlan) -> str:
    return f"{day(plan.starts_on)} – {day(plan.ends_on)}"


def draw_missing(row: Any) -> SafeString | str:
    return format_html('<b class="text-danger">{}</b>', row.missing) if row.missing else "0"


def draw_way(plan: Any) -> str:
    return distance(plan.metres) if plan.metres else "–"


def draw_work(plan: Any) -> str:
    return hours(plan.work_s) if plan.work_s else "–"


TOUR_PLAN_COLUMNS: tuple[Column, ...] = (
    LinkColumn("name", gettext_lazy("Tour plan"), order=("name",), phone="title"),
    ChoiceColumn("state", gettext_lazy("Status"), order=("state",), phone="side", colours=STATE_COLOURS),
    WordsColumn("starts_on", gettext_lazy("Period"), order=("starts_on",), draw=draw_period),
    NumberColumn("rep_count", gettext_lazy("Reps"), order=("rep_count",), phone=""),
    NumberColumn("shop_count", gettext_lazy("Customers"), order=("shop_count",)),
    WordsColumn("metres", gettext_lazy("Length"), order=("metres",), draw=draw_way, align="end"),
    WordsColumn("work_s", gettext_lazy("Work"), order=("work_s",), draw=draw_work, align="end", phone=""),
    FormatColumn(
        "missing",
        pgettext_lazy("tour plan", "Not placed"),
        order=("missing",),
        draw=draw_missing,
        align="end",
    ),
    Column("created_by", gettext_lazy("Person"), order=("created_by__name",), phone=""),
    MomentColumn("published_at", gettext_lazy("Published"), order=("published_at",), phone=""),
)


def draw_hours(shop: TourPlanShop) -> str:
    opens = f"{shop.opens_at:%H:%M}" if shop.opens_at else ""
    closes = f"{shop.closes_at:%H:%M}" if shop.closes_at else ""
    return f"{opens}–{closes}" if opens or closes else "–"


def draw_closed(shop: TourPlanShop) -> str:
    return " ".join(weekday(number) for number in sorted(read_weekdays(shop.closed_on))) or "–"


def draw_reason(shop: TourPlanShop) -> SafeString | str:
    if not shop.missing:
        return ""
    return format_html('<b class="text-danger">{}</b> {}', shop.missing, REASONS.get(shop.reason, ""))


def shop_url(shop: TourPlanShop) -> str:
    return reverse("territory:tour_plan_shop", args=[shop.plan_id, shop.pk])


SHOP_COLUMNS: tuple[Column, ...] = (
    LinkColumn("customer", gettext_lazy("Customer"), order=("customer__name",), phone="title", url=shop_url),
    Column("level", gettext_lazy("Level"), "customer.level", order=("customer__level",), phone="side"),
    Column("owner", gettext_lazy("Owner"), "customer.owner", order=("customer__owner__name",)),
    NumberColumn("visits", gettext_lazy("Visits in the period"), order=("visits",)),
    FormatColumn("opens_at", gettext_lazy("Hours open"), order=("opens_at",), draw=draw_hours),
    FormatColumn("closed_on", gettext_lazy("Closed on"), draw=draw_closed, phone=""),
    Column("stay_minutes", gettext_lazy("Minutes there"), order=("stay_minutes",), phone=""),
    FormatColumn("missing", pgettext_lazy("tour plan", "Not placed"), order=("missing",), draw=draw_reason),
)
