from typing import Any

from django.utils.translation import gettext_lazy as _

from common.tables import (
    Column,
    FormatColumn,
    MoneyColumn,
    badge,
)


def on_sale(product: Any) -> str:
    return badge(_("On sale"), "green") if product.is_active else badge(_("Stopped"))


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
