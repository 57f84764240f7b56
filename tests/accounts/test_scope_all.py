"""Whoever sees everything sees everything, also where the scope is one way of several."""

from decimal import Decimal

import pytest
from django.db.models import Q

from accounts.models import User
from accounts.querysets import EVERYTHING, scope_q
from sales.models import StockBalance, StockLocation
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db


def test_everything_or_something_is_everything(people):
    assert scope_q(people.admin, "pk") is EVERYTHING
    assert User.objects.filter(Q(username="nobody") | EVERYTHING).count() == User.objects.count()
    assert User.objects.filter(Q(username="owner") & EVERYTHING).get() == people.owner
    assert not User.objects.filter(~EVERYTHING).exists()
    assert "WHERE" not in str(User.objects.order_by().filter(Q(username="nobody") | EVERYTHING).query)


def test_the_office_sees_every_van(people):
    van = StockLocation.objects.create(code="V1", name="车", kind="van", rep=people.owner)
    StockBalance.objects.create(location=van, product=ProductFactory(), quantity=Decimal(1))
    for who, sees in (
        (people.admin, True),
        (people.finance, True),
        (people.owner, True),
        (people.outsider, False),
    ):
        assert StockLocation.objects.visible_to(who).filter(pk=van.pk).exists() is sees
        assert StockBalance.objects.visible_to(who).exists() is sees
