from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from common.tables import (
    AgoColumn,
    ChoiceColumn,
    Column,
    DateColumn,
    FormatColumn,
    LinkColumn,
    MoneyColumn,
    badge,
)
from common.templatetags.paodian import money

ORDER_COLOURS = (
    ("submitted", "amber"),
    ("approved", "teal"),
    ("partly_delivered", "amber"),
    ("delivered", "green"),
    ("cancelled", "red"),
)
POSTING_COLOURS = (("posted", "green"), ("reversed", "red"))


def customer_column() -> LinkColumn:
    """Names what a card on the phone is about, and leads to the slip."""
    return LinkColumn(
        "customer", _("Customer"), path="customer.name", order=("customer__name",), phone="title"
    )


def on_sale(product: Any) -> str:
    return badge(_("On sale"), "green") if product.is_active else badge(_("Stopped"))


ORDER_COLUMNS = (
    LinkColumn("number", _("Order number"), order=("number",), phone=""),
    customer_column(),
    DateColumn("ordered_on", _("Order date"), order=("ordered_on", "pk")),
    ChoiceColumn("status", _("Status"), colours=ORDER_COLOURS),
    MoneyColumn("total", _("Amount"), order=("total",), phone="side"),
    Column("rep", _("Rep"), path="rep.name", order=("rep__name",), phone=""),
    Column("note", _("Note"), phone=""),
)
DELIVERY_COLUMNS = (
    LinkColumn("number", _("Delivery number"), order=("number",), phone=""),
    customer_column(),
    DateColumn("issued_on", _("Delivery date"), order=("issued_on", "pk")),
    Column("order", _("Order number"), path="order.number", phone=""),
    ChoiceColumn("status", _("Status"), colours=POSTING_COLOURS),
    DateColumn("due_on", _("Payment due"), order=("due_on",)),
    MoneyColumn("amount", _("Amount"), order=("amount",), phone="side"),
    Column("rep", _("Rep"), path="rep.name", order=("rep__name",), phone=""),
)
RECEIPT_COLUMNS = (
    LinkColumn("number", _("Receipt number"), order=("number",), phone=""),
    customer_column(),
    DateColumn("received_on", _("Receipt date"), order=("received_on", "pk")),
    ChoiceColumn("method", _("Paid by")),
    ChoiceColumn("status", _("Status"), colours=POSTING_COLOURS),
    MoneyColumn("amount", _("Amount"), order=("amount",), phone="side"),
    Column("rep", _("Rep"), path="rep.name", order=("rep__name",), phone=""),
    Column("note", _("Note"), phone=""),
)
PRODUCT_COLUMNS = (
    Column("code", _("Code"), order=("code",)),
    Column("name", _("Product name"), order=("name",), phone="title"),
    Column("category", _("Category"), path="category.name", order=("category__position", "category__name")),
    Column("barcode", _("Barcode")),
    Column("unit", _("Unit"), phone=""),
    Column("packing", _("Packing")),
    MoneyColumn("price", _("Price"), order=("price",), phone="side"),
    FormatColumn("is_active", _("On sale"), draw=on_sale),
)


def overdue_money(customer: Any) -> SafeString | str:
    return (
        format_html('<span class="text-overdue">{}</span>', money(customer.overdue))
        if customer.overdue
        else "–"
    )


DEBTOR_COLUMNS = (
    Column("code", _("Code"), order=("code",), phone=""),
    LinkColumn("name", _("Customer"), order=("name",), phone="title"),
    Column("owner", _("Owner"), path="owner.name", order=("owner__name",)),
    MoneyColumn("receivable", _("Receivable"), order=("receivable",), phone="side"),
    FormatColumn("overdue", _("Overdue"), order=("overdue", "receivable"), align="end", draw=overdue_money),
    AgoColumn("last_paid_on", _("Last paid"), order=("last_paid_on",)),
    AgoColumn("last_sale_on", _("Last sale"), order=("last_sale_on",), phone=""),
)
