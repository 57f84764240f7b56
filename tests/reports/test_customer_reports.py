"""Reports of customers that are no plain grouping: growth, the largest, concentration, the map."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

import reports.queries.catalogue  # noqa: F401
from common.business_calendar import today
from common.periods import Period
from reports.enums import Comparison
from reports.queries import engine
from reports.queries.asked import Asked
from reports.queries.catalogue.customer_growth import turned_lost
from reports.queries.dimensions import DIMENSIONS
from reports.queries.drill import counted_rows
from reports.queries.facts.customers import CUSTOMERS
from reports.queries.report import REPORTS
from reports.rules.concentration import TOPS, abc, top
from reports.rules.sheets import sheet_heads, sheet_rows
from reports.rules.tables import Look
from tests.factories import CustomerFactory, SalesOrderFactory

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def asked_by(user, first=None, last=None, **filters):
    day = today()
    return Asked(user, Period("custom", first or day - 59 * DAY, last or day), day, filters)


def ordered(customer, amount, on=None, **fields):
    return SalesOrderFactory(customer=customer, total=Decimal(amount), ordered_on=on or today(), **fields)


# --- the largest customers
def test_shares_and_cumulative_shares_of_the_largest(people):
    for amount in (50, 30, 20):
        ordered(CustomerFactory(owner=people.owner, name=f"店{amount}"), amount)
    table = REPORTS["top_customers"].table(asked_by(people.superior), "customer")
    share, cumulative = table.column("share_of_all"), table.column("cumulative_share")
    assert [row.label for row in table.rows] == ["店50", "店30", "店20"]
    assert [row.values[share] for row in table.rows] == [0.5, 0.3, 0.2]
    assert [row.values[cumulative] for row in table.rows] == [0.5, 0.8, 1.0]
    assert [row.rank for row in table.rows] == [1, 2, 3]


def test_shares_are_of_all_customers_also_of_those_cut_off(people):
    for amount in (60, 30, 10):
        ordered(CustomerFactory(owner=people.owner), amount)
    table = REPORTS["top_customers"].table(asked_by(people.superior), "customer", most=1)
    assert [row.values[table.column("share_of_all")] for row in table.rows] == [0.6]
    assert table.more
    assert table.totals[0] == Decimal(100)


def test_a_share_never_counts_what_is_out_of_scope(people):
    ordered(CustomerFactory(owner=people.owner), 10)
    ordered(CustomerFactory(owner=people.outsider), 90)
    table = REPORTS["top_customers"].table(asked_by(people.owner), "customer")
    assert [(row.values[0], row.values[table.column("share_of_all")]) for row in table.rows] == [
        (Decimal(10), 1.0)
    ]


def test_only_customers_one_sees_are_linked(people):
    mine, his = CustomerFactory(owner=people.owner), CustomerFactory(owner=people.outsider)
    ordered(mine, 10)
    ordered(his, 20, rep=people.owner)
    table = REPORTS["top_customers"].table(asked_by(people.owner), "customer")
    assert [row.url for row in table.rows] == ["", mine.get_absolute_url()]


def test_places_that_the_largest_gained_and_lost(people):
    """Now: up, down, new. Before: down, up and another were first, second and third; what is out of scope has no place."""
    now, before = today(), today() - 10 * DAY
    amounts = {"up": (50, 20), "down": (30, 90), "new": (10, None), "gone": (None, 5)}
    for name, (amount, earlier) in amounts.items():
        customer = CustomerFactory(owner=people.owner, name=name)
        if amount:
            ordered(customer, amount, now)
        if earlier:
            ordered(customer, earlier, before)
    ordered(CustomerFactory(owner=people.outsider), 1000, before)
    report = REPORTS["top_customers"]
    asked = asked_by(people.owner, now - 9 * DAY)
    table = report.table(asked, "customer", most=10, compare=Comparison.BEFORE)
    expected = [("up", 1, 2), ("down", 2, 1), ("new", 3, None)]
    assert [(row.label, row.rank, row.rank_before) for row in table.rows] == expected
    table, rows = report.flow(asked, "customer", Look(compare=Comparison.BEFORE))
    assert sheet_heads(table)[:3] == ["排名", "排名（对比期）", "名次变化"]
    assert [(line[3], *line[:3]) for line in sheet_rows(table, rows)] == [
        ("up", 1, 2, 1),
        ("down", 2, 1, -1),
        ("new", 3, None, None),
        ("gone", 4, 3, -1),
        ("合计", None, None, None),
    ]


def test_without_comparison_there_is_one_column_of_places(people):
    ordered(CustomerFactory(owner=people.owner, name="店"), 5, today())
    asked = asked_by(people.owner, today())
    table, rows = REPORTS["top_customers"].flow(asked, "customer", Look())
    assert sheet_heads(table)[:2] == ["排名", "客户"]
    assert next(sheet_rows(table, rows))[:2] == [1, "店"]


def test_equal_figures_share_a_place(people):
    for amount in (5, 5, 3):
        ordered(CustomerFactory(owner=people.owner), amount, today())
    asked = asked_by(people.owner, today())
    table = REPORTS["top_customers"].table(asked, "customer")
    assert [row.rank for row in table.rows] == [1, 1, 3]


# --- concentration
def test_nobody_ordered(people):
    table = REPORTS["customer_concentration"].table(asked_by(people.owner), "abc")
    assert [row.values for row in table.rows] == [(0, None, 0, None)] * 3


@pytest.mark.parametrize(
    "amounts",
    [
        ("80", "15", "5"),
        ("4", "50", "6", "40"),
        ("0.1", "0.2", "0.3"),
        ("7",),
        ("0", "10"),
        ("0.07", "0.28", "0.65"),
    ],
)
def test_the_database_puts_customers_into_the_classes_of_the_rule(people, amounts):
    for amount in amounts:
        ordered(CustomerFactory(owner=people.owner), amount)
    ordered(CustomerFactory(owner=people.outsider), 1000)
    for by, classes in (
        ("abc", abc([Decimal(amount) for amount in amounts])),
        ("top_share", {str(share): top([Decimal(amount) for amount in amounts], share) for share in TOPS}),
    ):
        table = REPORTS["customer_concentration"].table(asked_by(people.owner), by)
        found = {row.key: (row.values[0], row.values[2]) for row in table.rows}
        assert found == {key: (sum(members), len(members)) for key, members in classes.items()}


# --- new and lost ones
def test_the_day_a_customer_turns_lost(people):
    """Ninety days without an order are no loss, the day after them is."""
    customer = CustomerFactory(owner=people.owner, last_order_on=today() - 91 * DAY)
    CustomerFactory(owner=people.owner, last_order_on=today() - 90 * DAY)
    CustomerFactory(owner=people.owner, last_order_on=today() - 91 * DAY, status="inactive")
    CustomerFactory(owner=people.outsider, last_order_on=today() - 91 * DAY)
    day = today().isoformat()
    assert turned_lost(asked_by(people.owner), "day") == {day: 1}
    assert turned_lost(asked_by(people.superior), "rep") == {str(people.owner.pk): 1}
    assert turned_lost(asked_by(people.superior, last=today() - DAY), "day") == {}
    lost = Asked(people.owner, Period("custom", today(), today()), today())
    rows = counted_rows(lost, "customer_lost", CUSTOMERS, "standing", "lost")
    assert [row.pk for row in rows] == [customer.pk]


def test_a_group_that_only_lost_customers_has_its_row(people):
    CustomerFactory(
        owner=people.owner, level="B", last_order_on=today() - 100 * DAY, created_on=today() - 300 * DAY
    )
    table = REPORTS["customer_growth"].table(asked_by(people.owner), "level", compare=Comparison.BEFORE)
    row = next(row for row in table.rows if row.key == "B")
    assert row.values == (0, 0, None, 0, 1)
    assert table.totals[-1] == 1


# --- places
def test_districts_of_one_name_in_two_cities_stay_apart(people):
    for city, lat in (("北京市", 39.9), ("长春市", 43.8)):
        CustomerFactory(owner=people.owner, city=city, district="朝阳区", latitude=lat, longitude=120)
    CustomerFactory(owner=people.owner, city="北京市", district="朝阳区", latitude=40.1, longitude=116)
    CustomerFactory(owner=people.owner, city="北京市", district="海淀区", latitude=None, longitude=None)
    CustomerFactory(owner=people.owner, city="", district="")
    CustomerFactory(owner=people.outsider, city="北京市", district="朝阳区", latitude=30, longitude=100)
    table = REPORTS["customer_map"].table(asked_by(people.owner), "area")
    found = {row.key: (row.values[0], row.place) for row in table.rows}
    assert found["北京市/朝阳区"] == (2, pytest.approx((40.0, 118.0)))
    assert found["长春市/朝阳区"] == (1, pytest.approx((43.8, 120.0)))
    assert found["北京市/海淀区"] == (1, None)
    assert found["none"][0] == 1
    assert {row.label for row in table.rows} >= {"北京市 朝阳区", "长春市 朝阳区"}


def test_rows_of_an_area(people):
    there = CustomerFactory(owner=people.owner, city="北京市", district="朝阳区")
    CustomerFactory(owner=people.owner, city="长春市", district="朝阳区")
    nowhere = CustomerFactory(owner=people.owner, city="", district="")
    for key, customer in (("北京市/朝阳区", there), ("none", nowhere)):
        rows = counted_rows(asked_by(people.owner), "customer_count", CUSTOMERS, "area", key)
        assert [row.pk for row in rows] == [customer.pk]
    with pytest.raises(ValueError, match="朝阳区"):
        DIMENSIONS["area"].condition(CUSTOMERS, "朝阳区")


# --- activity
def test_activity_counts_a_customer_once_and_for_his_owner(people):
    """Two orders of one customer, one of them taken by a colleague; another customer is silent."""
    active = CustomerFactory(owner=people.owner)
    CustomerFactory(owner=people.owner)
    ordered(active, 10, today() - DAY)
    ordered(active, 10, rep=people.colleague)
    ordered(active, 10, status="cancelled")
    table = engine.table(
        asked_by(people.superior), ["activity_share", "ordering_customers", "repeat_customers"], "rep"
    )
    values = {row.key: row.values for row in table.rows}
    assert values == {str(people.owner.pk): (0.5, 1, 1)}


def test_the_first_order_is_no_repeat(people):
    """Of two orders on one day the one entered first is the first; drafts and cancelled ones come before nothing."""
    customer = CustomerFactory(owner=people.owner, created_on=today() - 10 * DAY)
    ordered(customer, 10, today() - 9 * DAY, status="cancelled")
    ordered(customer, 10, today() - 4 * DAY)
    ordered(customer, 10, today() - 4 * DAY)
    early = CustomerFactory(owner=people.owner, created_on=today() - 2 * DAY)
    ordered(early, 10, today() - 5 * DAY)
    codes = ["first_orders", "deal_days_sum", "deal_days", "repeat_customers"]
    table = engine.table(asked_by(people.owner), codes, "rep")
    assert table.totals == (2, 6, 3.0, 1)
    assert engine.table(asked_by(people.owner, last=today() - 5 * DAY), codes, "rep").totals == (1, 0, 0.0, 0)
