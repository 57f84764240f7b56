"""Rows of rhythm, value and trend: what is computed, for whom, when, and by two at once (E5)."""

import datetime as dt
import random
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone

from alerts.models import CustomerRhythm, RhythmState
from alerts.queries import rhythm_source
from alerts.rules.order_history import row_of
from alerts.services import rhythm
from alerts.services.rhythm import refresh_customers, refresh_rhythms
from sales.models import SalesOrder
from tests.factories import CustomerFactory, SalesOrderFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 20)


def order_every(customer, gap, count, last=dt.date(2026, 11, 10), total=100):
    """`count` orders, the last on `last`, `gap` days apart."""
    for back in reversed(range(count)):
        SalesOrderFactory(
            customer=customer, ordered_on=last - dt.timedelta(days=gap * back), total=Decimal(total)
        )


@pytest.fixture
def shop(db):
    return CustomerFactory(level="A")


def row(customer):
    return CustomerRhythm.objects.get(customer=customer)


def everything():
    return list(CustomerRhythm.objects.order_by("pk").values())


def test_a_row_says_when_the_next_order_is_due(shop):
    order_every(shop, 5, 6)
    refresh_rhythms(today=TODAY)
    found = row(shop)
    assert (found.gap_list, found.usual, found.orders, found.frequency) == ([5] * 5, 5, 6, 6)
    assert (found.last_on, found.expected_on) == (dt.date(2026, 11, 10), dt.date(2026, 11, 15))
    # No peers yet: (5 × 1 + 4 × 1.5) / 9 = 1.22, × 5 = 6.1 → 7 days.
    assert (found.limit_gap, found.limit_on) == (7, dt.date(2026, 11, 17))
    assert found.days_over(TODAY) == 3
    assert found.money == Decimal("600.00")


def test_what_does_not_count(shop):
    order_every(shop, 5, 4)
    SalesOrderFactory(customer=shop, ordered_on=TODAY, status="draft", total=9)
    SalesOrderFactory(customer=shop, ordered_on=TODAY, status="cancelled", total=9)
    SalesOrderFactory(customer=shop, ordered_on=dt.date(2026, 11, 10), total=9)  # a second one of that day
    refresh_rhythms(today=TODAY)
    assert row(shop).gap_list == [5, 5, 5]
    assert row(shop).money == Decimal("409.00")


def test_with_three_orders_there_is_value_but_no_rhythm(shop):
    order_every(shop, 5, 3)
    refresh_rhythms(today=TODAY)
    found = row(shop)
    assert found.limit_on is found.expected_on is found.usual is None
    assert (found.gaps, found.frequency) == ("", 3)
    assert found.rfm
    assert not CustomerRhythm.objects.filter(customer=CustomerFactory()).exists()


def test_only_whoever_changed_is_computed_again(shop):
    other = CustomerFactory()
    order_every(shop, 5, 4)
    order_every(other, 6, 4)
    assert refresh_rhythms(today=TODAY).computed == 2
    before = everything()
    again = refresh_rhythms(today=TODAY)
    assert (again.computed, again.rescored, again.everybody) == (0, 0, False)
    assert everything() == before
    # Whatever wrote it, and however: here past every service.
    SalesOrder.objects.filter(customer=other).update(ordered_on=F("ordered_on") - dt.timedelta(days=1))
    assert refresh_rhythms(today=TODAY).computed == 1
    SalesOrder.objects.filter(customer=other).update(status="cancelled")
    assert refresh_rhythms(today=TODAY).computed == 1
    gone = row(other)
    assert (gone.orders, gone.last_on, gone.limit_on, gone.rfm, gone.money) == (0, None, None, "", 0)
    assert refresh_rhythms(today=TODAY).computed == 0


def test_an_order_that_leaves_a_window_is_noticed(shop):
    order_every(shop, 5, 1, last=TODAY - dt.timedelta(days=364), total=70)
    order_every(shop, 5, 4)
    refresh_rhythms(today=TODAY)
    assert row(shop).money == Decimal(470)
    later = TODAY + dt.timedelta(days=1)
    assert refresh_rhythms(today=later).computed == 1
    assert row(shop).money == Decimal(400)


def test_another_quantile_or_a_month_computes_everybody(shop):
    order_every(shop, 5, 4)
    refresh_rhythms(today=TODAY)
    RhythmState.objects.update(quantile=80)
    assert refresh_rhythms(today=TODAY).everybody
    assert not refresh_rhythms(today=TODAY + dt.timedelta(days=29)).everybody
    assert refresh_rhythms(today=TODAY + dt.timedelta(days=30)).everybody


def test_many_in_small_batches_are_what_each_is_alone(monkeypatch):
    monkeypatch.setattr(rhythm, "BATCH", 60)
    dice, owner = random.Random(7), UserFactory()
    shops = CustomerFactory.create_batch(130, owner=owner)
    SalesOrder.objects.bulk_create(
        SalesOrderFactory.build(
            customer=shop, rep=owner, ordered_on=TODAY - dt.timedelta(days=dice.randrange(450)),
            total=Decimal(dice.randrange(1, 90000)) / 100, status=dice.choice(["submitted", "delivered", "cancelled"]),
        )
        for shop in shops for _ in range(dice.randrange(14))
    )  # fmt: skip
    refresh_rhythms(today=TODAY)
    state = RhythmState.objects.get()
    company = rhythm_source.company_of(state, TODAY)
    assert company.money[0] < company.money[3]
    rows = CustomerRhythm.objects.in_bulk()
    assert len({found.rfm for found in rows.values()}) > 5
    assert len({found.trend for found in rows.values()}) == 4
    for shop in shops:
        orders = sorted(
            (day.toordinal(), int(total * 100))
            for day, total in SalesOrder.objects.counted()
            .filter(customer=shop)
            .values_list("ordered_on", "total")
        )
        if not orders:
            assert shop.pk not in rows
            continue
        expected = row_of(orders, "", TODAY.toordinal(), company)
        for name, value in expected.items():
            have = getattr(rows[shop.pk], name)
            assert (have.toordinal() if isinstance(have, dt.date) else have) == value, (shop.pk, name)


# --- at once, and at the same time
def test_one_customer_at_once(shop, django_assert_max_num_queries):
    order_every(shop, 5, 4)
    refresh_rhythms(today=TODAY)
    SalesOrderFactory(customer=shop, ordered_on=TODAY, total=100)
    with django_assert_max_num_queries(5):
        refresh_customers(customer_ids=[shop.pk], today=TODAY)
    assert row(shop).limit_on > TODAY
    assert refresh_rhythms(today=TODAY).computed == 0


def test_a_batch_does_not_overwrite_what_an_order_wrote_meanwhile(shop, monkeypatch):
    order_every(shop, 5, 4)
    refresh_rhythms(today=TODAY)
    read = rhythm_source.orders_of

    def slow(keys):
        """The batch has read; then an order comes and is computed; then the batch writes."""
        found = list(read(keys))
        monkeypatch.setattr(rhythm_source, "orders_of", read)
        SalesOrderFactory(customer=shop, ordered_on=TODAY, total=100)
        refresh_customers(customer_ids=[shop.pk], today=TODAY)
        return iter(found)

    monkeypatch.setattr(rhythm_source, "orders_of", slow)
    refresh_rhythms(today=TODAY, everybody=True)
    assert row(shop).last_on == TODAY


def test_one_run_at_a_time_and_a_killed_one_is_taken_over(shop):
    order_every(shop, 5, 4)
    rhythm_source.rhythm_state()
    RhythmState.objects.update(started_at=timezone.now(), finished_at=None)
    with pytest.raises(ValidationError):
        refresh_rhythms(today=TODAY)
    RhythmState.objects.update(started_at=timezone.now() - dt.timedelta(hours=1))
    assert refresh_rhythms(today=TODAY).computed == 1


def test_a_run_that_breaks_says_why_and_the_next_one_does_the_rest(shop, monkeypatch):
    order_every(shop, 5, 4)

    def broken(state):
        raise RuntimeError("no disk")

    with monkeypatch.context() as patched:
        patched.setattr(rhythm, "score_everybody", broken)
        with pytest.raises(RuntimeError):
            refresh_rhythms(today=TODAY)
    assert RhythmState.objects.get().message == "RuntimeError: no disk"
    assert refresh_rhythms(today=TODAY).everybody
    assert row(shop).rfm
    assert RhythmState.objects.get().message == ""


def test_the_quantile_is_set_in_the_administration(shop, people, login):
    order_every(shop, 5, 4)
    refresh_rhythms(today=TODAY)
    client, address = login(people.admin), "/admin/alerts/rhythmstate/"
    assert client.get(f"{address}add/").status_code == 403
    assert client.post(f"{address}1/change/", {"quantile": "95"}).status_code == 302
    assert RhythmState.objects.get().quantile == 95
    assert refresh_rhythms(today=TODAY).everybody
