"""Real threads against PostgreSQL: a barcode names one product, a line stands in a list once."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from sales import services
from sales.models import PriceList, PriceListLine, Product
from sales.services import categories, price_lists
from tests.factories import ProductFactory
from tests.races import race

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="row locks are PostgreSQL's"),
]


def save(code, **barcodes):
    return lambda: services.save_product(product=ProductFactory.build(code=code, **barcodes))


def test_a_barcode_of_a_piece_and_of_a_box_at_once():
    for n in range(5):
        code = f"690{n}"
        outcomes = race(
            save(f"A{n}", barcode=code), save(f"B{n}", box_barcode=code), save(f"C{n}", barcode=code)
        )
        kinds = [type(outcome) for outcome in outcomes]
        assert (kinds.count(Product), kinds.count(ValidationError)) == (1, 2)


def test_a_line_added_by_two_at_once():
    product = ProductFactory()
    for n in range(5):
        row = PriceList.objects.create(name=f"L{n}")
        add = [
            lambda price=price: price_lists.save_line(
                price_list=row,  # noqa: B023 - joined within the round
                product=product,
                min_quantity=Decimal(0),
                price=Decimal(price),
            )
            for price in (1, 2, 3)
        ]
        kinds = [type(outcome) for outcome in race(*add)]
        assert (kinds.count(PriceListLine), kinds.count(ValidationError)) == (1, 2)


def test_two_categories_never_end_up_below_each_other():
    for n in range(5):
        one, two = (categories.save_category(name=f"{name}{n}") for name in "AB")
        outcomes = race(
            lambda: categories.save_category(category=one, name=one.name, parent=two),  # noqa: B023
            lambda: categories.save_category(category=two, name=two.name, parent=one),  # noqa: B023
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == [
            "ProductCategory",
            "ValidationError",
        ]
