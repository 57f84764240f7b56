"""Performance by hand-made rows: targets, offers, money in, orders by state, and the first sale."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

import reports.queries.catalogue  # noqa: F401
from common import business_calendar
from common.periods import Period, whole
from reports.queries.asked import Asked
from reports.queries.report import REPORTS
from sales.models import Quote, Receipt, Refund, Target
from tests.factories import CustomerFactory, SalesOrderFactory, VisitFactory

pytestmark = pytest.mark.django_db
D = Decimal


def report(code, asked, by, **how):
    return REPORTS[code].table(asked, by, most=0, **how)


def cells(table, *codes):
    """{key: figures of some columns}"""
    columns = [table.column(code) for code in codes]
    return {row.key: tuple(row.values[column] for column in columns) for row in table.rows}


def asked_of(user, days=30, **filters):
    today = business_calendar.today()
    return Asked(user, Period("custom", today - dt.timedelta(days=days - 1), today), today, filters)


# --- by hand
@pytest.fixture
def targets(people):
    """November: the owner 1,000 of 2,000, his colleague nothing of 500, the outsider 700 without a target."""
    for rep, value in ((people.owner, 2000), (people.colleague, 500)):
        Target.objects.create(year=2026, month=11, measure="order_amount", rep=rep, value=value)
    Target.objects.create(year=2026, month=10, measure="order_amount", rep=people.owner, value=100)
    for rep, total, day in (
        (people.owner, 600, dt.date(2026, 11, 2)),
        (people.owner, 400, dt.date(2026, 11, 30)),
        (people.owner, 50, dt.date(2026, 10, 8)),
        (people.outsider, 700, dt.date(2026, 11, 5)),
    ):
        SalesOrderFactory(customer=CustomerFactory(owner=rep), total=D(total), ordered_on=day)
    return people


def november(user, **filters):
    return Asked(user, whole("month", dt.date(2026, 11, 1)), dt.date(2026, 11, 30), filters)


def test_a_target_is_held_against_what_was_reached(targets):
    table = report("targets", november(targets.admin), "rep")
    figures = cells(table, "target_value", "target_actual", "target_gap", "target_share")
    assert figures[str(targets.owner.pk)] == (2000, 1000, 1000, 0.5)
    assert figures[str(targets.colleague.pk)] == (500, 0, 500, 0)
    assert figures[str(targets.outsider.pk)] == (None, 700, None, None)
    departments = cells(
        report("targets", november(targets.admin), "department"), "target_value", "target_actual"
    )
    assert departments[str(targets.sales.pk)] == (2500, 1000)
    assert departments[str(targets.other.pk)] == (None, 700)


def test_targets_by_month_and_filters(targets):
    year = replace(
        november(targets.admin), period=Period("custom", dt.date(2026, 10, 1), dt.date(2026, 11, 30))
    )
    months = cells(report("targets", year, "month"), "target_value", "target_actual")
    assert months == {"2026-10-01": (100, 50), "2026-11-01": (2500, 1700)}
    narrowed = report("targets", november(targets.admin, department=str(targets.sales.pk)), "rep")
    assert {row.key for row in narrowed.rows} == {str(targets.owner.pk), str(targets.colleague.pk)}
    assert narrowed.totals[:2] == (1000, 2500)
    one = report("targets", november(targets.admin, rep=str(targets.colleague.pk)), "rep")
    assert [row.key for row in one.rows] == [str(targets.colleague.pk)]
    assert one.totals[:2] == (0, 500)


def test_targets_show_nobody_out_of_scope(targets):
    assert cells(report("targets", november(targets.owner), "rep"), "target_actual") == {
        str(targets.owner.pk): (1000,)
    }
    assert report("targets", november(targets.owner), "rep").totals[0] == 1000
    table = report("targets", november(targets.superior), "rep")
    assert str(targets.outsider.pk) not in {row.key for row in table.rows}
    assert table.totals[:2] == (1000, 2500)
    stranger = report("targets", november(targets.owner, rep=str(targets.outsider.pk)), "rep")
    assert (stranger.rows, stranger.totals[0]) == ([], 0)


@pytest.mark.parametrize(
    "filters",
    [
        {"target": "nothing"},
        {"target": "category_amount"},
        {"target": "category-x"},
        {"rep": "x"},
        {"department": "-1"},
    ],
)
def test_targets_refuse_what_is_no_key(people, filters):
    with pytest.raises(ValueError, match=r"nothing|category|x|-1"):
        report("targets", november(people.admin, **filters), "rep")


def quote(customer, status, total, *, order=None, day=None, valid=30, number="Q1", version=1):
    day = day or business_calendar.today()
    return Quote.objects.create(
        number=number,
        version=version,
        customer=customer,
        rep=customer.owner,
        status=status,
        total=D(total),
        order=order,
        quoted_on=day,
        valid_until=day + dt.timedelta(days=valid),
    )


def test_offers_and_what_became_of_them(people):
    customer, other = CustomerFactory(owner=people.owner), CustomerFactory(owner=people.outsider)
    today = business_calendar.today()
    quote(customer, "superseded", 1000, number="Q1")
    quote(
        customer,
        "accepted",
        900,
        number="Q1",
        version=2,
        order=SalesOrderFactory(customer=customer, total=D(880)),
    )
    lost = SalesOrderFactory(customer=customer, total=D(70), status="cancelled")
    quote(customer, "accepted", 70, number="Q2", order=lost)
    quote(customer, "rejected", 300, number="Q3")
    quote(customer, "sent", 200, number="Q4", day=today - dt.timedelta(days=5), valid=2)
    quote(customer, "sent", 100, number="Q5")
    quote(customer, "draft", 5000, number="Q6")
    quote(other, "sent", 40, number="Q7")
    table = report("quotations", asked_of(people.owner), "rep")
    assert cells(table, *REPORTS["quotations"].measures) == {
        str(people.owner.pk): (5, 1, 0.2, D(1570), D(880), 1, 1)
    }
    crossed = REPORTS["quotations"].crossed(asked_of(people.admin), "quote_count", "rep", "quote_outcome")
    counts = {
        (row, column): count
        for (row, _), line in zip(crossed.rows, crossed.cells, strict=True)
        for (column, _), count in zip(crossed.columns, line, strict=True)
        if count
    }
    mine = {outcome: count for (rep, outcome), count in counts.items() if rep == str(people.owner.pk)}
    assert mine == {"ordered": 1, "accepted": 1, "rejected": 1, "expired": 1, "waiting": 1}
    assert counts[str(people.outsider.pk), "waiting"] == 1


def test_ways_of_paying(people):
    customer = CustomerFactory(owner=people.owner)
    today = business_calendar.today()
    for number, (method, amount, status) in enumerate(
        (
            ("cash", 100, "posted"),
            ("cash", 300, "posted"),
            ("wechat", 50, "posted"),
            ("wechat", 900, "reversed"),
        )
    ):
        receipt = Receipt.objects.create(
            number=f"RC{number}",
            customer=customer,
            rep=people.owner,
            method=method,
            amount=amount,
            status=status,
            received_on=today,
            used=10,
            refunded=10,
        )
    Refund.objects.create(
        number="RF1",
        customer=customer,
        rep=people.owner,
        receipt=receipt,
        method="cash",
        amount=30,
        refunded_on=today,
    )
    table = report("payment_methods", asked_of(people.owner), "payment_method")
    assert cells(table, "received_gross", "receipt_count", "receipt_average", "refunded", "received") == {
        "cash": (D(400), 2, D(200), D(30), D(370)),
        "wechat": (D(50), 1, D(50), D(0), D(50)),
    }
    assert report("payment_methods", asked_of(people.outsider), "payment_method").rows == []


def test_orders_by_state_show_what_is_still_to_deliver(people):
    customer = CustomerFactory(owner=people.owner)
    for status, total, method in (
        ("submitted", 10, "cash"),
        ("partly_delivered", 20, ""),
        ("delivered", 40, "cash"),
        ("cancelled", 80, "cash"),
        ("draft", 160, "cash"),
    ):
        SalesOrderFactory(customer=customer, status=status, total=D(total), payment_method=method)
    asked = asked_of(people.owner)
    assert cells(report("order_summary", asked, "order_status"), "order_amount", "open_order_amount") == {
        "submitted": (D(10), D(10)),
        "partly_delivered": (D(20), D(20)),
        "delivered": (D(40), D(0)),
    }
    ways = cells(report("order_summary", asked, "payment_method"), "order_amount", "open_order_amount")
    assert ways == {"cash": (D(50), D(10)), "none": (D(20), D(20))}


def test_days_and_visits_until_the_first_order(people):
    now = dt.datetime.combine(business_calendar.today(), dt.time(2), dt.UTC)

    def deal(visit_days, order_day, owner=people.owner):
        customer = CustomerFactory(owner=owner)
        for days in visit_days:
            VisitFactory(customer=customer, check_in_at=now - dt.timedelta(days=days))
        day = business_calendar.today() - dt.timedelta(days=order_day)
        SalesOrderFactory(customer=customer, ordered_on=day)
        SalesOrderFactory(customer=customer)  # a second one says nothing
        return customer

    deal([20, 15, 10], 10)  # ten days, three visits
    deal([9, 5], 5)  # four days, two visits
    deal([3], 8)  # visited after the order only
    unfinished = CustomerFactory(owner=people.owner)
    VisitFactory(customer=unfinished, check_in_at=now - dt.timedelta(days=9), check_out_at=None)
    SalesOrderFactory(customer=unfinished)
    table = report("visits_to_order", asked_of(people.owner), "rep")
    columns = ("visit_deal_days", "visits_to_deal", "first_orders_visited", "first_orders")
    assert cells(table, *columns) == {str(people.owner.pk): (7.0, 2.5, 2, 4)}
    assert report("visits_to_order", asked_of(people.outsider), "rep").rows == []
