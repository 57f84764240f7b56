from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from common.tables import Column, FormatColumn, LinkColumn, MoneyColumn, badge
from common.templatetags.paodian import icon, quantity
from sales.rules.product_rows import PRODUCT_HEADS


def on_sale(product: Any) -> str:
    return badge(_("On sale"), "green") if product.is_active else badge(_("Stopped"))


def picture(product: Any) -> SafeString:
    """The small picture, or a box where one could be."""
    if address := product.thumbnail_address:
        return format_html(
            '<img class="so-thumb" src="{}" alt="" width="40" height="40" loading="lazy">', address
        )
    return format_html('<span class="so-thumb so-thumb-none">{}</span>', icon("package"))


def stock_text(stock: Mapping[int, Decimal], product: Any) -> SafeString:
    """What can still be promised, in boxes and pieces' unit; red when more was promised than there is."""
    left = stock.get(product.pk, Decimal(0))
    colour = "text-overdue" if left < 0 else ("text-secondary" if not left else "")
    return format_html('<span class="{}">{} {}</span>', colour, quantity(left), product.unit)


class StockColumn(FormatColumn):
    """Reads what the view looked up for the rows shown."""

    def __init__(self, stock: Mapping[int, Decimal]) -> None:
        super().__init__("available", _("Available"), align="end", draw=partial(stock_text, stock))
        object.__setattr__(self, "stock", stock)

    def value(self, row: Any) -> Decimal:
        return self.stock.get(row.pk, Decimal(0))


def product_columns(stock: Mapping[int, Decimal], *, may_see_cost: bool) -> Sequence[Column]:
    """The heads are those that the import knows, so that an export comes back in."""
    label = {name: head.label for name, head in PRODUCT_HEADS.items()}
    columns = [
        FormatColumn("picture", _("Picture"), path="picture.name", phone="", draw=picture),
        LinkColumn("name", label["name"], order=("name",), phone="title"),
        Column("code", label["code"], order=("code",)),
        Column(
            "category",
            label["category"],
            path="category.name",
            order=("category__position", "category__name"),
        ),
        Column("brand", label["brand"], order=("brand",), phone=""),
        Column("specification", label["specification"], phone=""),
        Column("packing", _("Packing")),
        MoneyColumn("price", label["price"], order=("price",), phone="side"),
        StockColumn(stock),
        FormatColumn("is_active", label["is_active"], draw=on_sale),
        Column("barcode", label["barcode"], hidden=True),
        Column("box_barcode", label["box_barcode"], hidden=True),
        Column("unit", label["unit"], hidden=True),
        Column("box_unit", label["box_unit"], hidden=True),
        Column("box_quantity", label["box_quantity"], hidden=True),
        MoneyColumn("floor_price", label["floor_price"], order=("floor_price",), hidden=True),
        Column("shelf_life_days", label["shelf_life_days"], order=("shelf_life_days",), hidden=True),
    ]
    if may_see_cost:
        columns.append(MoneyColumn("cost", label["cost"], order=("cost",), hidden=True))
    return columns


def export_columns(stock: Mapping[int, Decimal], *, may_see_cost: bool) -> Sequence[Column]:
    """As the import reads them, the stock at the end."""
    columns = {column.key: column for column in product_columns(stock, may_see_cost=may_see_cost)}
    names = [name for name in PRODUCT_HEADS if name in columns]
    return [*(columns[name] for name in names), columns["available"]]
