"""Rows of a workbook of products and of one of prices: what a cell means. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sales.rules.sheet_rows import Head, RowError, money, quantity, whole, yes_no
from sales.rules.slips import MAX_PRICE, MAX_QUANTITY

MAX_ROWS = 10_000
MAX_BOX = 100_000
MAX_SHELF_LIFE = 20_000
# In a cell: "there is none", where an empty cell leaves things as they are.
NONE = frozenset({"-", "–", "—", "无"})

PRODUCT_HEADS: dict[str, Head] = {
    "code": Head(gettext_lazy("Code"), ("code", "编码", "编号", "商品编码", "商品编号", "货号")),
    "name": Head(gettext_lazy("Product name"), ("name", "名称", "商品名称", "品名", "商品")),
    "category": Head(gettext_lazy("Category"), ("category", "分类", "类别", "商品分类")),
    "brand": Head(gettext_lazy("Brand"), ("brand", "品牌")),
    "specification": Head(gettext_lazy("Specification"), ("specification", "规格", "规格型号")),
    "barcode": Head(gettext_lazy("Barcode"), ("barcode", "条码", "条形码", "商品条码", "国际条码")),
    "box_barcode": Head(gettext_lazy("Barcode of the box"), ("boxbarcode", "箱码", "箱条码", "外箱条码")),
    "unit": Head(gettext_lazy("Unit"), ("unit", "单位", "小单位", "基本单位")),
    "box_unit": Head(gettext_lazy("Box unit"), ("boxunit", "箱单位", "大单位")),
    "box_quantity": Head(
        gettext_lazy("Units in a box"), ("unitsinabox", "boxquantity", "箱规", "装箱数", "换算", "每箱数量")
    ),
    "price": Head(gettext_lazy("Price"), ("price", "单价", "售价", "标价", "销售价")),
    "floor_price": Head(
        gettext_lazy("Lowest price"), ("lowestprice", "floorprice", "最低价", "底价", "最低售价")
    ),
    "cost": Head(gettext_lazy("Cost"), ("cost", "成本", "成本价", "进价")),
    "shelf_life_days": Head(
        gettext_lazy("Shelf life (days)"), ("shelflife", "shelflifedays", "保质期", "保质期天数")
    ),
    "is_active": Head(gettext_lazy("On sale"), ("onsale", "isactive", "在售", "上架", "是否在售")),
}
PRICE_HEADS: dict[str, Head] = {
    "code": PRODUCT_HEADS["code"],
    "name": PRODUCT_HEADS["name"],
    "min_quantity": Head(
        gettext_lazy("From quantity"), ("fromquantity", "minquantity", "起订数量", "起订量", "数量", "满")
    ),
    "price": PRODUCT_HEADS["price"],
}
_LENGTHS = {
    "code": 40,
    "name": 120,
    "category": 60,
    "brand": 40,
    "specification": 60,
    "barcode": 40,
    "box_barcode": 40,
    "unit": 10,
    "box_unit": 10,
}
# A product has these in any case.
_NEEDED = frozenset({"code", "name", "unit", "price", "is_active"})


def product_values(cells: Mapping[str, str]) -> dict[str, Any]:
    """{field: value} of the filled cells of a row; "category" stays a name.

    An empty cell leaves its field as it is, a dash empties it. Raises RowError with the first thing that is wrong.
    """
    values: dict[str, Any] = {}
    for name, text in cells.items():
        if text:
            values[name] = _value(name, text)
    if not values.get("code"):
        raise RowError(_("The code is missing."))
    return values


def _value(name: str, text: str) -> Any:
    label = PRODUCT_HEADS[name].label
    if text in NONE and name not in _NEEDED:
        return "" if name in _LENGTHS else (0 if name == "box_quantity" else None)
    if name in _LENGTHS:
        return _text(text, label, _LENGTHS[name])
    if name in ("price", "floor_price", "cost"):
        return money(text, label, MAX_PRICE)
    if name == "box_quantity":
        return whole(text, label, MAX_BOX)
    if name == "shelf_life_days":
        return whole(text, label, MAX_SHELF_LIFE)
    return yes_no(text, label)


def _text(text: str, label: object, most: int) -> str:
    if len(text) > most:
        raise RowError(_("%(what)s is longer than %(n)s characters.") % {"what": label, "n": most})
    return text


def check_product(values: Mapping[str, Any]) -> None:
    """What a product must be as a whole, once a row's values are on it. Raises RowError."""
    if not values["name"]:
        raise RowError(_("The product name is missing."))
    if values["box_quantity"] and not values["box_unit"]:
        raise RowError(_("Name the box unit, or set the units in a box to 0."))
    if values["box_unit"] and not values["box_quantity"]:
        raise RowError(_("Say how many units the box holds, or leave the box unit empty."))
    if values["barcode"] and values["barcode"] == values["box_barcode"]:
        raise RowError(_("The box needs a barcode of its own, not that of the piece."))
    if values["floor_price"] is not None and values["floor_price"] > values["price"]:
        raise RowError(_("The lowest price is above the price."))


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One line of a price list: CNY for one unit from `min_quantity` units on."""

    code: str
    min_quantity: Decimal
    price: Decimal


def price_row(cells: Mapping[str, str]) -> PriceRow:
    """Raises RowError with the first thing that is wrong; without a quantity the price holds from the first unit."""
    code = cells.get("code", "")
    if not code:
        raise RowError(_("The code is missing."))
    if not cells.get("price"):
        raise RowError(_("The price is missing."))
    least = cells.get("min_quantity", "")
    return PriceRow(
        code=code,
        min_quantity=quantity(least, PRICE_HEADS["min_quantity"].label, MAX_QUANTITY)
        if least
        else Decimal(0),
        price=money(cells["price"], PRICE_HEADS["price"].label, MAX_PRICE),
    )
