import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from common.business_calendar import today
from sales import services
from sales.models import Receipt
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


def receive(people, shop, amount="12.34", actor=None, **kwargs):
    kwargs.setdefault("method", "cash")
    return services.record_receipt(
        actor=actor or people.owner, customer=shop, amount=Decimal(amount), **kwargs
    )


def test_receipt(people, shop):
    receipt = receive(people, shop, note=" 月结 ")
    assert receipt.number == f"SK{today():%Y%m%d}-0001"
    assert (receipt.amount, receipt.rep, receipt.note) == (Decimal("12.34"), people.owner, "月结")
    assert receive(people, shop, actor=people.finance).rep == people.owner


@pytest.mark.parametrize("amount", ["0", "-1", "0.004", "NaN", "Infinity", "1e12"])
def test_impossible_amounts_are_refused(people, shop, amount):
    with pytest.raises(ValidationError):
        receive(people, shop, amount)
    assert not Receipt.objects.exists()


def test_future_day_unknown_method_foreign_customer_are_refused(people, shop):
    with pytest.raises(ValidationError):
        receive(people, shop, received_on=today() + dt.timedelta(days=1))
    with pytest.raises(ValidationError):
        receive(people, shop, method="barter")
    with pytest.raises(ValidationError):
        receive(people, CustomerFactory(owner=people.outsider))


def test_the_same_uuid_makes_one_receipt(people, shop):
    key = uuid.uuid4()
    assert receive(people, shop, client_uuid=key).pk == receive(people, shop, "99", client_uuid=key).pk
    assert Receipt.objects.get().amount == Decimal("12.34")
    with pytest.raises(ValidationError):
        receive(people, shop, client_uuid=key, actor=people.superior)


def test_reversal_happens_once(people, shop):
    receipt = receive(people, shop)
    services.reverse_receipt(actor=people.finance, receipt=receipt)
    receipt.refresh_from_db()
    assert receipt.status == "reversed"
    with pytest.raises(ValidationError):
        services.reverse_receipt(actor=people.finance, receipt=receipt)
