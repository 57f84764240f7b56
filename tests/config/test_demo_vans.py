"""Vans of the demo company: true books, one day settled, one waiting, the same from the same seed."""

import pytest

from accounts.models import User
from config.demo import load_demo
from sales.models import DaySettlement, Delivery, SalesReturn, StockBalance, StockDocument, StockLocation
from sales.services.stock_check import check_stock
from tests.config.wipe import wipe

SMALL = {"customers": 60, "reps": 3, "days": 14}


def seen():
    return [
        list(Delivery.objects.filter(order__isnull=True).order_by("pk").values_list("number", "customer__code", "amount")),
        list(StockBalance.objects.order_by("location__code", "product__code").values_list("product__code", "quantity")),
        list(SalesReturn.objects.order_by("pk").values_list("number", "amount", "used")),
    ]  # fmt: skip


@pytest.mark.django_db
def test_two_vans_with_true_books():
    load_demo(**SMALL)
    vans = StockLocation.objects.filter(kind="van")
    assert {van.rep for van in vans} == set(User.objects.filter(username__in=["rep1", "rep2"]))
    assert sorted(DaySettlement.objects.values_list("status", flat=True)) == ["open", "settled"]
    assert StockDocument.objects.filter(kind="load", status="draft").count() == 1
    assert SalesReturn.objects.filter(status="posted").count() == 2
    assert check_stock() == []
    first = seen()
    assert first[0]
    wipe()
    load_demo(**SMALL)
    assert seen() == first
