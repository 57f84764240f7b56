"""Forms of finance: allocations, receipts, refunds, costs, opening balances, payment plans, terms, collection."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from comms.models import Notification
from crm.models import Phone
from sales import services
from sales.models import (
    Allocation,
    Bill,
    CollectionNote,
    CostEntry,
    CustomerTerms,
    Receipt,
    Refund,
)
from sales.services import collection, refunds
from tests.factories import BillFactory, CustomerFactory

pytestmark = pytest.mark.django_db
NOW = dt.date(2026, 11, 18)


@pytest.fixture(autouse=True)
def _the_day(noon):
    noon(NOW)


def days(n):
    return NOW - dt.timedelta(days=n)


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


def test_a_form_that_names_no_bill_releases_none(login, people, money):
    bill, receipt = money["bill"], money["receipt"]
    response = login(people.finance).post(reverse("sales:receipt_allocate", args=[receipt.pk]))
    assert response.status_code == 422
    assert "没有指定任何账单，未做改动。" in response.content.decode()
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
def test_a_refund_begins_with_what_has_money_left(login, people, money, shop):
    empty = services.record_receipt(
        actor=people.finance, customer=shop, amount=Decimal(5), method="cash", received_on=days(2)
    )
    page = login(people.finance).get("/refunds/")
    assert page.context["create_url"] == "/receipts/?ahead=yes"
    listed = [row.pk for row in login(people.finance).get("/receipts/?ahead=yes").context["page"]]
    assert money["receipt"].pk in listed
    assert empty.pk in listed  # nothing was owed any more
    refunds.pay_refund(actor=people.finance, source=empty, amount=Decimal(5), method="cash")
    assert empty.pk not in [
        row.pk for row in login(people.finance).get("/receipts/?ahead=yes").context["page"]
    ]
    assert "ahead" in login(people.finance).get("/receipts/?ahead=x").content.decode()
    assert not login(people.owner).get("/refunds/").context["create_url"]  # he may not pay back


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
