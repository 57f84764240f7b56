"""The rep's home: six tiles that lead to their rows, and the sales board with target and place."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from alerts.models import Alert
from common.periods import whole
from reports import queries
from reports.queries.rep_board import sales_board, tiles
from sales.models import Bill, Delivery, Receipt, Refund, Target
from tests.factories import (
    BillFactory,
    CustomerFactory,
    FollowUpFactory,
    SalesOrderFactory,
    VisitFactory,
    VisitTaskFactory,
)

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def today():
    return timezone.localdate()


def test_tiles_are_the_reps_own_day(people, today):
    mine, other = CustomerFactory(owner=people.owner), CustomerFactory(owner=people.colleague)
    yesterday = today - dt.timedelta(days=1)
    for shop in (mine, other):
        make = {"customer": shop, "rep": shop.owner}
        SalesOrderFactory(customer=shop, total=D("100.10"))
        SalesOrderFactory(customer=shop, total=5, ordered_on=yesterday)
        for n, (day, status) in enumerate(((today, "posted"), (today, "reversed"), (yesterday, "posted"))):
            Delivery.objects.create(
                number=f"D{n}{shop.pk}", issued_on=day, due_on=day, amount=30, status=status, **make
            )
            receipt = Receipt.objects.create(
                number=f"R{n}{shop.pk}", received_on=day, amount=9, used=2, refunded=2, **make
            )
            Refund.objects.create(
                number=f"F{n}{shop.pk}", refunded_on=day, amount=2, status=status, receipt=receipt, **make
            )
        for days, amount in ((-1, 10), (0, 20), (1, 40)):
            due = today + dt.timedelta(days=days)
            BillFactory(customer=shop, rep=shop.owner, due_on=due, billed_on=yesterday, amount=amount)
    found = tiles(people.owner, today)
    assert (found.sums.orders.count, found.sums.orders.amount) == (1, D("100.10"))
    assert (found.sums.deliveries.count, found.sums.deliveries.amount) == (1, D(30))
    assert (found.refunds.count, found.refunds.amount) == (1, D(2))
    assert found.to_collect == D(30)  # overdue and due today, not what is due tomorrow


def test_tiles_of_people_to_see(people, today):
    for n in range(3):
        shop = CustomerFactory(owner=people.owner)
        task = VisitTaskFactory(customer=shop)
        if n == 0:
            VisitFactory(customer=shop, task=task)
    FollowUpFactory(customer=shop)
    shop.next_contact_at = timezone.now()
    shop.save()
    found = tiles(people.owner, today)
    assert (found.to_visit, found.to_contact) == (2, 1)


def test_the_board_shows_amounts_always_and_counts_with_a_target(people, today):
    SalesOrderFactory(customer=CustomerFactory(owner=people.owner), total=40)
    SalesOrderFactory(customer=CustomerFactory(owner=people.outsider), total=90)
    target = {"year": today.year, "month": today.month, "rep": people.owner}
    Target.objects.create(measure="order_amount", value=100, **target)
    Target.objects.create(measure="visits", value=10, **target)
    lines = sales_board(people.owner, whole("month", today), today)
    assert [line.place.measure.name for line in lines] == [
        "order_amount",
        "sales_amount",
        "receipts",
        "visits",
    ]
    first = lines[0].place
    assert (first.result.actual, first.result.gap, first.rank, first.of) == (D(40), D(60), 1, 3)
    assert f"rep={people.owner.pk}" in lines[0].links.plus


def test_the_page_shows_tiles_board_and_periods(login, people, today):
    client = login(people.owner)
    Target.objects.create(
        measure="order_amount", value=100, year=today.year, month=today.month, rep=people.owner
    )
    page = client.get("/").content.decode()
    for text in (
        "今日订单",
        "今日出库",
        "今日退款",
        "待收款",
        "今日待联系",
        "今日待拜访",
        "销售看板",
        "排名",
    ):
        assert text in page
    assert "张业务" not in page
    for period in ("year", "custom", "custom&since=2026-11-05&until=2026-11-01"):
        assert client.get(f"/?board&period={period}").status_code == 200
    assert "结束日期早于开始日期" in client.get("/?board&since=2026-11-05&until=2026-11-01").content.decode()


def test_the_board_needs_the_permission(login, people):
    from django.contrib.auth.models import Permission

    people.owner.role.permissions.remove(Permission.objects.get(codename="view_target"))
    assert "销售看板" not in login(people.owner).get("/").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_home_asks_the_same_number_of_queries(login, people, django_assert_num_queries, count):
    for _ in range(count):
        shop = CustomerFactory(owner=people.owner)
        SalesOrderFactory(customer=shop)
        VisitFactory(customer=shop)
        BillFactory(customer=shop)
    client = login(people.owner)
    client.get("/")
    with django_assert_num_queries(19):
        assert client.get("/").status_code == 200


@pytest.fixture
def late_shops(people, today):
    """Overdue: two shops of the owner, with ¥100.40 and ¥40 of it, one put off, one of his colleague."""
    yesterday = today - dt.timedelta(days=1)
    sums = ((people.owner, (60, "40.40"), None), (people.owner, (40,), None), (people.owner, (7,), today))
    for owner, amounts, off in (*sums, (people.colleague, (999,), None)):
        shop = CustomerFactory(owner=owner)
        for amount in amounts:
            BillFactory(customer=shop, rep=owner, billed_on=yesterday, due_on=yesterday, amount=D(amount))
        BillFactory(customer=shop, rep=owner, billed_on=yesterday, due_on=today, amount=5)
        Alert.objects.create(
            customer=shop,
            kind="overdue",
            owner=owner,
            base_on=yesterday,
            period_days=0,
            due_on=yesterday,
            opened_on=today,
            snoozed_until=off and off + dt.timedelta(days=3),
        )
    Bill.objects.filter(amount=60).update(settled=10)
    return people


def test_my_alerts_show_what_is_overdue_as_money(late_shops, login, today, django_assert_num_queries):
    people = late_shops
    with django_assert_num_queries(1):
        found = {one.kind: one for one in queries.alert_counts(people.owner, today, own=True)}
    assert (found["overdue"].count, found["overdue"].money) == (2, D("130.40"))
    assert found["unvisited"].money is None
    page = login(people.owner).get("/").content.decode()
    tile = page.split('href="/alerts/mine/?kind=overdue"')[1].split("</a>")[0]
    assert "¥130.40" in tile


def test_whoever_may_not_see_receivables_sees_how_many_are_overdue(late_shops, login):
    from django.contrib.auth.models import Permission

    people = late_shops
    people.owner.role.permissions.remove(Permission.objects.get(codename="view_receipt"))
    page = login(people.owner).get("/").content.decode()
    tile = page.split('href="/alerts/mine/?kind=overdue"')[1].split("</a>")[0]
    assert ">2</b>" in tile
    assert "¥" not in tile
