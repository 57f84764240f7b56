"""The nightly check tells what differs and mends nothing."""

import io
import json
import logging

import pytest
from django.core.management import CommandError, call_command

from comms.models import Notification
from sales.models import StockBalance
from sales.services.stock_check import check_stock
from sales.tasks import check_stock as nightly
from tests.sales.stock_data import D, load, receive, van_for, warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def van(people, water, beer):
    place, van = warehouse(), van_for(people.owner)
    receive(people.superior, place, {water: "24.125", beer: 6})
    load(people.superior, place, van, {water: "0.3"})
    load(people.superior, place, van, {water: "0.6"})
    return van


def test_true_books(van, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        assert check_stock() == []
    assert nightly() == 0
    out = io.StringIO()
    call_command("check_stock", "--json", stdout=out)
    assert json.loads(out.getvalue().splitlines()[-1]) == {"balances": 3, "differences": []}


def test_what_differs_is_told_and_left_as_it_is(people, van, water, caplog):
    StockBalance.objects.filter(location=van).update(quantity=D(5))
    out = io.StringIO()
    with caplog.at_level(logging.ERROR), pytest.raises(CommandError):
        call_command("check_stock", "--json", stdout=out)
    assert json.loads(out.getvalue().splitlines()[-1])["differences"] == [
        {"location": van.code, "product": "W001", "balance": "5", "ledger": "0.9"}
    ]
    assert "W001" in caplog.text
    assert StockBalance.objects.get(location=van).quantity == 5
    assert nightly() == 1
    assert Notification.objects.get(recipient=people.admin).url == "/stock/"  # once a day


def test_a_balance_that_nobody_wrote(van, water):
    StockBalance.objects.filter(location=van).delete()
    assert [(row.balance, row.ledger) for row in check_stock()] == [(0, D("0.9"))]
