import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Sum

from common.business_calendar import today
from crm.models import Customer
from sales import queries, services
from sales.models import Delivery, SalesOrder
from sales.rules import LineInput
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


def delivered(order):
    return [line.delivered for line in order.lines.all()]


def test_whole_delivery(people, make_order, shop, heard):
    order = make_order(10, 2, status="approved")
    delivery = services.deliver_order(actor=people.superior, order=order)
    order.refresh_from_db()
    shop.refresh_from_db()
    assert delivery.number == f"CK{today():%Y%m%d}-0001"
    assert (delivery.amount, delivery.rep, delivery.customer) == (order.total, people.owner, shop)
    assert delivery.due_on == delivery.issued_on + dt.timedelta(days=30)
    assert order.status == "delivered"
    assert delivered(order) == [10, 2]
    assert shop.last_sale_on == today()
    assert heard[-1] == "goods_issued"


def test_partial_deliveries_add_up(people, shop, water, beer):
    order = services.create_order(
        actor=people.owner,
        customer=shop,
        lines=[LineInput(water.pk, Decimal("10")), LineInput(beer.pk, Decimal("0.7"))],
        discount=Decimal("0.0333"),
    )
    services.approve_order(actor=people.superior, order=order)
    first, second = order.lines.all()
    for quantities in ({first.pk: Decimal("3.1")}, {first.pk: Decimal("0.2"), second.pk: Decimal("0.1")}):
        delivery = services.deliver_order(actor=people.superior, order=order, quantities=quantities)
        assert delivery.lines.aggregate(sum=Sum("amount"))["sum"] == delivery.amount
        order.refresh_from_db()
        assert order.status == "partly_delivered"
    # 0.7 − 0.1 is not 0.6 in floats, which SQLite stores: the rest must be delivered all the same.
    services.deliver_order(actor=people.superior, order=order)
    order.refresh_from_db()
    assert order.status == "delivered"
    assert delivered(order) == [Decimal("10"), Decimal("0.7")]
    assert sum(delivery.amount for delivery in order.deliveries.all()) == order.total


@pytest.mark.parametrize("quantity", ["10.001", "-1", "NaN", "Infinity", "1e20", "0.0001"])
def test_impossible_quantities_are_refused(people, make_order, quantity):
    order = make_order(10, status="approved")
    with pytest.raises(ValidationError):
        services.deliver_order(
            actor=people.superior, order=order, quantities={order.lines.get().pk: Decimal(quantity)}
        )
    assert not Delivery.objects.exists()
    assert delivered(order) == [0]


def test_nothing_and_foreign_lines_are_refused(people, make_order):
    order, other = make_order(status="approved"), make_order(status="approved")
    for quantities in ({}, {order.lines.get().pk: Decimal(0)}, {other.lines.get().pk: Decimal(1)}):
        with pytest.raises(ValidationError):
            services.deliver_order(actor=people.superior, order=order, quantities=quantities)


def test_future_delivery_is_refused(people, make_order):
    with pytest.raises(ValidationError):
        services.deliver_order(
            actor=people.superior,
            order=make_order(status="approved"),
            issued_on=today() + dt.timedelta(days=1),
        )


def test_stale_order_object_delivers_only_what_is_left(people, make_order):
    order = make_order(10, status="approved")
    stale = SalesOrder.objects.get(pk=order.pk)
    line = order.lines.get().pk
    services.deliver_order(actor=people.superior, order=order, quantities={line: Decimal(7)})
    with pytest.raises(ValidationError):
        services.deliver_order(actor=people.superior, order=stale, quantities={line: Decimal(7)})
    services.deliver_order(actor=people.superior, order=stale)
    assert delivered(order) == [10]


def test_approve_and_deliver_is_one_step(people, make_order):
    order = make_order()
    services.approve_and_deliver(actor=people.superior, order=order)
    order.refresh_from_db()
    assert order.status == "delivered"
    refused = make_order()
    with pytest.raises(ValidationError):
        services.approve_and_deliver(
            actor=people.superior, order=refused, issued_on=today() + dt.timedelta(days=1)
        )
    refused.refresh_from_db()
    assert refused.status == "submitted"


def test_reversal_puts_everything_back(people, make_order, shop, heard):
    order = make_order(10, status="approved")
    line = order.lines.get().pk
    first = services.deliver_order(
        actor=people.superior, order=order, quantities={line: Decimal(4)}, issued_on=dt.date(2026, 3, 1)
    )
    second = services.deliver_order(actor=people.superior, order=order, issued_on=dt.date(2026, 4, 1))
    services.reverse_delivery(actor=people.superior, delivery=second)
    order.refresh_from_db()
    shop.refresh_from_db()
    assert order.status == "partly_delivered"
    assert delivered(order) == [4]
    assert shop.last_sale_on == dt.date(2026, 3, 1)
    assert heard[-1] == "delivery_reversed"
    with pytest.raises(ValidationError):
        services.reverse_delivery(actor=people.superior, delivery=second)
    services.reverse_delivery(actor=people.superior, delivery=first)
    order.refresh_from_db()
    shop.refresh_from_db()
    assert order.status == "approved"
    assert shop.last_sale_on is None
    assert queries.receivables([shop.pk]) == {shop.pk: 0}


def test_reversal_opens_a_closed_order(people, make_order):
    order = make_order(status="closed")
    services.reverse_delivery(actor=people.superior, delivery=order.deliveries.get())
    order.refresh_from_db()
    assert order.status == "approved"


def test_receivable(people, make_order, shop):
    """Posted deliveries less posted receipts, the same by both ways of asking, exact on SQLite as well."""
    services.deliver_order(actor=people.superior, order=make_order(10, status="approved"))  # 23.50
    services.deliver_order(actor=people.superior, order=make_order(1, status="approved"))  # 2.35
    back = services.deliver_order(actor=people.superior, order=make_order(100, status="approved"))
    services.reverse_delivery(actor=people.superior, delivery=back)
    services.record_receipt(actor=people.owner, customer=shop, amount=Decimal("25.55"), method="cash")
    gone = services.record_receipt(actor=people.owner, customer=shop, amount=Decimal("5"), method="wechat")
    services.reverse_receipt(actor=people.finance, receipt=gone)
    other = CustomerFactory(owner=people.owner)
    assert queries.receivables([shop.pk, other.pk]) == {shop.pk: Decimal("0.30"), other.pk: Decimal(0)}
    owed = Customer.objects.annotate(owed=queries.receivable_expression()).values_list("pk", "owed")
    assert dict(owed) == {shop.pk: Decimal("0.30"), other.pk: Decimal(0)}
    by_order = SalesOrder.objects.annotate(owed=queries.receivable_expression("customer_id"))
    assert {order.owed for order in by_order} == {Decimal("0.30")}
    assert list(Customer.objects.annotate(owed=queries.receivable_expression()).filter(owed__gt=0)) == [shop]
