"""The merged timeline, the facts from upper apps and the next best action (B7)."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.models import Alert
from common.business_calendar import day_bounds
from crm import services
from crm.enums import ActionKind, TimelineKind
from crm.models import Competitor, CompetitorSighting, Customer, FollowUp, OwnerChange
from crm.queries.timeline import timeline
from crm.rules.facts import AlertFacts, MoneyFacts, VisitFacts
from crm.rules.next_action import CustomerFacts, next_action, rhythm
from crm.rules.timeline import Cursor, TimelineEvent, Wish, merge
from crm.signals import collecting_facts
from sales.models import Agreement, CollectionNote, Delivery, Quote, Receipt, Refund, SalesReturn
from sales.services.ledger import default_warehouse
from team.models import Instruction
from tests.factories import (
    BillFactory,
    CustomerFactory,
    CustomerTaskFactory,
    SalesOrderFactory,
    VisitFactory,
    VisitTaskFactory,
)

TODAY = dt.date(2026, 11, 24)
NOON = dt.datetime(2026, 11, 24, 4, tzinfo=dt.UTC)


def walk(page_of, limit):
    """Every page of a timeline, one after another."""
    seen, before = [], None
    while True:
        page, before = page_of(Wish(limit=limit, before=before))
        seen += page
        if before is None:
            return seen
        assert len(page) == limit


# --- merge
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=40),
    st.integers(1, 7),
)
def test_paging_through_equals_the_sorted_whole(rows, limit):
    sources = [[], [], [], []]
    for number, (source, hour) in enumerate(rows):
        at = NOON - dt.timedelta(hours=hour)  # many at the same time
        sources[source].append(TimelineEvent(at, f"x-{number}", TimelineKind.VISIT, "x"))
    whole = sorted((event for events in sources for event in events), key=lambda e: e.cursor, reverse=True)
    assert walk(lambda wish: merge(sources, wish), limit) == whole


def test_a_cursor_survives_the_address():
    cursor = Cursor(NOON, "order-7")
    assert Cursor.parse(str(cursor)) == cursor
    for bad in ("", "x~y", "2026-11-24T10:00:00~order-7", str(NOON.isoformat())):
        with pytest.raises(ValueError, match=r"\S|^$"):
            Cursor.parse(bad)


# --- the sources
def fill(shop, people):
    """Two or more of each kind, several on one day."""
    for days in (0, 0, 3):
        at = NOON - dt.timedelta(days=days)
        on = TODAY - dt.timedelta(days=days)
        VisitFactory(customer=shop, check_in_at=at, sequence=Visits.next())
        FollowUp.objects.create(customer=shop, rep=people.owner, at=at, day=on, text="谈了陈列")
        order = SalesOrderFactory(customer=shop, ordered_on=on, total=Decimal("10"))
        Delivery.objects.create(
            number=f"D-{order.pk}", customer=shop, issued_on=on, due_on=on, amount=Decimal("8")
        )
        Receipt.objects.create(number=f"R-{order.pk}", customer=shop, received_on=on, amount=Decimal("3"))
        money = {"customer": shop, "rep": people.owner, "amount": Decimal("2")}
        back = SalesReturn.objects.create(
            number=f"T-{order.pk}", returned_on=on, location=default_warehouse(), **money
        )
        Refund.objects.create(number=f"F-{order.pk}", refunded_on=on, sales_return=back, **money)
        CollectionNote.objects.create(customer=shop, rep=people.owner, text="月底付")
        theirs = {"customer": shop, "rep": people.owner}
        Quote.objects.create(number=f"Q-{order.pk}", quoted_on=on, valid_until=on, **theirs)
        Agreement.objects.create(
            number=f"A-{order.pk}", title="经销", starts_on=on, ends_on=on, signed_on=on, **theirs
        )
        OwnerChange.objects.create(
            customer=shop, to_user=people.owner, by=people.superior, at=at, reason="assigned"
        )
        rival, _new = Competitor.objects.get_or_create(name="对手")
        CompetitorSighting.objects.create(
            customer=shop, competitor=rival, product="水", seen_on=on, rep=people.owner
        )
        CustomerTaskFactory(customer=shop, created_at=at)
        Instruction.objects.create(
            author=people.superior, person=people.owner, day=on, order=order, text="问问价格", created_at=at
        )
        services.update_customer(actor=people.owner, customer=shop, notes=f"第{order.pk}次")
    for days in (9, 5):
        opened = TODAY - dt.timedelta(days=days)
        Alert.objects.create(
            customer=shop, kind="unvisited", base_on=opened, period_days=7, due_on=opened, opened_on=opened,
            closed_on=opened + dt.timedelta(days=1) if days == 9 else None,
        )  # fmt: skip


class Visits:
    """Numbers for visits of one day."""

    last = 0

    @classmethod
    def next(cls):
        cls.last += 1
        return cls.last


@pytest.mark.django_db
@pytest.mark.parametrize("limit", [1, 4, 100])
def test_every_source_is_told_once(people, limit):
    shop = CustomerFactory(owner=people.owner)
    fill(shop, people)
    events = walk(lambda wish: timeline(shop, people.owner, wish), limit)
    counts = {kind: sum(event.kind == kind for event in events) for kind in TimelineKind.values}
    assert counts == dict.fromkeys(TimelineKind.values, 3)  # alerts: two opened, one closed
    assert len({event.ref for event in events}) == len(events)
    assert [event.cursor for event in events] == sorted((e.cursor for e in events), reverse=True)


@pytest.mark.django_db
def test_filters_and_permissions_hold(people):
    shop = CustomerFactory(owner=people.owner)
    fill(shop, people)
    wish = Wish(limit=100, kinds=frozenset({"order", "visit"}), since=TODAY, until=TODAY)
    events, _more = timeline(shop, people.owner, wish)
    assert sorted(event.kind for event in events) == ["order", "order", "visit", "visit"]
    events, _more = timeline(shop, people.owner, Wish(limit=100, person_id=people.superior.pk))
    assert {event.kind for event in events} == {"owner", "instruction"}
    finance, _more = timeline(shop, people.finance, Wish(limit=100))
    assert {event.kind for event in finance} == set(TimelineKind.values) - {
        "visit",
        "competitor",
        "instruction",
    }


# --- facts
@pytest.mark.django_db
def test_upper_apps_say_what_they_know(people):
    shop = CustomerFactory(owner=people.owner)
    for days in (2, 9, 16):
        VisitFactory(customer=shop, check_in_at=NOON - dt.timedelta(days=days))
    VisitFactory(customer=shop, check_in_at=NOON, check_out_at=None)  # still open: no visit yet
    VisitTaskFactory(customer=shop, date=TODAY + dt.timedelta(days=2))
    BillFactory(
        customer=shop, due_on=TODAY - dt.timedelta(days=1), amount=Decimal("90"), settled=Decimal("30")
    )
    SalesOrderFactory(customer=shop, status="submitted")

    def facts(user):
        answers = collecting_facts.send(sender=Customer, customer=shop, user=user, today=TODAY)
        return {answer for _receiver, answer in answers}

    seen = facts(people.owner)
    assert MoneyFacts(Decimal("60.00"), Decimal("60.00"), Decimal("0.00"), 1) in seen
    assert VisitFacts(this_month=3, next_task_on=TODAY + dt.timedelta(days=2), rhythm_days=7) in seen
    assert AlertFacts(open=0, unvisited_days=None) in seen
    assert VisitFacts not in {type(answer) for answer in facts(people.finance)}


@pytest.mark.parametrize(
    ("limit", "left"), [(None, None), (Decimal(100), Decimal(30)), (Decimal(50), Decimal(-20))]
)
def test_credit_left(limit, left):
    assert MoneyFacts(Decimal(60), Decimal(0), Decimal(10), 1).credit_left(limit) == left


# --- next best action
EVERYTHING = frozenset(ActionKind)
OWES = MoneyFacts(Decimal(50), Decimal(20), Decimal(0), 0)
UNVISITED = AlertFacts(open=1, unvisited_days=4)
FREE = VisitFacts(this_month=1, next_task_on=None, rhythm_days=10)
BUYS = {"last_order_on": TODAY, "last_visit_on": TODAY - dt.timedelta(days=4)}


def days(count):
    return TODAY + dt.timedelta(days=count)


@pytest.mark.parametrize(
    ("facts", "kind", "on"),
    [
        ({"has_owner": False}, ActionKind.CLAIM, None),
        ({"has_owner": False, "is_active": False}, None, None),
        ({"money": OWES, "next_contact_on": TODAY}, ActionKind.COLLECT, None),
        ({"money": OWES, "is_active": False}, ActionKind.COLLECT, None),
        ({"next_contact_on": days(-2), "recycle_on": TODAY}, ActionKind.CONTACT, days(-2)),
        ({"next_contact_on": days(1), "recycle_on": days(7)}, ActionKind.FOLLOW_UP, days(7)),
        ({**BUYS, "recycle_on": days(8), "visits": FREE}, ActionKind.PLAN_VISIT, days(6)),
        ({"visits": VisitFacts(0, TODAY, None), "alerts": UNVISITED}, ActionKind.CHECK_IN, TODAY),
        ({**BUYS, "visits": FREE, "alerts": UNVISITED}, ActionKind.PLAN_VISIT, TODAY),
        ({"visits": FREE}, ActionKind.FIRST_ORDER, None),
        ({**BUYS, "has_location": False, "visits": FREE}, ActionKind.SET_LOCATION, None),
        ({**BUYS, "to_confirm": True, "visits": FREE}, ActionKind.CONFIRM_LOCATION, None),
        ({**BUYS, "visits": VisitFacts(0, None, None), "level": "A"}, ActionKind.PLAN_VISIT, days(3)),
        ({**BUYS, "visits": VisitFacts(0, days(2), 10), "alerts": UNVISITED}, None, None),
        ({"is_active": False, "next_contact_on": TODAY, "to_confirm": True}, None, None),
    ],
)
def test_the_next_best_action(facts, kind, on):
    action = next_action(CustomerFacts(**facts), TODAY, EVERYTHING)
    assert (action and action.kind, action and action.on) == (kind, on)


def test_what_one_may_not_do_is_not_proposed():
    facts = CustomerFacts(money=OWES, next_contact_on=TODAY)
    assert next_action(facts, TODAY, EVERYTHING - {ActionKind.COLLECT}).kind == ActionKind.CONTACT
    assert next_action(facts, TODAY, frozenset()) is None


def test_rhythm_is_the_median_gap():
    assert rhythm([days(0), days(-7)]) is None
    assert rhythm([days(0), days(-7), days(-14), days(-60)]) == 7
    assert rhythm([days(0), days(0), days(-1)]) is None


@pytest.mark.django_db
def test_what_was_entered_later_stands_at_its_day(people):
    shop = CustomerFactory(owner=people.owner)
    SalesOrderFactory(customer=shop, ordered_on=dt.date(2026, 1, 5))
    [event], more = timeline(shop, people.owner, Wish(limit=5, kinds=frozenset({"order"})))
    assert (event.at, event.is_timed, more) == (day_bounds(dt.date(2026, 1, 5))[0], False, None)
