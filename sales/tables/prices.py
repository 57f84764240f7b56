from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from common import business_calendar
from common.tables import Column, DateColumn, FormatColumn, LinkColumn, badge
from common.templatetags.paodian import day_range, quantity


def audience(row: Any) -> str:
    """Whom a price list or gift is meant for, in words."""
    if row.customer_id:
        return str(row.customer.name)
    parts = [str(row.channel)] if row.channel_id else []
    if row.level:
        parts.append(_t("Level %(level)s") % {"level": row.level})
    return " · ".join(parts) or _t("All customers")


def period(row: Any) -> str:
    return day_range(row.starts_on, row.ends_on) or _t("without end")


def state(row: Any) -> SafeString:
    """Holds today, later, over, not in use."""
    today = business_calendar.today()
    if not row.is_active:
        return badge(_("Not in use"))
    if row.ends_on and row.ends_on < today:
        return badge(_("Over"))
    if row.starts_on and row.starts_on > today:
        return badge(_("Begins later"), "amber")
    return badge(_("Holds today"), "green")


def _gift(row: Any) -> SafeString:
    return format_html(
        "{} {}{} → {} {}{}{}",
        row.product.name,
        quantity(row.buy_quantity),
        row.product.unit,
        row.gift.name,
        quantity(row.gift_quantity),
        row.gift.unit,
        "" if row.repeats else format_html(' <span class="text-secondary">{}</span>', _("once an order")),
    )


PRICE_LIST_COLUMNS = (
    LinkColumn("name", _("Price list"), order=("name",), phone="title"),
    FormatColumn("audience", _("For whom"), draw=audience),
    FormatColumn("period", _("Period"), order=("starts_on",), draw=period),
    Column("line_count", _("Products"), align="end", order=("line_count",)),
    FormatColumn("state", _("Status"), draw=state, phone="side"),
    Column("note", _("Note"), phone=""),
    DateColumn("created_at", _("Created on"), order=("created_at",), hidden=True),
)
GIFT_RULE_COLUMNS = (
    LinkColumn("name", _("Gift rule"), order=("name",), phone="title"),
    FormatColumn("gives", _("Who buys gets"), draw=_gift),
    FormatColumn("audience", _("For whom"), draw=audience),
    FormatColumn("period", _("Period"), order=("starts_on",), draw=period),
    FormatColumn("state", _("Status"), draw=state, phone="side"),
)
