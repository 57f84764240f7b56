"""How much a shop should order, and which customers are low."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import ProductFactory, VisitFactory, VisitTaskFactory
from tests.visits.conftest import DAY, NOW
from visits import queries, services
from visits.models import ShelfCountLine
from visits.rules import CountInput, Movement, suggest

BOX = 24


def move(last, delivered, counted, days):
    return Movement(Decimal(last), Decimal(delivered), Decimal(counted), days)


def test_the_worked_example():
    answer = suggest(move(20, 24, 8, 14), days_ahead=14, box_quantity=BOX)
    assert (answer.sold, answer.rate, answer.minimum) == (36, Decimal("2.571"), Decimal("43.714"))
    assert (answer.order, answer.is_low) == (48, True)


@pytest.mark.parametrize(
    ("last", "delivered", "counted", "days", "ahead", "box", "order"),
    [
        (20, 0, 20, 14, 14, 0, 0),  # nothing sold
        (20, 0, 30, 14, 14, 0, 0),  # more than there was: something came from elsewhere
        (10, 0, 0, 10, 7, 0, 10),  # one a day, 7 + 3 days
        (10, 0, 0, 10, 7, 6, 12),  # in boxes of six
        (14, 0, 0, 14, 11, 0, 14),  # exactly a fortnight is no bottle more
        (10, 0, 0, 10, 500, 0, 63),  # a plan of next year is looked at for 60 days
        (10, 0, 0, 10, 0, 0, 4),  # at least until tomorrow
    ],
)
def test_the_rule(last, delivered, counted, days, ahead, box, order):
    assert suggest(move(last, delivered, counted, days), days_ahead=ahead, box_quantity=box).order == order


def test_two_counts_of_one_day_say_nothing():
    assert suggest(move(20, 0, 5, 0), days_ahead=14) is None


@given(
    last=st.integers(0, 9999),
    delivered=st.integers(-99, 9999),
    counted=st.integers(0, 9999),
    days=st.integers(1, 180),
    ahead=st.integers(0, 90),
    box=st.integers(0, 48),
)
def test_what_is_ordered_is_whole_boxes_and_enough(last, delivered, counted, days, ahead, box):
    answer = suggest(move(last, delivered, counted, days), days_ahead=ahead, box_quantity=box)
    assert answer.order >= 0
    assert answer.order % (box or 1) == 0
    assert answer.order + counted >= answer.minimum - Decimal("0.001")
    assert answer.is_low == (answer.minimum > counted)


# --- with the database
@pytest.fixture
def water(db):
    return ProductFactory(name="矿泉水", box_quantity=BOX)


def count(shop, product, quantity, day):
    at = NOW + dt.timedelta(days=(day - DAY).days)
    visit = VisitFactory(customer=shop, check_in_at=at)
    return services.record_shelf_count(
        actor=shop.owner,
        visit=visit,
        client_uuid=uuid.uuid4(),
        lines=[CountInput(product.pk, Decimal(quantity))],
        occurred_at=at,
        now=at,
    )


def test_the_next_task_the_rhythm_and_the_usual_gap(people, shop):
    def ahead():
        return queries.days_to_next_visit(customer_id=shop.pk, rep=people.owner, day=DAY)

    assert ahead() == 14
    for week in range(3):
        VisitFactory(customer=shop, check_in_at=NOW - dt.timedelta(days=7 * week))
    assert ahead() == 7
    VisitTaskFactory(customer=shop, date=DAY + dt.timedelta(days=3))
    assert ahead() == 3


def test_low_customers_can_be_filtered_until_goods_arrive(people, login, shop, water):
    count(shop, water, 20, DAY)
    count(shop, water, 2, DAY + dt.timedelta(days=10))
    client, address = login(people.superior), reverse("crm:customer_list")

    def page(query):
        return client.get(f"{address}?{query}").content.decode()

    assert "百佳超市" in page("stock=low")
    assert ">1</td>" in page("stock=low&cols=name,low_stock")
    assert "百佳超市" not in login(people.outsider).get(f"{address}?stock=low").content.decode()
    # A later count that finds enough ends it, and so does a delivery.
    later = count(shop, water, 99, DAY + dt.timedelta(days=20))
    assert "百佳超市" not in page("stock=low")
    later.delete()
    assert "百佳超市" in page("stock=low")
    _deliver(people, shop, water, DAY + dt.timedelta(days=11))
    assert "百佳超市" not in page("stock=low")
    assert ShelfCountLine.objects.filter(suggested__gt=0).exists()


def _deliver(people, shop, product, day):
    from sales import services as sales
    from sales.rules import LineInput

    order = sales.create_order(
        actor=people.owner, customer=shop, lines=[LineInput(product.pk, Decimal(24))], ordered_on=day
    )
    delivery = sales.approve_and_deliver(actor=people.superior, order=order)
    type(delivery).objects.filter(pk=delivery.pk).update(issued_on=day)
