"""The pages of targets: who sees what, typing, a year at once, completion, the card."""

import json
import re
from decimal import Decimal
from html import unescape

import openpyxl
import pytest
from django.urls import reverse

from common import business_calendar
from sales.models import (
    Delivery,
    OrderLine,
    ProductCategory,
    Receipt,
    Refund,
    SalesReturn,
    StockLocation,
    Target,
)
from tests.factories import (
    CustomerFactory,
    DepartmentFactory,
    ProductFactory,
    SalesOrderFactory,
    UserFactory,
    VisitFactory,
)

pytestmark = pytest.mark.django_db
GRID, COMPLETION, CARD = (reverse(f"sales:target_{name}") for name in ("grid", "completion", "card"))
CELLS = reverse("sales:target_cells")


def target(rep=None, value=1000, month=None, measure="order_amount", **more):
    today = business_calendar.today()
    return Target.objects.create(
        year=today.year, month=month or today.month, measure=measure, rep=rep, value=value, **more
    )


def send(client, *cells, query=""):
    body = {"cells": [{"key": key, "month": month, "value": value} for key, month, value in cells]}
    return client.post(CELLS + query, json.dumps(body), content_type="application/json")


# --- who sees what
@pytest.mark.parametrize("address", [GRID, COMPLETION])
def test_pages_show_the_users_scope(login, people, address):
    names = {"owner": "李业务", "colleague": "张业务", "outsider": "赵外人"}
    sees = {
        "admin": {"owner", "colleague", "outsider"},
        "superior": {"owner", "colleague"},
        "owner": {"owner"},
        "outsider": {"outsider"},
    }
    for name in names:
        target(getattr(people, name))
    for who, seen in sees.items():
        response = login(getattr(people, who)).get(address + "?by=rep")
        assert response.status_code == 200
        rows = response.context["rows"]
        assert {name for name in names if names[name] in [row.subject.name for row in rows]} == seen


@pytest.mark.parametrize("address", [GRID, COMPLETION, CARD])
def test_pages_need_the_permission(login, people, address):
    people.finance.role.permissions.clear()
    assert login(people.finance).get(address).status_code == 403


def test_writes_need_the_permission(login, people):
    client = login(people.owner)
    for name in ("cells", "copy", "spread", "import"):
        assert client.post(reverse(f"sales:target_{name}")).status_code == 403


def test_a_rep_looks_and_does_not_type(login, people):
    target(people.owner, 4321)
    page = login(people.owner).get(GRID).content.decode()
    assert "4,321" in page
    assert '<input class="tg-cell"' not in page


@pytest.mark.parametrize(
    "query", ["?measure=profit", "?measure=category_amount", "?year=1", "?year=99999", "?in=d0"]
)
def test_what_does_not_exist_is_404(login, people, query):
    address = COMPLETION if "in=" in query or "measure" in query else GRID
    assert login(people.admin).get(address + query).status_code == 404


def test_anothers_department_is_404(login, people):
    target(people.outsider)
    assert login(people.superior).get(f"{COMPLETION}?in=d{people.other.pk}").status_code == 404


def test_the_empty_company_says_what_is_missing(login, people):
    for person in (people.owner, people.colleague, people.outsider):
        person.is_active = False
        person.save()
    page = login(people.superior).get(GRID).content.decode()
    assert "还没有可设目标的人员" in page


# --- typing
def test_typed_cells_are_saved_and_sums_come_back(login, people):
    owner, sales = f"r{people.owner.pk}", f"d{people.sales.pk}"
    response = send(login(people.superior), (owner, 1, "1.2万"), (sales, 1, "20,000"), (owner, 2, "x"))
    assert response.status_code == 200
    answer = response.json()
    assert answer["changed"] == 2
    assert answer["errors"] == [{"key": owner, "month": 2, "text": "“x”不是数字。"}]
    assert answer["rows"][owner]["values"][:2] == ["12,000", ""]
    assert answer["rows"][sales]["below"][0] == "12,000"
    assert answer["rows"][sales]["total"] == "20,000"
    assert set(answer["rows"]) == {sales, owner, f"r{people.colleague.pk}"}


def test_typing_out_of_scope_is_refused(login, people):
    client = login(people.superior)
    assert send(client, ("company", 1, "1")).status_code == 403
    assert send(client, (f"r{people.outsider.pk}", 1, "1")).status_code == 403
    assert send(client, ("nobody", 1, "1")).status_code == 422
    assert not Target.objects.exists()


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"cells": [1]}', '{"cells": [{"key": "r1"}]}'])
def test_what_cannot_be_read_is_400(login, people, body):
    response = login(people.superior).post(CELLS, body, content_type="application/json")
    assert response.status_code == 400


def test_cells_belong_to_the_pages_measure_and_year(login, people):
    water = ProductCategory.objects.create(name="水")
    query = f"?measure=category_amount&category={water.pk}&year=2027"
    assert send(login(people.superior), (f"r{people.owner.pk}", 5, "7"), query=query).status_code == 200
    row = Target.objects.get()
    assert (row.year, row.month, row.category, row.value) == (2027, 5, water, 7)


# --- a year at once
def test_a_year_is_spread_and_copied(login, people):
    client, key = login(people.superior), f"r{people.owner.pk}"
    post = {"spread-key": key, "spread-total": "12万", "spread-shape": "even"}
    response = client.post(reverse("sales:target_spread") + "?year=2025", post, follow=True)
    assert "已更新 12 个目标" in response.content.decode()
    post = {"copy-source": "targets", "copy-percent": "10", "copy-under": "", "copy-keep": "on"}
    client.post(reverse("sales:target_copy") + "?year=2026", post)
    assert set(Target.objects.filter(year=2026).values_list("value", flat=True)) == {Decimal(11000)}
    response = client.post(reverse("sales:target_copy") + "?year=2026", post, follow=True)
    assert "没有可套用" in response.content.decode()


def test_wrong_input_keeps_what_was_typed(login, people):
    client, key = login(people.superior), f"r{people.owner.pk}"
    response = client.post(
        reverse("sales:target_spread"), {"spread-key": key, "spread-total": "viel", "spread-shape": "even"}
    )
    assert response.status_code == 422
    page = response.content.decode()
    assert 'value="viel"' in page
    assert "“viel”不是数字。" in page
    response = client.post(
        reverse("sales:target_spread"), {"spread-key": key, "spread-total": "9", "spread-shape": "last_year"}
    )
    assert (response.status_code, "去年没有数据" in response.content.decode()) == (422, True)
    response = client.post(reverse("sales:target_copy"), {"copy-percent": "-500"})
    assert response.status_code == 422
    foreign = {"spread-key": f"r{people.outsider.pk}", "spread-total": "9", "spread-shape": "even"}
    assert client.post(reverse("sales:target_spread"), foreign).status_code == 422
    assert not Target.objects.exists()


# --- completion
def test_completion_links_lead_to_rows_that_add_up(login, people):
    for rep, total in ((people.owner, 400), (people.colleague, 90), (people.outsider, 7)):
        target(rep, 1000)
        SalesOrderFactory(customer=CustomerFactory(owner=rep), total=total)
    client = login(people.admin)
    rows = client.get(COMPLETION + "?by=department").context["rows"]
    [row] = [row for row in rows if row.subject.name == "销售一部"]
    listed = client.get(row.links.plus)
    assert [order.total for order in listed.context["page"].object_list] == [90, 400]
    assert "销售一部" in listed.content.decode()
    [row] = client.get(COMPLETION + "?by=rep&in=" + row.subject.key).context["rows"][:1]
    assert len(client.get(row.links.plus).context["page"].object_list) == 1


def test_returns_and_refunds_are_told_apart_with_their_rows(login, people):
    today = business_calendar.today()
    make = {"customer": CustomerFactory(owner=people.owner), "rep": people.owner}
    place = StockLocation.objects.create(kind="warehouse", name="退货仓")
    Delivery.objects.create(number="D1", issued_on=today, due_on=today, amount=100, **make)
    SalesReturn.objects.create(number="T1", returned_on=today, amount=30, location=place, **make)
    receipt = Receipt.objects.create(number="R1", received_on=today, amount=80, used=5, refunded=5, **make)
    Refund.objects.create(number="F1", refunded_on=today, amount=5, receipt=receipt, **make)
    client = login(people.superior)
    for measure, actual, minus, number in (("sales_amount", 70, 30, "T1"), ("receipts", 75, 5, "F1")):
        response = client.get(f"{COMPLETION}?by=rep&measure={measure}")
        row = next(row for row in response.context["rows"] if row.subject.name == "李业务")
        assert (row.result.actual, row.minus) == (actual, minus)
        assert f"-¥{minus}.00" in response.content.decode()
        assert [slip.number for slip in client.get(row.links.minus).context["page"].object_list] == [number]
    assert "-¥30.00" in login(people.owner).get("/").content.decode()


def test_visits_and_new_customers_lead_to_their_lists(login, people):
    VisitFactory(customer=CustomerFactory(owner=people.owner))
    VisitFactory(customer=CustomerFactory(owner=people.outsider))
    client = login(people.admin)
    for measure in ("visits", "new_customers"):
        rows = client.get(f"{COMPLETION}?by=department&measure={measure}").context["rows"]
        [row] = [row for row in rows if row.subject.name == "销售一部"]
        listed = client.get(row.links.plus).context["page"].object_list
        assert len(listed) == row.result.actual == 1


@pytest.mark.parametrize("measure", ["visits", "sales_amount", "receipts", "new_customers", "order_amount"])
@pytest.mark.parametrize("who", ["finance", "owner"])
def test_figures_lead_only_where_one_may_go(login, people, measure, who):
    """Finance sees how many visits were made, and opens no list of them."""
    target(people.owner, 10, measure=measure)
    client = login(getattr(people, who))
    for page in (f"{COMPLETION}?by=rep&measure={measure}", CARD):
        text = client.get(page).content.decode()
        assert "10" in text
        links = {unescape(link) for link in re.findall(r'href="(/[^"]+(?:since|created_after)=[^"]+)"', text)}
        rows = {link for link in links if not link.startswith("/sales-query/")}
        assert bool(rows) != (who == "finance" and measure == "visits")
        assert {link for link in links if client.get(link).status_code != 200} == set()


def test_a_category_leads_to_its_order_lines(login, people):
    water = ProductCategory.objects.create(name="水")
    order = SalesOrderFactory(customer=CustomerFactory(owner=people.owner), discount=Decimal("0.5"))
    for category in (water, None):
        product = ProductFactory(category=category, name=f"货{category or ''}")
        OrderLine.objects.create(order=order, product=product, quantity=1, price=10, amount=10)
    client = login(people.superior)
    row = client.get(f"{COMPLETION}?by=rep&measure=category_amount&category={water.pk}").context["rows"][0]
    assert row.result.actual == 5
    page = client.get(row.links.plus)
    assert [line.product.name for line in page.context["page"].object_list] == ["货水"]
    assert page.context["totals"][0]["text"] == "¥5.00"


def test_periods_are_stepped_and_a_wrong_one_is_named(login, people):
    client = login(people.admin)
    page = client.get(COMPLETION + "?since=2026-11-05&until=2026-11-01")
    assert "结束日期早于开始日期" in page.content.decode()
    assert 'value="2026-11-05"' in page.content.decode()
    page = client.get(COMPLETION + "?period=quarter&on=2026-02-01")
    assert "on=2025-10-01" in page.context["before"]


def test_a_rep_sees_his_place(login, people):
    target(people.owner, 100)
    response = login(people.owner).get(COMPLETION)
    assert "排名 1 / 3" in response.content.decode()
    assert "张业务" not in response.content.decode()


def test_completion_goes_out_as_a_workbook(login, people, tmp_path):
    target(people.owner, 100)
    address = COMPLETION + "?by=rep&export=xlsx"
    path = tmp_path / "c.xlsx"
    path.write_bytes(b"".join(login(people.superior).get(address).streaming_content))
    rows = list(openpyxl.load_workbook(path).active.iter_rows(values_only=True))
    assert rows[0][:4] == ("排名", "名称", "目标", "实际完成")
    assert [row[1] for row in rows[1:]] == ["销售一部", "李业务", "张业务"]
    assert login(people.owner).get(address).status_code == 403


# --- the card
def test_the_card_for_a_manager_and_without_targets(login, people):
    client = login(people.superior)
    assert "本月还没有目标" in client.get(CARD).content.decode()
    target(people.owner, 100)
    SalesOrderFactory(customer=CustomerFactory(owner=people.owner), total=25)
    page = client.get(CARD).content.decode()
    assert "25%" in page
    assert "订货金额" in page
    assert CARD in client.get("/").content.decode()


# --- query counts
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("address", "queries"), [(GRID, 11), (COMPLETION, 12), (CARD, 12)])
def test_pages_ask_the_same_number_of_queries(
    login, people, django_assert_num_queries, address, queries, count
):
    for _ in range(count):
        department = DepartmentFactory(parent=people.sales)
        target(UserFactory(department=department), 5)
    client = login(people.superior)
    client.get(address)
    with django_assert_num_queries(queries):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_order_lines_ask_the_same_number_of_queries(login, people, django_assert_num_queries, count):
    for _ in range(count):
        order = SalesOrderFactory(customer=CustomerFactory(owner=people.owner))
        OrderLine.objects.create(order=order, product=ProductFactory(), quantity=1, price=1, amount=1)
    client = login(people.superior)
    client.get(reverse("sales:order_line_list"))
    with django_assert_num_queries(9):
        assert client.get(reverse("sales:order_line_list")).status_code == 200


def test_order_lines_follow_the_scope(login, people):
    order = SalesOrderFactory(customer=CustomerFactory(owner=people.owner))
    OrderLine.objects.create(order=order, product=ProductFactory(name="好水"), quantity=1, price=1, amount=1)
    address = reverse("sales:order_line_list")
    for who, sees in (("owner", True), ("superior", True), ("outsider", False)):
        assert ("好水" in login(getattr(people, who)).get(address).content.decode()) is sees
    people.finance.role.permissions.clear()
    assert login(people.finance).get(address).status_code == 403
