"""What the demo company's goods are and cost: categories as a tree, brands, cost and lowest price, two price lists, gifts."""

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
# name, bought product, boxes of it, given product, units of it (0: a box)
GIFTS = (
    ("天然水 买五箱赠一箱", "徽山泉 天然水 550ml", 5, "徽山泉 天然水 550ml", 0),
    ("酸梅汤 买三箱赠五瓶", "庐江酸梅汤 500ml", 3, "庐江酸梅汤 500ml", 5),
    ("雪峰啤酒 买四箱赠纯生六罐", "雪峰啤酒 500ml", 4, "雪峰纯生 330ml", 6),
    ("古井镇 买二箱赠老抽两瓶", "古井镇 柔和 500ml", 2, "肥西老抽 500ml", 2),
    ("大米 买三箱赠挂面两把", "巢湖大米 5kg", 3, "挂面 1kg", 2),
    ("新品酸奶 买二箱赠四杯", "冷藏酸奶 青提味 200g", 2, "冷藏酸奶 青提味 200g", 4),
)


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
    _gifts({product.name: product for product in products}, spring)


def _gifts(products: dict[str, Product], since: dt.date) -> None:
    GiftRule.objects.bulk_create(
        GiftRule(
            name=name,
            product=products[bought],
            buy_quantity=products[bought].box_quantity * boxes,
            gift=products[gift],
            gift_quantity=units or products[gift].box_quantity,
            starts_on=since,
        )
        for name, bought, boxes, gift, units in GIFTS
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
