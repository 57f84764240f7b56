from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.tables import (
    ChoiceColumn,
    Column,
    DateColumn,
    FormatColumn,
    LinkColumn,
    MomentColumn,
    MoneyColumn,
    badge,
)
from common.templatetags.paodian import quantity
from sales.rules.stock import in_boxes
from sales.tables.base import POSTING_COLOURS, ReadColumn, customer_column

DOCUMENT_COLOURS = (("draft", "amber"), ("posted", "green"), ("reversed", "red"), ("cancelled", ""))
SETTLEMENT_COLOURS = (("open", "amber"), ("settled", "green"))


def on_hand(row: Any) -> SafeString:
    css = ' class="text-overdue"' if row.quantity < 0 else ""
    return format_html("<span{}>{} {}</span>", SafeString(css), quantity(row.quantity), row.product.unit)


def boxes(row: Any) -> str:
    return in_boxes(row.quantity, row.product) or "–"


def promised(row: Any) -> SafeString | str:
    if not row.location.is_default or not row.promised:
        return "–"
    css = "text-overdue" if row.promised > row.quantity else ""
    return format_html('<span class="{}">{} {}</span>', css, quantity(row.promised), row.product.unit)


STOCK_COLUMNS = (
    Column("code", _("Code"), path="product.code", order=("product__code",), phone=""),
    LinkColumn(
        "product",
        _("Product"),
        path="product.name",
        order=("product__name",),
        phone="title",
        url=lambda row: f"/stock-moves/?product={row.product_id}&location={row.location_id}",
    ),
    Column(
        "category",
        _("Category"),
        path="product.category.name",
        phone="",
        order=("product__category__position",),
    ),
    Column(
        "location",
        pgettext_lazy("stock", "Place"),
        path="location.name",
        order=("location__kind", "location__code"),
    ),
    FormatColumn(
        "quantity",
        _("On hand"),
        path="quantity",
        order=("quantity",),
        phone="side",
        align="end",
        draw=on_hand,
    ),
    FormatColumn("boxes", _("In boxes"), path="quantity", align="end", draw=boxes, phone=""),
    FormatColumn("promised", _("Promised to orders"), path="promised", align="end", draw=promised, phone=""),
)
VALUE_COLUMNS = (
    MoneyColumn("cost", _("Cost per unit"), path="product.cost", order=("product__cost",), phone=""),
    MoneyColumn("value", _("Value"), order=("value",)),
)


def signed(row: Any) -> SafeString:
    """How much moved, in the product's unit."""
    return format_html("{} {}", quantity(row.quantity), row.product.unit)


def slip_of(row: Any) -> Any:
    return row.delivery or row.sales_return or row.document or row.settlement


def slip_number(row: Any) -> str:
    slip = slip_of(row)
    return slip.number if slip else ""


def origin(row: Any) -> SafeString | str:
    """The slip that made the move."""
    slip = slip_of(row)
    if slip is None:
        return "–"
    mark = badge(_("Reversal"), "red") if row.is_reversal else ""
    return format_html('<a href="{}">{}</a> {}', slip.get_absolute_url(), slip.number, mark)


MOVE_COLUMNS = (
    DateColumn("moved_on", _("Date"), order=("moved_on", "pk")),
    Column("product", _("Product"), path="product.name", phone="title", order=("product__name",)),
    ChoiceColumn("kind", _("Kind")),
    Column("source", pgettext_lazy("stock", "From"), path="source.name"),
    Column("target", pgettext_lazy("stock", "To"), path="target.name"),
    FormatColumn(
        "quantity",
        _("Quantity"),
        path="quantity",
        order=("quantity",),
        align="end",
        phone="side",
        draw=signed,
    ),
    ReadColumn("slip", _("Slip"), draw=origin, read=slip_number),
    Column("created_by", _("Booked by"), path="created_by.name", phone=""),
    MomentColumn("created_at", _("Booked at"), order=("pk",), phone="", hidden=True),
)


def state(row: Any) -> SafeString:
    return badge(_("In use"), "green") if row.is_active else badge(_("Given up"))


def place_rules(row: Any) -> SafeString | str:
    """What is special about the place."""
    marks = [
        *([badge(_("Orders are delivered from here"), "teal")] if row.is_default else []),
        *([badge(_("May go below zero"), "amber")] if row.may_be_negative else []),
    ]
    return format_html_join(" ", "{}", ((mark,) for mark in marks)) or "–"


LOCATION_COLUMNS = (
    Column("code", _("Code"), order=("code",)),
    LinkColumn("name", _("Name"), order=("name",), phone="title"),
    ChoiceColumn("kind", _("Kind")),
    Column("rep", _("Rep"), path="rep.name", order=("rep__name",)),
    Column("products", _("Products there"), order=("products",), align="end"),
    FormatColumn("rules", _("Rules"), path="code", phone="", draw=place_rules),
    FormatColumn("is_active", _("In use"), draw=state, phone="side"),
)

DOCUMENT_COLUMNS = (
    LinkColumn("number", _("Document number"), order=("number",), phone="title"),
    ChoiceColumn("kind", _("Kind")),
    DateColumn("happened_on", _("Date"), order=("happened_on", "pk")),
    Column("source", pgettext_lazy("stock", "From"), path="source.name"),
    Column("target", pgettext_lazy("stock", "To"), path="target.name"),
    ChoiceColumn("status", _("Status"), colours=DOCUMENT_COLOURS, phone="side"),
    Column("line_count", pgettext_lazy("stock document", "Products"), align="end", order=("line_count",)),
    Column("created_by", _("Written by"), path="created_by.name", phone=""),
    Column("note", _("Note"), phone=""),
)

SETTLEMENT_COLUMNS = (
    LinkColumn("number", _("Settlement number"), order=("number",), phone=""),
    LinkColumn("location", _("Van"), path="location.name", order=("location__name",), phone="title"),
    Column("rep", _("Rep"), path="rep.name", order=("rep__name",)),
    DateColumn("day", _("Day"), order=("day", "pk")),
    ChoiceColumn("status", _("Status"), colours=SETTLEMENT_COLOURS, phone="side"),
    MoneyColumn("cash_expected", _("Cash received"), order=("cash_expected",)),
    MoneyColumn("cash_counted", _("Cash handed over"), order=("cash_counted",)),
    Column("settled_by", _("Settled by"), path="settled_by.name", phone=""),
)

RETURN_COLUMNS = (
    LinkColumn("number", _("Return number"), order=("number",), phone=""),
    customer_column(),
    DateColumn("returned_on", _("Return date"), order=("returned_on", "pk")),
    Column("location", _("Taken into"), path="location.name"),
    ChoiceColumn("status", _("Status"), colours=POSTING_COLOURS),
    MoneyColumn("amount", _("Amount"), order=("amount",), phone="side"),
    Column("rep", _("Rep"), path="rep.name", order=("rep__name",), phone=""),
)
