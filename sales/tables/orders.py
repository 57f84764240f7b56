from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from common.tables import ChoiceColumn, Column, DateColumn, LinkColumn, MoneyColumn, badge
from sales.enums import OrderStatus
from sales.tables.base import ReadColumn, customer_column

ORDER_COLOURS = (
    ("submitted", "amber"),
    ("approved", "teal"),
    ("partly_delivered", "amber"),
    ("delivered", "green"),
    ("cancelled", "red"),
)


def order_badge(order: Any) -> SafeString:
    """The status; what waits for a manager says so."""
    text = badge(order.get_status_display(), dict(ORDER_COLOURS).get(order.status, ""))
    if order.status != OrderStatus.SUBMITTED or not order.approval_reason:
        return text
    return format_html(
        '{} <span title="{}">{}</span>', text, order.approval_words, badge(_("needs a manager"), "red")
    )


ORDER_COLUMNS = (
    LinkColumn("number", _("Order number"), order=("number",), phone=""),
    customer_column(),
    DateColumn("ordered_on", _("Order date"), order=("ordered_on", "pk")),
    ReadColumn(
        "status",
        _("Status"),
        order=("status",),
        draw=order_badge,
        read=lambda order: str(order.get_status_display()),
    ),
    MoneyColumn("total", _("Amount"), order=("total",), phone="side"),
    Column("rep", _("Rep"), path="rep.name", order=("rep__name",), phone=""),
    DateColumn("wanted_on", _("Wanted on"), order=("wanted_on", "pk"), phone=""),
    Column("invoice_number", _("Invoice number"), order=("invoice_number",), phone=""),
    Column("note", _("Note"), phone=""),
    Column("approval_reason", _("Needs approval because"), path="approval_words", phone="", hidden=True),
    Column("consignee", _("Consignee"), phone="", hidden=True),
    Column("delivery_address", _("Delivery address"), phone="", hidden=True),
    ChoiceColumn("shipping_method", _("Shipping method"), phone="", hidden=True),
    ChoiceColumn("payment_method", _("Payment method"), phone="", hidden=True),
)
