"""What the demo company's goods are and cost: categories as a tree, brands, cost and lowest price, two price lists, a gift."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from common.money import round_money
from crm.enums import DictionaryKind, Level
from crm.models import Dictionary
from sales.models import GiftRule, PriceList, PriceListLine, Product, ProductCategory
from sales.services.products import search_text

ABOVE = {
    "酒水饮料": ("饮用水", "饮料", "啤酒", "白酒"),
    "食品": ("乳品", "零食", "粮油", "调味"),
    "日用": ("日化",),
}
BRANDS = ("徽山泉", "庐江", "雪峰", "古井镇", "口子窖", "迎客松", "傻子", "巢湖", "肥西")
SHELF_LIFE = {"乳品": 21, "饮用水": 365, "饮料": 270, "啤酒": 365, "零食": 240, "粮油": 540, "调味": 540}
COST_SHARES = {"白酒": Decimal("0.62"), "日化": Decimal("0.70")}
_COST, _FLOOR = Decimal("0.76"), Decimal("0.88")
_SIZE = re.compile(r"\d+(?:\.\d+)?(?:ml|L|kg|g)$")
# The wholesale list: from 5 boxes, from 20 boxes; for convenience stores a little off drinks.
STEPS = ((5, Decimal("0.96")), (20, Decimal("0.92")))
CHANNEL_SHARE = Decimal("0.95")


def make_prices(products: list[Product], today: dt.date) -> None:
    """Fill in what the catalogue leaves open and write price lists. Needs no dice: it follows from the products."""
    tree = _categories()
    for product in products:
        _complete(product)
    fields = [
        "brand",
        "specification",
        "cost",
        "floor_price",
        "shelf_life_days",
        "box_barcode",
        "search_text",
    ]
    Product.objects.bulk_update(products, fields)
    spring = today.replace(day=1) - dt.timedelta(days=59)
    _channel_list(products, tree, spring)
    _level_list(products)
    water = products[0]
    GiftRule.objects.create(
        name="天然水 买十箱赠一箱",
        product=water,
        buy_quantity=water.box_quantity * 10,
        gift=water,
        gift_quantity=water.box_quantity,
        starts_on=spring,
    )


def _categories() -> dict[str, ProductCategory]:
    rows = {row.name: row for row in ProductCategory.objects.all()}
    for position, (name, below) in enumerate(ABOVE.items()):
        parent, _new = ProductCategory.objects.get_or_create(name=name, defaults={"position": position})
        for child in below:
            if child in rows and rows[child].parent_id is None:
                rows[child].parent = parent
                rows[child].save(update_fields=["parent"])
    return rows


def _complete(product: Product) -> None:
    category = product.category.name if product.category else ""
    size = _SIZE.search(product.name)
    product.specification = size.group() if size else ""
    product.brand = next((brand for brand in BRANDS if product.name.startswith(brand)), "")
    product.cost = round_money(product.price * COST_SHARES.get(category, _COST))
    product.floor_price = round_money(product.price * _FLOOR)
    product.shelf_life_days = SHELF_LIFE.get(category)
    product.box_barcode = f"1{product.barcode}" if product.barcode else ""
    product.search_text = search_text(product)


def _channel_list(products: list[Product], tree: dict[str, ProductCategory], since: dt.date) -> None:
    """Convenience stores pay a little less for drinks."""
    channel = Dictionary.objects.filter(kind=DictionaryKind.CHANNEL, name="便利店").first()
    if channel is None:
        return
    row = PriceList.objects.create(
        name="便利店渠道价", channel=channel, starts_on=since, note="饮用水与饮料，含冰柜陈列支持"
    )
    drinks = {tree[name].pk for name in ("饮用水", "饮料") if name in tree}
    PriceListLine.objects.bulk_create(
        PriceListLine(price_list=row, product=product, price=round_money(product.price * CHANNEL_SHARE))
        for product in products
        if product.category_id in drinks
    )


def _level_list(products: list[Product]) -> None:
    """Who buys much pays less by the box."""
    row = PriceList.objects.create(name="A级客户整箱价", level=Level.A, note="按箱数分档")
    PriceListLine.objects.bulk_create(
        PriceListLine(
            price_list=row,
            product=product,
            min_quantity=product.box_quantity * boxes,
            price=round_money(product.price * share),
        )
        for product in products
        if product.box_quantity
        for boxes, share in STEPS
    )
