"""Screens of finance: who opens them, what they show, what they refuse, how many statements they take."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from comms.models import Notification
from sales import services
from sales.models import (
    FinanceSlip,
)
from sales.services import costs, refunds
from sales.services.opening_balances import open_balance
from tests.factories import BillFactory, CustomerFactory

pytestmark = pytest.mark.django_db
NOW = dt.date(2026, 11, 18)


@pytest.fixture(autouse=True)
def _the_day(noon):
    noon(NOW)


def days(n):
    return NOW - dt.timedelta(days=n)


PAGES = [  # address, row, a rep may open it, permission
    ("sales:bill_detail", "bill", True, "view_bill"),
    ("sales:bill_reverse", "bill", False, "change_bill"),
    ("sales:receipt_detail", "receipt", True, "view_receipt"),
    ("sales:receipt_reverse", "receipt", False, "change_receipt"),
    ("sales:receipt_allocate", "receipt", False, "allocate_receipt"),
    ("sales:receipt_refund", "receipt", False, "add_refund"),
    ("sales:refund_detail", "refund", True, "view_refund"),
    ("sales:refund_reverse", "refund", False, "change_refund"),
    ("sales:cost_detail", "cost", False, "view_costentry"),
    ("sales:cost_reverse", "cost", False, "change_costentry"),
    ("sales:statement", "customer", True, "view_bill"),
    ("sales:collection_create", "customer", True, "add_collectionnote"),
    ("sales:terms_edit", "customer", False, "change_customerterms"),
    ("sales:order_plan", "order", True, "view_salesorder"),
    ("sales:order_plan_edit", "order", False, "change_paymentinstalment"),
    ("sales:finance_send_back", "slip", False, "change_financeslip"),
]


@pytest.mark.parametrize(("name", "key", "for_reps", "permission"), PAGES)
def test_pages_follow_scope_and_permission(login, people, money, name, key, for_reps, permission):
    address = reverse(name, args=[money[key].pk])
    assert login(people.finance).get(address).status_code == 200
    assert login(people.superior).get(address).status_code == 200
    assert login(people.owner).get(address).status_code == (200 if for_reps else 403)
    if for_reps:
        assert login(people.outsider).get(address).status_code == 404
    people.finance.role.permissions.remove(Permission.objects.get(codename=permission))
    assert login(people.finance).get(address).status_code == 403


LISTS = [
    ("sales:bill_list", True),
    ("sales:receipt_list", True),
    ("sales:receivable_list", True),
    ("sales:overdue_list", True),
    ("sales:refund_list", True),
    ("sales:aging", True),
    ("sales:cost_list", False),
    ("sales:finance_inbox", False),
    ("sales:margins", False),
]


@pytest.mark.parametrize(("name", "for_reps"), LISTS)
def test_lists_follow_scope_and_permission(login, people, money, name, for_reps):
    BillFactory(customer=CustomerFactory(owner=people.outsider, name="别人的店"), due_on=days(40))
    BillFactory(customer=money["customer"], due_on=days(2), amount=Decimal(7))
    address = reverse(name)
    page = login(people.finance).get(address).content.decode()
    assert "老王超市" in page
    assert login(people.superior).get(address).status_code == 200
    assert login(people.owner).get(address).status_code == (200 if for_reps else 403)
    if for_reps:
        assert "老王超市" in login(people.owner).get(address).content.decode()
        page = login(people.outsider).get(address).content.decode()
        assert "老王超市" not in page
        assert "别人的店" not in login(people.owner).get(address).content.decode()


@pytest.mark.parametrize("name", [name for name, _reps in LISTS])
def test_as_many_queries_for_three_rows_as_for_one(login, people, name):
    def more():
        shop = CustomerFactory(owner=people.owner)
        open_balance(
            actor=people.finance, customer=shop, amount=Decimal(10), billed_on=days(60), due_on=days(40)
        )
        receipt = services.record_receipt(
            actor=people.owner, customer=shop, amount=Decimal(4), method="cash", allocate=False
        )
        refunds.pay_refund(actor=people.finance, source=receipt, amount=Decimal(1), method="cash")
        costs.record_cost(actor=people.finance, customer=shop, kind="freight", amount=Decimal(8))

    client = login(people.finance)
    more()
    client.get(reverse(name))
    counts = []
    for rows in (0, 2):
        for _row in range(rows):
            more()
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse(name)).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 12


@pytest.mark.parametrize("name", [name for name, _reps in LISTS])
def test_empty_lists_say_so(login, people, name):
    assert "empty-title" in login(people.finance).get(reverse(name)).content.decode()


@pytest.mark.parametrize("name", [name for name, _reps in LISTS])
def test_lists_go_into_excel(login, people, money, name):
    BillFactory(customer=money["customer"], due_on=days(2), amount=Decimal(7))
    response = login(people.finance).get(reverse(name), {"export": "xlsx"})
    assert b"".join(response.streaming_content)[:2] == b"PK"
    response.close()


# --- the inbox of finance
def test_inbox_ticks_off_one_or_many_and_sends_back(login, people, money):
    client = login(people.finance)
    count = reverse("sales:finance_count")
    waiting = FinanceSlip.objects.filter(checked_at__isnull=True).count()
    assert str(waiting) in client.get(count).content.decode()
    slip = money["slip"]
    address = reverse("sales:finance_send_back", args=[slip.pk])
    assert client.post(address, {"remark": " "}).status_code == 422
    client.post(address, {"remark": "没有付款凭证"})
    slip.refresh_from_db()
    assert (slip.remark, slip.checked_at) == ("没有付款凭证", None)
    assert "没有付款凭证" in Notification.objects.get(recipient=people.owner).body
    page = client.get(reverse("sales:finance_inbox"), {"state": "sent_back"}).content.decode()
    assert money["receipt"].number in page
    client.post(reverse("sales:finance_check"), {"pk": [slip.pk]})
    slip.refresh_from_db()
    assert slip.checked_by == people.finance
    client.post(reverse("sales:finance_check"), {"all": "1", "query": "kind=cost"})
    assert set(FinanceSlip.objects.filter(checked_at__isnull=False).values_list("kind", flat=True)) == {
        "receipt",
        "cost",
    }
    assert client.post(address, {"remark": "晚了"}).status_code == 422
    assert login(people.owner).post(reverse("sales:finance_check"), {"pk": [slip.pk]}).status_code == 403


def test_a_manager_ticks_off_only_what_he_sees(login, people, money):
    other = CustomerFactory(owner=people.outsider)
    services.record_receipt(actor=people.outsider, customer=other, amount=Decimal(1), method="cash")
    login(people.superior).post(reverse("sales:finance_check"), {"all": "1"})
    assert FinanceSlip.objects.get(customer=other).checked_at is None
    assert not FinanceSlip.objects.exclude(customer=other).filter(checked_at__isnull=True).exists()


def test_finance_home(login, people, money):
    page = login(people.finance).get("/").content.decode()
    assert money["receipt"].number in page
    assert reverse("sales:overdue_list") in page


# --- figures
def test_aging_page_leads_to_the_bills(login, people, money, shop):
    BillFactory(customer=shop, due_on=days(95), amount=Decimal("12.34"))
    client = login(people.finance)
    page = client.get(reverse("sales:aging")).content.decode()
    assert "12.34" in page
    link = re.search(r'href="(/bills/\?[^"]*bucket=d120[^"]*)"', page).group(1).replace("&amp;", "&")
    assert "12.34" in client.get(link).content.decode()
    for by in ("rep", "department"):
        assert "12.34" in client.get(reverse("sales:aging"), {"by": by}).content.decode()
    then = client.get(reverse("sales:aging"), {"as_of": days(30).isoformat()}).content.decode()
    assert "¥112.34" in then  # the old bill was not paid yet
    assert client.get(reverse("sales:aging"), {"as_of": "x", "by": "y", "page": "z"}).status_code == 200


def test_aging_is_paged_by_the_database(login, people, shop, monkeypatch):
    monkeypatch.setattr("sales.views.aging.PAGE_SIZE", 2)
    shops = [CustomerFactory(owner=people.owner, name=f"欠款店{n}") for n in range(3)]
    for n, each in enumerate(shops):
        BillFactory(customer=each, due_on=days(5), amount=Decimal(10 * (n + 1)))
    client = login(people.finance)
    names = {
        page: [line["name"] for line in client.get(reverse("sales:aging"), {"page": page}).context["lines"]]
        for page in ("1", "2", "9", "-1", "二")
    }
    first, last = ["欠款店2", "欠款店1"], ["欠款店0"]
    assert names == {"1": first, "2": last, "9": last, "-1": first, "二": first}
    page = client.get(reverse("sales:aging"), {"page": "2"})
    assert page.context["total"]["row"].total == 60
    assert "第 3–3 条，共 3 条" in page.content.decode()
    nothing = client.get(reverse("sales:aging"), {"q": "没有这家店", "page": "3"})
    assert "当天没有欠款" in nothing.content.decode()


def test_statement(login, people, money, shop):
    client = login(people.owner)
    address = reverse("sales:statement", args=[shop.pk])
    page = client.get(address, {"since": days(90).isoformat(), "until": NOW.isoformat()})
    told = page.context["told"]
    assert (told.opening, told.closing) == (0, Decimal("-20.50"))  # 23.50 + 100 − 150 + 6
    assert [entry.balance for entry in told.entries][-1] == told.closing
    assert (told.receivable, told.prepaid) == (0, Decimal("20.50"))
    late = client.get(address, {"since": days(10).isoformat(), "until": days(4).isoformat()}).context["told"]
    assert (late.opening, late.closing, late.entries) == (100, 100, [])
    assert client.get(address, {"since": "2026-05-05", "until": "2026-01-01"}).status_code == 200
    for year in ("0001", "9999"):
        assert client.get(address, {"since": f"{year}-01-01", "until": f"{year}-12-31"}).status_code == 200
    assert client.get(address, {"export": "xlsx"}).status_code == 403
    response = login(people.finance).get(address, {"export": "xlsx"})
    assert b"".join(response.streaming_content)[:2] == b"PK"
    response.close()


def test_margin(login, people, water, money):
    line = money["order"].deliveries.get().lines.get()
    type(line).objects.filter(pk=line.pk).update(unit_cost=Decimal("1.50"))
    client = login(people.finance)
    page = client.get(reverse("sales:margins"))
    [(row, _name, _url)] = page.context["lines"]
    assert (row.revenue, row.cost, row.spent, row.margin) == (Decimal("23.50"), 15, 8, Decimal("0.50"))
    for by, spent in (("order", 8), ("product", 0)):
        [(row, _name, _url)] = client.get(reverse("sales:margins"), {"by": by}).context["lines"]
        assert (row.margin, row.spent) == (Decimal("8.50") - spent, spent)
    type(line).objects.filter(pk=line.pk).update(unit_cost=None)
    [(row, _name, _url)] = client.get(reverse("sales:margins")).context["lines"]
    assert row.uncosted == Decimal("23.50")
