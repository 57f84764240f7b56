"""Screens of finance: who opens them, what they show, what they refuse, how many statements they take."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common.business_calendar import today
from comms.models import Notification
from crm.models import Phone
from sales import services
from sales.models import (
    Allocation,
    Bill,
    CollectionNote,
    CostEntry,
    CustomerTerms,
    FinanceSlip,
    Receipt,
    Refund,
)
from sales.services import collection, costs, refunds
from sales.services.opening_balances import open_balance
from tests.factories import BillFactory, CustomerFactory

pytestmark = pytest.mark.django_db
NOW = today()


def days(n):
    return NOW - dt.timedelta(days=n)


@pytest.fixture
def money(people, shop, make_order):
    """A late bill paid in part, a receipt with money left, a refund, a cost, a note, an order."""
    order = make_order(10, status="delivered")  # 23.50
    bill = open_balance(
        actor=people.finance,
        customer=shop,
        amount=Decimal(100),
        billed_on=days(60),
        due_on=days(40),
        note="旧账",
    )
    receipt = services.record_receipt(
        actor=people.owner, customer=shop, amount=Decimal(150), method="cash", received_on=days(3)
    )
    refund = refunds.pay_refund(actor=people.finance, source=receipt, amount=Decimal(6), method="cash")
    cost = costs.record_cost(
        actor=people.finance, customer=shop, kind="freight", amount=Decimal(8), order=order
    )
    note = collection.note_collection(
        actor=people.owner, customer=shop, text="月底付", promised_on=NOW, promised_amount=Decimal(50)
    )
    bill.refresh_from_db()
    receipt.refresh_from_db()
    slip = FinanceSlip.objects.get(kind="receipt", object_id=receipt.pk)
    return {"order": order, "bill": bill, "receipt": receipt, "refund": refund, "cost": cost, "note": note,
            "customer": shop, "slip": slip}  # fmt: skip


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


# --- allocating by hand
def test_allocate_by_hand(login, people, money, shop):
    bill, receipt = money["bill"], money["receipt"]
    other = Bill.objects.get(kind="delivery")
    address = reverse("sales:receipt_allocate", args=[receipt.pk])
    client = login(people.finance)
    page = client.get(address).content.decode()
    assert f"bill-{bill.pk}" in page
    response = client.post(address, {f"bill-{bill.pk}": "30", f"bill-{other.pk}": "1,3.50"})
    assert response.status_code == 302
    bill.refresh_from_db()
    other.refresh_from_db()
    receipt.refresh_from_db()
    assert (bill.settled, other.settled, receipt.used) == (Decimal(30), Decimal("13.50"), Decimal("49.50"))
    released = Allocation.objects.filter(released_on__isnull=False)
    assert released.count() == 2  # what stood before stays on record
    client.post(address, {"oldest": "1"})
    bill.refresh_from_db()
    assert bill.settled == 100


@pytest.mark.parametrize(
    ("typed", "why"),
    [("999", "这张账单只有"), ("-5", "不是有效的金额。"), ("abc", "不是金额"), ("NaN", "不是有效的金额。")],
)
def test_bad_amounts_change_nothing_and_stay_typed(login, people, money, typed, why):
    bill, receipt = money["bill"], money["receipt"]
    response = login(people.finance).post(
        reverse("sales:receipt_allocate", args=[receipt.pk]), {f"bill-{bill.pk}": typed}
    )
    assert response.status_code == 422
    page = response.content.decode()
    assert typed in page
    assert why in page
    bill.refresh_from_db()
    assert bill.settled == 100


def test_release_and_offset(login, people, money, shop):
    client = login(people.finance)
    allocation = money["bill"].allocations.get()
    address = reverse("sales:allocation_release", args=[allocation.pk])
    assert login(people.owner).post(address).status_code == 403
    assert client.post(address).status_code == 302
    money["bill"].refresh_from_db()
    assert money["bill"].settled == 0
    again = client.post(address, follow=True)
    assert [message.level_tag for message in again.context["messages"]][-1] == "error"
    offset = reverse("sales:customer_offset", args=[shop.pk])
    client.post(offset)
    money["bill"].refresh_from_db()
    assert money["bill"].settled == 100
    again = client.post(offset, follow=True)
    assert [message.level_tag for message in again.context["messages"]][-1] == "info"


# --- receipts
def test_a_receipt_by_hand_leads_to_its_bills(login, people, money, shop):
    client = login(people.finance)
    address = reverse("sales:receipt_create") + f"?customer={shop.pk}&order={money['order'].pk}"
    assert money["order"].number in client.get(address).content.decode()
    data = {"amount": "5", "method": "cash", "received_on": NOW, "order": money["order"].pk, "use": "hand"}
    response = client.post(address, data)
    receipt = Receipt.objects.latest("pk")
    assert response.headers["Location"].startswith(reverse("sales:receipt_allocate", args=[receipt.pk]))
    assert (receipt.order, receipt.used) == (money["order"], 0)
    response = login(people.owner).post(address, data)  # a rep may not choose bills
    assert response.status_code == 200
    assert response.context["form"].errors


def test_reversal_asks_why(login, people, money):
    client = login(people.finance)
    address = reverse("sales:refund_reverse", args=[money["refund"].pk])
    assert client.post(address, {"reason": ""}).status_code == 422
    client.post(address, {"reason": "付错了"})
    money["refund"].refresh_from_db()
    assert (money["refund"].status, money["refund"].reversal_reason) == ("reversed", "付错了")
    page = client.get(money["refund"].get_absolute_url()).content.decode()
    assert "付错了" in page
    client.post(reverse("sales:cost_reverse", args=[money["cost"].pk]), {"reason": "重复"})
    client.post(reverse("sales:receipt_reverse", args=[money["receipt"].pk]), {"reason": "退票"})
    client.post(reverse("sales:bill_reverse", args=[money["bill"].pk]), {"reason": "重复"})
    for key in ("cost", "receipt", "bill"):
        money[key].refresh_from_db()
        assert (money[key].status, money[key].reversed_on) == ("reversed", NOW)


def test_a_receipt_that_was_paid_back_is_not_reversed(login, people, money):
    response = login(people.finance).post(
        reverse("sales:receipt_reverse", args=[money["receipt"].pk]), {"reason": "退票"}, follow=True
    )
    assert "先冲销退款" in response.content.decode()
    money["receipt"].refresh_from_db()
    assert money["receipt"].status == "posted"


def test_a_bill_nobody_paid_says_so(login, people, make_order):
    make_order(10, status="delivered")
    bill = Bill.objects.get(kind="delivery")
    client = login(people.finance)
    for address in (reverse("sales:bill_detail", args=[bill.pk]), reverse("sales:bill_list")):
        page = client.get(address).content.decode()
        assert ">未收款<" in page
        assert ">打开<" not in page


def test_bills_of_deliveries_are_not_reversed_here(login, people, money):
    bill = Bill.objects.get(kind="delivery")
    client = login(people.finance)
    response = client.post(reverse("sales:bill_reverse", args=[bill.pk]), {"reason": "x"}, follow=True)
    assert [message.level_tag for message in response.context["messages"]] == ["error"]
    bill.refresh_from_db()
    assert bill.status == "posted"


# --- refunds, costs
def test_refund_form(login, people, money):
    address = reverse("sales:receipt_refund", args=[money["receipt"].pk])
    client = login(people.finance)
    data = {"amount": "9999", "method": "cash", "refunded_on": NOW, "note": "退定金"}
    response = client.post(address, data)
    assert response.status_code == 422
    assert "退定金" in response.content.decode()
    client.post(address, data | {"amount": "2.5"})
    assert Refund.objects.filter(amount=Decimal("2.5"), customer=money["customer"]).exists()


def test_cost_form(login, people, money, shop):
    client = login(people.finance)
    assert client.get(reverse("sales:cost_create")).status_code == 200  # asks for the customer
    address = reverse("sales:cost_create") + f"?customer={shop.pk}"
    data = {"kind": "display", "amount": "0", "spent_on": NOW, "note": "端架"}
    response = client.post(address, data)
    assert response.status_code == 422
    assert "端架" in response.content.decode()
    client.post(address, data | {"amount": "300"})
    assert CostEntry.objects.get(kind="display").amount == 300
    assert login(people.owner).get(address).status_code == 403


# --- opening balances
def test_opening_form(login, people, shop):
    client = login(people.finance)
    data = {"customer": shop.pk, "amount": "88.8", "billed_on": days(9), "due_on": days(10), "note": "旧"}
    response = client.post(reverse("sales:opening_create"), data)
    assert response.status_code == 422
    assert "88.8" in response.content.decode()
    client.post(reverse("sales:opening_create"), data | {"due_on": days(1)})
    assert Bill.objects.get().open_amount == Decimal("88.80")
    stranger = CustomerFactory(owner=people.outsider)
    response = login(people.superior).post(
        reverse("sales:opening_create"), data | {"customer": stranger.pk, "due_on": NOW}
    )
    assert response.status_code == 422


def test_opening_file_is_looked_through_first_and_taken_once(login, people, shop):
    CustomerFactory(name="同名店", owner=people.owner)
    CustomerFactory(name="同名店", owner=people.owner)
    text = (
        "客户编码,客户名称,期初应收,单据日期,到期日,备注\n"
        f'{shop.code},,"1,200.50",2026/1/5,2026年2月4日,欠款\n'
        f",{shop.name},80,,2026-03-01,\n"
        ",同名店,5,,,\n,没有的店,5,,,\n"
        f"{shop.code},,-3,,,\n{shop.code},,12,2026-13-01,,\n{shop.code},,abc,,,\n"
    )
    client = login(people.finance)
    address = reverse("sales:opening_import")

    def send(**more):
        return client.post(address, {"file": SimpleUploadedFile("期初.csv", text.encode()), **more})

    page = send()
    result = page.context["result"]
    assert (result.rows, result.created, len(result.problems)) == (7, 2, 5)
    assert not Bill.objects.exists()
    send(then="import")
    assert sorted(Bill.objects.values_list("amount", "due_on")) == [
        (Decimal(80), dt.date(2026, 3, 1)),
        (Decimal("1200.50"), dt.date(2026, 2, 4)),
    ]
    again = send(then="import").context["result"]
    assert (again.created, again.unchanged) == (0, 2)
    assert Bill.objects.count() == 2
    assert login(people.owner).get(address).status_code == 403


def test_a_file_that_is_none_is_refused(login, people):
    client = login(people.finance)
    response = client.post(
        reverse("sales:opening_import"), {"file": SimpleUploadedFile("x.xlsx", b"\x00\x01")}
    )
    assert response.status_code == 422


# --- payment plans
def test_plan_is_split_typed_and_shown(login, people, make_order):
    order = make_order(10, status="approved")  # 23.50
    client = login(people.finance)
    address = reverse("sales:order_plan_edit", args=[order.pk])
    page = client.get(address, {"parts": 3, "first": "2026-12-31", "every": 1, "unit": "months"})
    assert [row["amount"].value() for row in page.context["form"].rows()][:3] == ["7.83", "7.83", "7.84"]
    page = client.get(address, {"parts": 5, "first": "2026-12-31", "every": 1, "unit": "months"})
    assert [row["amount"].value() for row in page.context["form"].rows()][:5] == ["4.70"] * 5
    data = {"day-0": NOW, "amount-0": "20", "note-0": "定金", "day-1": NOW, "amount-1": "3"}
    response = client.post(address, data)
    assert response.status_code == 422
    assert "定金" in response.content.decode()
    assert client.post(address, data | {"amount-1": "3.5"}).status_code == 302
    fragment = client.get(reverse("sales:order_plan", args=[order.pk])).content.decode()
    assert "定金" in fragment
    services.deliver_order(actor=people.superior, order=order)
    assert list(Bill.objects.order_by("position").values_list("amount", flat=True)) == [20, Decimal("3.5")]


@pytest.mark.parametrize(
    "wrong", [{"parts": 0}, {"parts": 36, "every": 1}, {"first": "x"}, {"unit": "years"}]
)
def test_a_split_that_cannot_be_says_why(login, people, make_order, wrong):
    order = make_order("0.1", status="approved")
    asked = {"parts": 3, "first": "2026-12-31", "every": 1, "unit": "months", **wrong}
    page = login(people.finance).get(reverse("sales:order_plan_edit", args=[order.pk]), asked)
    assert page.status_code == 200
    assert page.context["split"].errors


# --- terms
def test_terms_form(login, people, shop, make_order):
    client = login(people.finance)
    address = reverse("sales:terms_edit", args=[shop.pk])
    data = {"payment_days": "7", "temporary_limit": "5000", "temporary_from": NOW, "is_blocked": "on"}
    response = client.post(address, data)
    assert response.status_code == 422
    assert "5000" in response.content.decode()
    client.post(address, data | {"temporary_until": NOW})
    terms = CustomerTerms.objects.get()
    assert (terms.payment_days, terms.is_blocked, terms.updated_by) == (7, True, people.finance)
    make_order(1, status="delivered")
    assert Bill.objects.get().due_on == NOW + dt.timedelta(days=7)
    panel = reverse("sales:customer_panel", args=[shop.pk])
    assert address in client.get(panel).content.decode()
    assert address not in login(people.owner).get(panel).content.decode()


# --- collection
def test_collection_note_and_reminder(login, people, money, shop):
    client = login(people.owner)
    address = reverse("sales:collection_create", args=[shop.pk])
    response = client.post(address, {"text": "说下周", "promised_on": days(1)})
    assert response.status_code == 422
    assert "说下周" in response.content.decode()
    later = NOW + dt.timedelta(days=3)
    client.post(address, {"text": "说下周", "promised_on": later, "promised_amount": "20"})
    assert CollectionNote.objects.count() == 2
    BillFactory(customer=shop, due_on=days(2), amount=Decimal(70))
    Phone.objects.create(customer=shop, raw="13800138000")
    page = client.get(reverse("sales:overdue_list")).content.decode()
    assert "说下周" in page
    assert "13800138000" in page
    assert collection.remind_promises(today=NOW) == 1
    assert collection.remind_promises(today=NOW) == 0
    assert collection.remind_promises(today=later) == 1
    notice = Notification.objects.filter(recipient=people.owner).latest("pk")
    assert "老王超市" in notice.title


def test_who_has_paid_is_not_reminded(people, money, shop):
    assert collection.remind_promises(today=NOW) == 0  # nothing is owed any more
    assert CollectionNote.objects.get().reminded_at is not None


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
    assert "3–3 / 3" in page.content.decode()
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
