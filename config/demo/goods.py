"""The demo company's products: what every shop may order, what lies in the warehouse, and what is new."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from common.names import pinyin_initials
from config.demo.city import NEW_PRODUCTS, PRODUCTS, SLOW_PRODUCTS
from sales.models import Product, ProductCategory

_SLOW_TAKERS, _NEW_TAKERS = 0.03, 0.35  # share of the shops


@dataclass(frozen=True)
class Assortment:
    usual: list[Product]
    slow: list[Product]
    launched: list[tuple[Product, dt.date]]  # with the first day on which somebody could order it

    @property
    def everything(self) -> list[Product]:
        return [*self.usual, *self.slow, *(product for product, _day in self.launched)]

    def taste(self, rng: Random) -> list[Product]:
        """What one shop orders from."""
        chosen = rng.sample(self.usual, k=min(len(self.usual), rng.randrange(3, 8)))
        if self.slow and rng.random() < _SLOW_TAKERS:
            chosen.append(rng.choice(self.slow))
        if self.launched and rng.random() < _NEW_TAKERS:
            chosen += rng.sample([product for product, _day in self.launched], k=rng.randrange(1, 3))
        return chosen

    def is_on_sale(self, product: Product, day: dt.date) -> bool:
        return all(day >= first for launched, first in self.launched if launched == product)


def make_products(today: dt.date) -> Assortment:
    rows = [*PRODUCTS, *SLOW_PRODUCTS, *(row[:5] for row in NEW_PRODUCTS)]
    categories = _categories(category for category, *_ in rows)
    made = Product.objects.bulk_create(
        Product(
            code=f"SP{n:03}",
            name=name,
            category=categories[category],
            price=Decimal(price),
            unit=unit,
            box_unit="箱",
            box_quantity=pieces,
            barcode=f"69{n:011}",
            search_text=f"sp{n:03} {name} {pinyin_initials(name)} 69{n:011}".lower(),
        )
        for n, (category, name, price, unit, pieces) in enumerate(rows, start=1)
    )
    usual, slow = len(PRODUCTS), len(PRODUCTS) + len(SLOW_PRODUCTS)
    launches = [today - dt.timedelta(days=row[5]) for row in NEW_PRODUCTS]
    return Assortment(made[:usual], made[usual:slow], list(zip(made[slow:], launches, strict=True)))


def _categories(names: Iterable[str]) -> dict[str, ProductCategory]:
    return {
        name: ProductCategory.objects.get_or_create(name=name, defaults={"position": n})[0]
        for n, name in enumerate(dict.fromkeys(names))
    }
