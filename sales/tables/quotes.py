from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from common import business_calendar
from common.tables import Column, DateColumn, FormatColumn, LinkColumn, MoneyColumn, badge
from sales.rules.quotes import EXPIRED, EXPIRED_LABEL, is_expired
from sales.tables.base import customer_column

QUOTE_COLOURS = {"sent": "amber", "accepted": "green", "rejected": "red", EXPIRED: "red"}


def status_badge(quote: Any) -> SafeString:
    """The status, with "expired" for what nobody answered in time."""
    if is_expired(quote.status, quote.valid_until, business_calendar.today()):
        return badge(EXPIRED_LABEL, QUOTE_COLOURS[EXPIRED])
    return badge(quote.get_status_display(), QUOTE_COLOURS.get(quote.status, ""))


@dataclass(frozen=True)
class StatusColumn(FormatColumn):
    def value(self, row: Any) -> Any:
        expired = is_expired(row.status, row.valid_until, business_calendar.today())
        return str(EXPIRED_LABEL if expired else row.get_status_display())


QUOTE_COLUMNS = (
    LinkColumn("number", _("Quotation number"), order=("number", "version"), phone="line"),
    Column("version", _("Version"), order=("version",), phone=""),
    customer_column(),
    DateColumn("quoted_on", _("Quotation date"), order=("quoted_on", "pk")),
    DateColumn("valid_until", _("Valid until"), order=("valid_until",)),
    StatusColumn("status", _("Status"), draw=status_badge),
    MoneyColumn("total", _("Amount"), order=("total",), phone="side"),
    Column("department", _("Department"), path="rep.department.name", phone=""),
    Column("rep", _("Rep"), path="rep.name", order=("rep__name",), phone=""),
    Column("order", _("Sales order"), path="order.number", phone=""),
)
