"""Columns of the public pool (never how to reach a customer), of "soon", and the sentences that say why."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from common.business_calendar import today
from common.tables import ChoiceColumn, Column, DateColumn, FormatColumn, LinkColumn, MomentColumn, badge
from common.templatetags.paodian import day, icon
from crm.enums import OwnerChangeReason, PoolClock
from crm.models import Customer, PoolRule

LEVEL_COLOURS = (("A", "teal"), ("B", "azure"), ("C", "secondary"))
CLOCK_COLOURS = {"no_follow_up": "yellow", "no_order": "orange", "max_hold": "purple", "protection": "azure"}


def clock_label(clock: str | None) -> str:
    return str(PoolClock(clock).label) if clock else ""


def clock_badge(clock: str | None) -> SafeString | str:
    return badge(clock_label(clock), CLOCK_COLOURS.get(clock, "")) if clock else "–"


def why_pooled(reason: str | None, clock: str | None) -> str:
    """Why a customer is in the pool: the clock that took it, else what somebody did."""
    if clock:
        return clock_label(clock)
    return str(OwnerChangeReason(reason).label) if reason else _("Never had an owner")


def why_recycled(customer: Customer, clock: str, rule: PoolRule | None) -> str:
    """The sentence that explains a recycle date: the clock, from when it counts, the days of the rule."""
    received = customer.received_on
    if rule is None or received is None:
        return clock_label(clock)
    words: dict[str, Any] = {"received": day(received)}
    events = [customer.last_follow_up_on, customer.last_visit_on]
    active = max((on for on in events if on is not None and on >= received), default=None)
    if clock == PoolClock.NO_FOLLOW_UP:
        words |= {"n": rule.no_follow_up_days, "date": day(active)}
        if active:
            return _("%(n)s days without follow-up or visit, the last on %(date)s") % words
        return _("%(n)s days without follow-up or visit, none since it was received on %(received)s") % words
    if clock == PoolClock.NO_ORDER:
        last = customer.last_order_on
        words |= {"n": rule.no_order_days, "date": day(last)}
        if last and last >= received:
            return _("%(n)s days without order, the last on %(date)s") % words
        return _("%(n)s days without order, none since it was received on %(received)s") % words
    if clock == PoolClock.MAX_HOLD:
        words["n"] = rule.max_hold_days
        return _("%(n)s days are the most one may hold it, received on %(received)s") % words
    words |= {"n": rule.initial_days, "renew": rule.renew_days, "date": day(active)}
    if active and rule.renew_days:
        return _("%(n)s days of protection since %(received)s, %(renew)s more after %(date)s") % words
    return _("%(n)s days of protection since %(received)s") % words


# --- cells
def _name(customer: Customer) -> SafeString:
    url = reverse("crm:pool_detail", args=[customer.pk])
    return format_html('<a href="{}" class="fw-medium">{}</a>', url, customer.name)


def _place(customer: Customer) -> str:
    parts = dict.fromkeys(part for part in (customer.city, customer.district) if part)
    return " ".join(parts) or "–"


def _why(customer: Any) -> SafeString:
    return badge(
        why_pooled(customer.pool_reason, customer.pool_clock), CLOCK_COLOURS.get(customer.pool_clock, "")
    )


def _claim(customer: Customer) -> SafeString:
    return format_html(
        '<button class="btn btn-sm btn-outline-primary pool-claim" formaction="{}">{} {}</button>',
        reverse("crm:pool_claim", args=[customer.pk]),
        icon("hand-grab"),
        _("Claim"),
    )


POOL_COLUMNS = (
    FormatColumn("name", gettext_lazy("Customer name"), order=("name",), phone="title", draw=_name),
    ChoiceColumn("level", gettext_lazy("Level"), order=("level",), phone="side", colours=LEVEL_COLOURS),
    Column("channel", gettext_lazy("Channel"), path="channel_name", order=("channel__name",), phone="line"),
    Column("region", gettext_lazy("Region"), path="region_name", order=("region__name",), phone=""),
    FormatColumn(
        "place", gettext_lazy("Place"), path="city", order=("city", "district"), phone="line", draw=_place
    ),
    FormatColumn("why", gettext_lazy("Why in the pool"), path="pool_reason", phone="line", draw=_why),
    MomentColumn(
        "since", gettext_lazy("In the pool since"), path="pooled_at", order=("pooled_at",), phone="line"
    ),
    Column(
        "last_owner",
        gettext_lazy("Last owner"),
        path="last_owner_name",
        order=("last_owner__name",),
        phone="line",
    ),
    DateColumn(
        "last_order", gettext_lazy("Last order"), path="last_order_on", order=("last_order_on",), phone="line"
    ),
)
CLAIM_COLUMN = FormatColumn("claim", "", path="pk", phone="line", draw=_claim)


# --- soon
def days_left(customer: Any) -> int:
    """Days until the run that takes it; 0: the next run."""
    return max(0, (customer.recycle_on - today()).days + 1)


def _left(customer: Any) -> SafeString:
    left = days_left(customer)
    colour = "red" if left <= 1 else "yellow" if left <= 7 else ""
    text = _("next run") if not left else ngettext("%(n)s day left", "%(n)s days left", left) % {"n": left}
    return badge(text, colour)


def soon_columns(rules: dict[int, PoolRule]) -> tuple[Column, ...]:
    """The columns of "soon"; `rules` by key, because a row knows only the key of its rule."""

    def why(customer: Any) -> str:
        return why_recycled(customer, customer.pool_clock, rules.get(customer.pool_rule))

    return (
        LinkColumn("name", gettext_lazy("Customer name"), order=("name",), phone="title"),
        FormatColumn("left", gettext_lazy("Time left"), path="recycle_on", phone="side", draw=_left),
        DateColumn("recycle_on", gettext_lazy("Last day"), order=("recycle_on",), phone="line"),
        FormatColumn(
            "clock",
            gettext_lazy("Clock"),
            path="pool_clock",
            phone="line",
            draw=lambda row: clock_badge(row.pool_clock),
        ),
        FormatColumn("why", gettext_lazy("Why"), path="pool_clock", phone="line", draw=why),
        Column("owner", gettext_lazy("Owner"), path="owner_name", order=("owner__name",), phone="line"),
    )
