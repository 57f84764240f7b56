"""我的销售查询: whose slips, which days, sums against a loop, the ways to the slips."""

import datetime as dt
import re
from decimal import Decimal
from html import unescape

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from common.periods import Period, whole
from reports.queries import sales_query as queries
from sales.models import Delivery, OrderLine, ProductCategory, Receipt, Refund, SalesReturn, StockLocation
from sales.queries.actuals import actuals
from tests.factories import BillFactory, CustomerFactory, ProductFactory, SalesOrderFactory, UserFactory

pytestmark = pytest.mark.django_db
D = Decimal
ZERO = D(0)
ADDRESSES = [
    reverse(f"reports:{name}") for name in ("sales_query", "sales_query_products", "sales_query_days")
]
CUSTOMERS, PRODUCTS, DAYS = ADDRESSES


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def sell(people, today):
    """sell(rep, 100, day=…) → an order of 100 with its goods 90 out and 10 back, 50 paid and 5 of it refunded."""
    place = StockLocation.objects.filter(kind="warehouse").first() or StockLocation.objects.create(
        kind="warehouse", name="一号仓"
    )
    numbers = iter(range(1000))

    def _sell(rep, total=100, *, day=today, customer=None, discount=ZERO):
        shop = customer or CustomerFactory(owner=rep)
        n = next(numbers)
        make = {"customer": shop, "rep": rep}
        net = D(total) * (1 - discount)
        order = SalesOrderFactory(ordered_on=day, total=net, discount=discount, **make)
        product = ProductFactory(category=ProductCategory.objects.get_or_create(name="水")[0], unit="瓶")
        OrderLine.objects.create(order=order, product=product, quantity=4, price=D(total) / 4, amount=total)
        delivery = Delivery.objects.create(number=f"D{n}", issued_on=day, due_on=day, amount=90, **make)
        SalesReturn.objects.create(
            number=f"T{n}", returned_on=day, amount=10, used=10, location=place, **make
        )
        receipt = Receipt.objects.create(
            number=f"R{n}", received_on=day, amount=50, used=5, refunded=5, **make
        )
        Refund.objects.create(number=f"F{n}", refunded_on=day, amount=5, receipt=receipt, **make)
        BillFactory(delivery=delivery, customer=shop, rep=rep, due_on=day - dt.timedelta(days=1), amount=90)
        SalesOrderFactory(ordered_on=day, total=999, status="draft", **make)
        Receipt.objects.create(number=f"X{n}", received_on=day, amount=7, status="reversed", **make)
        return order

    return _sell


def ask(user, today, rep=None):
    asked = queries.ask(user, whole("month", today), rep)
    assert asked is not None
    return asked


def totals(asked, today):
    return queries.totals(asked, today, queries.by_day(asked))


# --- figures
def test_totals_count_what_counts(people, sell, today):
    sell(people.owner, 100)
    sell(people.owner, 200, day=today.replace(day=1), discount=D("0.25"))
    sell(people.owner, day=today.replace(day=1) - dt.timedelta(days=1))  # last month's
    sell(people.colleague, 1000)
    found = totals(ask(people.owner, today), today)
    assert (found.orders, found.ordered) == (2, D(250))
    assert (found.sold, found.returned) == (D(160), D(20))
    assert (found.paid, found.refunded) == (D(90), D(10))
    assert (found.receivable, found.overdue) == (D(270), D(270))  # all he is owed, whenever it was sold
    for measure, value in (
        ("order_amount", found.ordered),
        ("sales_amount", found.sold),
        ("receipts", found.paid),
    ):
        month = whole("month", today)
        reached = actuals(measure, month.first, month.last, reps={people.owner.pk})
        assert sum(actual.value for actual in reached) == value  # the same as on the boards
    team = totals(ask(people.superior, today), today)
    assert team.ordered == D(1250)
    assert totals(ask(people.superior, today, people.colleague.pk), today).ordered == D(1000)


def test_by_customer_product_and_day_add_up_to_the_totals(people, sell, today):
    shop = CustomerFactory(owner=people.owner)
    sell(people.owner, 100, customer=shop)
    sell(people.owner, 60, customer=shop, day=today.replace(day=1), discount=D("0.5"))
    sell(people.owner, 300)
    asked = ask(people.owner, today)
    total = totals(asked, today)
    rows = {row.pk: row for row in queries.by_customer(asked, today)}
    mine = rows[shop.pk]
    assert (mine.order_count, mine.ordered, mine.sold, mine.paid) == (2, D(130), D(160), D(90))
    assert (mine.receivable, mine.overdue) == (D(180), D(180))
    assert sum(row.ordered for row in rows.values()) == total.ordered
    products = list(queries.by_product(asked))
    assert sum(row.ordered for row in products) == total.ordered
    assert {(row.order_count, row.quantity) for row in products} == {(1, D(4))}
    days = queries.by_day(asked)
    assert [row.day for row in days] == sorted({today, today.replace(day=1)}, reverse=True)
    assert sum(row.ordered for row in days) == total.ordered
    assert sum(row.sold for row in days) == total.sold
    assert sum(row.paid for row in days) == total.paid
    assert sum(row.orders for row in days) == total.orders


def test_a_customer_who_only_paid_is_listed(people, today):
    shop = CustomerFactory(owner=people.owner)
    Receipt.objects.create(number="R1", received_on=today, amount=5, customer=shop, rep=people.owner)
    [row] = queries.by_customer(ask(people.owner, today), today)
    assert (row.order_count, row.ordered, row.paid) == (0, D(0), D(5))


def test_a_rep_out_of_scope_cannot_be_asked_for(people, today):
    period = Period("custom", today, today)
    assert queries.ask(people.owner, period, people.colleague.pk) is None
    assert queries.ask(people.superior, period, people.outsider.pk) is None
    assert queries.ask(people.admin, period, people.outsider.pk) is not None


# --- pages
@pytest.mark.parametrize("address", ADDRESSES)
def test_pages_follow_scope_and_permission(login, people, sell, address):
    sell(people.owner, 123)
    for who, sees in (
        ("owner", True),
        ("superior", True),
        ("admin", True),
        ("colleague", False),
        ("outsider", False),
    ):
        response = login(getattr(people, who)).get(address)
        assert response.status_code == 200
        assert ("¥123.00" in response.content.decode()) is sees
    strange = f"{address}?rep={people.owner.pk}"
    assert login(people.colleague).get(strange).status_code == 404
    assert login(people.superior).get(strange).status_code == 200
    assert login(people.superior).get(f"{address}?rep=me").status_code == 404
    people.admin.role.permissions.clear()
    assert login(people.admin).get(address).status_code == 403


def test_who_may_not_see_receipts_sees_no_money_received(login, people, sell, today):
    from django.contrib.auth.models import Permission

    sell(people.owner)
    people.owner.role.permissions.remove(Permission.objects.get(codename="view_receipt"))
    client = login(people.owner)
    for address in (CUSTOMERS, DAYS):
        page = client.get(address).content.decode()
        assert "已收" not in page
        assert "当前应收" not in page
    assert client.get(CUSTOMERS + "?sort=-receivable").status_code == 200


def test_figures_lead_to_their_slips(login, people, sell, today):
    order = sell(people.owner, 100)
    sell(people.owner, 5, day=today.replace(day=1) - dt.timedelta(days=1), customer=order.customer)
    client = login(people.owner)
    response = client.get(CUSTOMERS)
    columns = {head["column"].key: head["column"] for head in response.context["columns"]}
    row = response.context["page"].object_list[0]
    listed = client.get(columns["ordered"].url(row)).context["page"].object_list
    assert [o.pk for o in listed if o.status != "draft"] == [order.pk]
    response = client.get(PRODUCTS)
    columns = {head["column"].key: head["column"] for head in response.context["columns"]}
    row = response.context["page"].object_list[0]
    assert [
        line.order_id for line in client.get(columns["ordered"].url(row)).context["page"].object_list
    ] == [order.pk]
    assert client.get(response.context["head"]["orders_url"]).status_code == 200


def test_presets_custom_periods_and_wrong_ones(login, people, sell, today):
    sell(people.owner, 100, day=today - dt.timedelta(days=400))
    client = login(people.owner)
    assert "这段时间没有销售" in client.get(CUSTOMERS).content.decode()
    assert "这段时间没有销售" in client.get(DAYS).content.decode()
    since = today - dt.timedelta(days=401)
    page = client.get(f"{CUSTOMERS}?period=custom&since={since}&until={today}").content.decode()
    assert "¥100.00" in page
    page = client.get(f"{CUSTOMERS}?period=custom&since=2026-02-30").content.decode()
    assert "日期格式不对" in page
    assert "2026-02-30" in page


def test_search_keeps_period_and_rep(login, people, sell, today):
    sell(people.owner, 100, customer=CustomerFactory(owner=people.owner, name="好邻居"))
    sell(people.owner, 100, customer=CustomerFactory(owner=people.owner, name="美宜佳"))
    query = f"?period=year&rep={people.owner.pk}&q=好邻居"
    response = login(people.superior).get(CUSTOMERS + query)
    assert [row.name for row in response.context["page"].object_list] == ["好邻居"]
    page = response.content.decode()
    assert '<input type="hidden" name="period" value="year"' in page
    assert "美宜佳" not in page


@pytest.mark.parametrize(("address", "heads"), [(CUSTOMERS, 8), (PRODUCTS, 6), (DAYS, 5)])
def test_export_needs_the_permission(login, people, sell, tmp_path, address, heads):
    sell(people.owner)
    assert login(people.owner).get(address + "?export=xlsx").status_code == 403
    path = tmp_path / "x.xlsx"
    path.write_bytes(b"".join(login(people.superior).get(address + "?export=xlsx").streaming_content))
    rows = list(openpyxl.load_workbook(path).active.iter_rows(values_only=True))
    assert len(rows) == 2
    assert len(rows[0]) == heads


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("address", "most"), [(CUSTOMERS, 10), (PRODUCTS, 10), (DAYS, 8)])
def test_pages_ask_the_same_number_of_queries(
    login, people, sell, django_assert_num_queries, address, most, count
):
    for _ in range(count):
        sell(people.owner)
    client = login(people.superior)
    client.get(address)
    with django_assert_num_queries(most):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize("address", ADDRESSES)
def test_figures_lead_only_where_one_may_go(login, people, sell, address):
    sell(people.owner)
    clerk = login(UserFactory(role="service", department=people.head))
    page = clerk.get(address).content.decode().split("<main")[1].split("</main>")[0]
    assert "¥80.00" in page or address == PRODUCTS  # what was sold, less the return
    links = {unescape(link) for link in re.findall(r'href="(/[^"]+)"', page)}
    assert len(links) > 3
    assert {link: 403 for link in links if clerk.get(link).status_code == 403} == {}
