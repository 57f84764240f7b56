"""Real threads against PostgreSQL: nothing is delivered, submitted or written twice."""

import uuid
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from crm.models import Sequence
from sales import services
from sales.models import Delivery, SalesOrder
from sales.rules import LineInput
from tests.factories import CustomerFactory, UserFactory
from tests.races import race

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="row locks are PostgreSQL's"),
]


def test_two_deliveries_never_give_more_than_was_ordered(people, make_order):
    for _round in range(5):
        order = make_order(10, status="approved")
        line = order.lines.get().pk
        outcomes = race(
            *[
                lambda: services.deliver_order(
                    actor=people.superior,
                    order=SalesOrder.objects.get(pk=order.pk),  # noqa: B023 - joined within the round
                    quantities={line: Decimal(7)},  # noqa: B023
                )
            ]
            * 3
        )
        assert [type(outcome) for outcome in outcomes].count(Delivery) == 1
        assert [type(outcome) for outcome in outcomes].count(ValidationError) == 2
        assert order.lines.get().delivered == 7


def test_parts_at_the_same_time_bill_the_order_exactly(people, make_order):
    order = make_order("0.9", status="approved", discount=Decimal("0.07"))
    line = order.lines.get().pk
    outcomes = race(
        *[
            lambda: services.deliver_order(
                actor=people.superior,
                order=SalesOrder.objects.get(pk=order.pk),
                quantities={line: Decimal("0.3")},
            )
        ]
        * 3
    )
    assert [type(outcome) for outcome in outcomes] == [Delivery] * 3
    order.refresh_from_db()
    assert order.status == "delivered"
    assert sum(delivery.amount for delivery in order.deliveries.all()) == order.total


def test_two_submits_make_one(people, make_order, heard):
    order = make_order(status="draft")
    outcomes = race(
        *[lambda: services.submit_order(actor=people.owner, order=SalesOrder.objects.get(pk=order.pk))] * 2
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["SalesOrder", "ValidationError"]
    assert heard == ["order_created", "order_submitted"]


def test_the_same_uuid_twice_makes_one_order_and_no_gap(people, shop, water, heard):
    key = uuid.uuid4()

    def send():
        return services.create_order(
            actor=people.owner, customer=shop, lines=[LineInput(water.pk, Decimal(1))], client_uuid=key
        )

    outcomes = race(send, send, send)
    order = SalesOrder.objects.get()
    assert outcomes == [order, order, order]
    assert order.lines.count() == 1
    assert heard == ["order_created", "order_submitted"]
    assert Sequence.objects.get(name__startswith="SO").value == 1


def test_cancel_against_submit_leaves_the_true_last_order(people, make_order, shop):
    for _round in range(5):
        old, draft = make_order(), make_order(status="draft")
        outcomes = race(
            lambda: services.cancel_order(actor=people.owner, order=old),  # noqa: B023 - joined within the round
            lambda: services.submit_order(actor=people.owner, order=draft),  # noqa: B023
        )
        assert outcomes == [old, draft]
        shop.refresh_from_db()
        assert shop.last_order_on == draft.ordered_on
        services.cancel_order(actor=people.owner, order=draft)
        shop.refresh_from_db()
        assert shop.last_order_on is None


def test_two_reversals_give_back_once(people, make_order):
    order = make_order(10, status="delivered")
    delivery = order.deliveries.get()
    outcomes = race(
        *[
            lambda: services.reverse_delivery(
                actor=people.superior, delivery=Delivery.objects.select_related("order").get(pk=delivery.pk)
            )
        ]
        * 2
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Delivery", "ValidationError"]
    assert order.lines.get().delivered == 0


def test_two_approvals_of_one_customer_pass_no_limit(people, make_order):
    """Orders that fit the credit limit one by one and not together: one is approved, the other waits for a
    manager."""
    clerk = UserFactory(username="clerk", role="back_office", department=people.head)
    for _round in range(5):
        tight = CustomerFactory(owner=people.owner, credit_limit=Decimal(100))
        orders = [make_order(30, customer=tight) for _ in range(3)]  # 70.50 each
        outcomes = race(
            *[
                lambda order=order: services.approve_order(
                    actor=clerk, order=SalesOrder.objects.get(pk=order.pk)
                )
                for order in orders
            ]
        )
        assert [type(outcome) for outcome in outcomes].count(SalesOrder) == 1
        assert [type(outcome) for outcome in outcomes].count(ValidationError) == 2
        assert SalesOrder.objects.filter(customer=tight, status="approved").count() == 1


def test_approving_delivering_changing_and_rejecting_at_once_never_hang(people, make_order, water):
    """Every step takes the order's lock before the customer's, so that no two wait for each other."""
    for _round in range(5):
        order, other = make_order(10), make_order(10, status="approved")
        outcomes = race(
            lambda: services.approve_order(
                actor=people.superior,
                order=SalesOrder.objects.get(pk=order.pk),  # noqa: B023 - joined within the round
            ),
            lambda: services.reject_order(
                actor=people.superior,
                order=SalesOrder.objects.get(pk=order.pk),  # noqa: B023
                reason="x",
            ),
            lambda: services.update_order(
                actor=people.superior,
                order=SalesOrder.objects.get(pk=order.pk),  # noqa: B023
                lines=[LineInput(water.pk, Decimal(20))],
                revision=1,
            ),
            lambda: services.deliver_order(actor=people.superior, order=SalesOrder.objects.get(pk=other.pk)),  # noqa: B023
            lambda: services.cancel_order(actor=people.superior, order=SalesOrder.objects.get(pk=other.pk)),  # noqa: B023
        )
        assert {type(outcome) for outcome in outcomes} <= {SalesOrder, Delivery, ValidationError}, outcomes
        order.refresh_from_db()
        other.refresh_from_db()
        assert order.status in ("approved", "cancelled")
        assert order.total == sum(line.amount for line in order.lines.all())
        assert other.status in ("delivered", "cancelled")
