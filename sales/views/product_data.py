"""What the scripts of entries know of a product: how it is counted, what this customer pays, what comes with
it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from crm.models import Customer
from sales.models import GiftRule, Product
from sales.queries import prices as queries
from sales.queries.prices import Step

ZERO = Decimal(0)


def product_data(product: Product) -> dict[str, Any]:
    """What the script needs to draw a row."""
    return {
        "id": product.pk,
        "name": product.name,
        "code": product.code,
        "category": product.category_id,
        "barcode": product.barcode,
        "unit": product.unit,
        "box_unit": product.box_unit,
        "box": product.box_quantity,
        "packing": product.packing,
        "price": str(product.price),
    }


def offers(
    customer: Customer | None, products: Sequence[Product], day: dt.date, *, text: str = ""
) -> list[dict[str, Any]]:
    """product_data with what can be promised, the lowest price, and for a customer its price steps and gift
    rules.

    Quantities and prices are texts. `text` is what was searched for: `is_box` says that it is the box's
    barcode. The number of statements does not depend on the number of products.
    """
    if not products:
        return []
    ids = [product.pk for product in products]
    available = queries.available(ids, queries.default_location())
    steps: dict[int, list[Step]] = {}
    gifts: dict[int, list[GiftRule]] = {}
    if customer is not None:
        steps = queries.price_steps(customer, products, day)
        for rule in queries.gift_rules(customer, ids, day):
            gifts.setdefault(rule.product_id, []).append(rule)
    return [
        _offer(product, steps.get(product.pk), gifts.get(product.pk, ()), available[product.pk], text)
        for product in products
    ]


def with_stock(gifts: Iterable[dict[str, Any]], there: Mapping[int, Decimal]) -> list[dict[str, Any]]:
    """Gift rules of an offer with the units that a place has of each gift: no more than that can be given there."""
    return [gift | {"there": f"{max(there.get(gift['id'], ZERO), ZERO):f}"} for gift in gifts]


def _offer(
    product: Product,
    steps: list[Step] | None,
    gifts: Iterable[GiftRule],
    available: Decimal,
    text: str,
) -> dict[str, Any]:
    data: dict[str, Any] = product_data(product) | {
        "box_barcode": product.box_barcode,
        "is_box": bool(product.box_barcode) and product.box_barcode == text.strip(),
        "available": f"{available:f}",
        "floor": "" if product.floor_price is None else str(product.floor_price),
        "thumbnail": product.thumbnail_address,
        "reason": "",
        "steps": [],
        "gifts": [_gift(rule) for rule in gifts],
    }
    if steps:
        first = steps[0].price
        data |= {
            "price": str(first.value),
            "reason": first.reason,
            "steps": [
                {"from": f"{step.least:f}", "price": str(step.price.value), "reason": step.price.reason}
                for step in steps
            ],
        }
    return data


def _gift(rule: GiftRule) -> dict[str, Any]:
    return {
        "rule": rule.name,
        "every": f"{rule.buy_quantity:f}",
        "quantity": f"{rule.gift_quantity:f}",
        "repeats": rule.repeats,
        "id": rule.gift_id,
        "name": rule.gift.name,
        "unit": rule.gift.unit,
    }
