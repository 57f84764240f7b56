"""Who sees what: owner, colleague, superior, outsider, missing permission; lists at one query count."""

import io
from decimal import Decimal

import openpyxl
import pytest
from django.urls import reverse

from sales import services
from sales.models import Delivery, Product, Receipt, SalesOrder, Target
from tests.factories import CustomerFactory, ProductFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def slips(people, make_order, shop):
    """An approved order with a part delivered, and a receipt, all of people.owner's shop."""
    order = make_order(10, status="partly_delivered")
    receipt = services.record_receipt(actor=people.owner, customer=shop, amount=Decimal("1.5"), method="cash")
    return {"order": order, "delivery": order.deliveries.get(), "receipt": receipt, "customer": shop}


PAGES = [
    ("sales:order_detail", "order"),
    ("sales:delivery_detail", "delivery"),
    ("sales:receipt_detail", "receipt"),
    ("sales:customer_panel", "customer"),
]
LISTS = [
    ("sales:order_list", "order"),
    ("sales:delivery_list", "delivery"),
    ("sales:receipt_list", "receipt"),
]


@pytest.mark.parametrize(("name", "key"), PAGES)
@pytest.mark.parametrize(
    ("who", "status"),
    [("owner", 200), ("superior", 200), ("finance", 200), ("colleague", 404), ("outsider", 404)],
)
def test_pages_follow_the_data_scope(login, people, slips, name, key, who, status):
    response = login(getattr(people, who)).get(reverse(name, args=[slips[key].pk]))
    assert response.status_code == status


@pytest.mark.parametrize(("name", "key"), PAGES)
def test_pages_need_the_permission(login, people, slips, name, key):
    people.admin.role.permissions.clear()
    assert login(people.admin).get(reverse(name, args=[slips[key].pk])).status_code == 403


@pytest.mark.parametrize(("name", "key"), LISTS)
def test_lists_follow_the_data_scope(login, people, slips, name, key):
    slip = slips[key]
    link = slip.get_absolute_url().encode()
    for who, sees in (("owner", True), ("superior", True), ("outsider", False), ("colleague", False)):
        response = login(getattr(people, who)).get(reverse(name))
        assert response.status_code == 200
        assert (link in response.content) is sees
    people.finance.role.permissions.clear()
    assert login(people.finance).get(reverse(name)).status_code == 403


def test_a_shared_customer_shows_its_orders(login, people, slips, shop):
    shop.shares.create(user=people.outsider)
    assert login(people.outsider).get(slips["order"].get_absolute_url()).status_code == 200


def test_everything_needs_a_login(client, slips):
    for name, key in PAGES:
        assert client.get(reverse(name, args=[slips[key].pk])).status_code == 302


# --- query counts
def make_rows(people, make_order, key, count):
    for _ in range(count):
        customer = CustomerFactory(owner=people.owner)
        order = make_order(status="approved", customer=customer)
        if key == "delivery":
            services.deliver_order(actor=people.superior, order=order)
        if key == "receipt":
            services.record_receipt(actor=people.owner, customer=customer, amount=Decimal(1), method="cash")
        if key == "product":
            ProductFactory()


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("name", "key", "queries"),
    [
        ("sales:order_list", "order", 9),
        ("sales:delivery_list", "delivery", 7),
        ("sales:receipt_list", "receipt", 7),
        ("sales:product_list", "product", 11),
    ],
)
def test_lists_ask_the_same_number_of_queries(
    login, people, make_order, django_assert_num_queries, name, key, queries, count
):
    make_rows(people, make_order, key, count)
    client = login(people.superior)
    client.get(reverse(name))  # content types and options are read once a process
    with django_assert_num_queries(queries):
        response = client.get(reverse(name))
    assert response.status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_order_page_and_entry_do_not_ask_for_each_line(
    login, people, make_order, shop, django_assert_num_queries, count
):
    order = make_order(*[5] * count, status="approved")
    client = login(people.owner)
    client.get(order.get_absolute_url())
    with django_assert_num_queries(12):
        client.get(order.get_absolute_url())
    for _ in range(count):
        product = ProductFactory()
        services.create_order(
            actor=people.owner, customer=shop, lines=[services.orders.LineInput(product.pk, Decimal(1))]
        )
    with django_assert_num_queries(23):
        client.get(reverse("sales:order_create"), {"customer": shop.pk})


# --- filters, sums, export
def test_filters_and_the_sum_under_the_list(login, people, make_order, shop):
    other = CustomerFactory(name="紫云烟酒", owner=people.owner)
    kept, foreign = make_order(10), make_order(2, customer=other)  # 23.50 and 4.70
    make_order(100, status="cancelled")
    make_order(100, status="draft")
    client = login(people.owner)

    def numbers(**params):
        response = client.get(reverse("sales:order_list"), params)
        found = {order.number for order in response.context["page"].object_list}
        return found, response.context["totals"][0]["text"]

    assert numbers()[1] == "¥28.20"
    assert numbers(customer=shop.pk, status="submitted") == ({kept.number}, "¥23.50")
    assert numbers(q="紫云") == ({foreign.number}, "¥4.70")
    assert numbers(q=foreign.number[-4:].lower(), customer=other.pk)[0] == {foreign.number}
    assert numbers(since="2099-01-01") == (set(), "¥0.00")
    assert numbers(until="2000-01-01")[0] == set()
    assert numbers(rep=people.owner.pk, status="draft")[1] == "¥0.00"
    # Nonsense is nothing, not everything.
    assert numbers(customer="abc")[0] == numbers(rep=people.outsider.pk)[0] == set()
    assert shop.name in client.get(reverse("sales:order_list"), {"customer": shop.pk}).content.decode()


def test_export_needs_its_permission_and_keeps_the_filters(login, people, make_order):
    order = make_order(10)
    make_order(status="draft")
    address = reverse("sales:order_list")
    assert login(people.owner).get(address, {"export": "xlsx"}).status_code == 403
    response = login(people.superior).get(address, {"export": "xlsx", "status": "submitted"})
    rows = list(openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active.values)
    assert len(rows) == 2
    assert rows[1][0] == order.number
    assert 23.5 in [float(cell) for cell in rows[1] if isinstance(cell, (int, float))]


# --- actions
def post(client, order, action, data=None):
    return client.post(reverse(f"sales:order_{action}", args=[order.pk]), data or {})


def test_a_rep_submits_and_cancels_his_own(login, people, make_order):
    client, order = login(people.owner), make_order(status="draft")
    assert post(client, order, "submit").status_code == 302
    order.refresh_from_db()
    assert order.status == "submitted"
    post(client, order, "cancel")
    order.refresh_from_db()
    assert order.status == "cancelled"


@pytest.mark.parametrize("action", ["approve", "approve_and_deliver", "deliver", "close"])
def test_a_rep_does_not_approve_or_deliver(login, people, make_order, action):
    order = make_order()
    assert post(login(people.owner), order, action).status_code == 403
    order.refresh_from_db()
    assert order.status == "submitted"


def test_a_rep_does_not_cancel_what_was_approved(login, people, make_order):
    order = make_order(status="approved")
    assert post(login(people.owner), order, "cancel").status_code == 403
    order.refresh_from_db()
    assert order.status == "approved"


@pytest.mark.parametrize("action", ["submit", "approve", "approve_and_deliver", "deliver", "close", "cancel"])
def test_outsiders_find_no_order(login, people, make_order, action):
    outsider = UserFactory(role="manager", department=people.other)
    assert post(login(outsider), make_order(), action).status_code == 404


def test_actions_are_posts(login, people, make_order):
    address = reverse("sales:order_cancel", args=[make_order().pk])
    assert login(people.owner).get(address).status_code == 405


def test_approve_and_deliver_in_one_press(login, people, make_order):
    order = make_order(10)
    client = login(people.superior)
    page = client.get(order.get_absolute_url()).content.decode()
    assert reverse("sales:order_approve_and_deliver", args=[order.pk]) in page
    post(client, order, "approve_and_deliver")
    order.refresh_from_db()
    assert order.status == "delivered"
    assert order.deliveries.get().created_by == people.superior


def test_delivering_parts_from_the_page(login, people, make_order):
    order = make_order(10, 4, status="approved")
    first, second = order.lines.all()
    client = login(people.superior)
    post(client, order, "deliver", {f"line-{first.pk}": "2.5", f"line-{second.pk}": ""})
    assert [line.delivered for line in order.lines.all()] == [Decimal("2.5"), 0]
    post(client, order, "deliver")
    order.refresh_from_db()
    assert order.status == "delivered"


@pytest.mark.parametrize("typed", ["11", "-1", "abc", "1e99", "NaN", "0"])
def test_bad_quantities_are_said_and_deliver_nothing(login, people, make_order, typed):
    order = make_order(10, status="approved")
    address = reverse("sales:order_deliver", args=[order.pk])
    response = login(people.superior).post(address, {f"line-{order.lines.get().pk}": typed}, follow=True)
    assert [message.level_tag for message in response.context["messages"]] == ["error"]
    assert not Delivery.objects.exists()


def test_a_step_out_of_turn_is_said(login, people, make_order):
    order = make_order(status="cancelled")
    response = login(people.superior).post(reverse("sales:order_approve", args=[order.pk]), follow=True)
    [message] = response.context["messages"]
    assert order.number in str(message)


@pytest.mark.parametrize(
    ("status", "who", "offered"),
    [
        ("draft", "owner", {"edit", "submit", "cancel"}),
        ("submitted", "owner", {"cancel"}),
        ("approved", "owner", set()),
        ("submitted", "superior", {"approve", "approve_and_deliver", "edit", "reject"}),
        ("approved", "superior", {"deliver", "cancel"}),
        ("partly_delivered", "superior", {"deliver", "close"}),
        ("delivered", "superior", {"close"}),
        ("closed", "superior", set()),
        ("cancelled", "superior", set()),
    ],
)
def test_the_page_offers_what_may_be_done(login, people, make_order, status, who, offered):
    order = make_order(status=status)
    page = login(getattr(people, who)).get(order.get_absolute_url()).content.decode()
    names = {"edit", "submit", "approve", "approve_and_deliver", "reject", "deliver", "close", "cancel"}
    assert {name for name in names if reverse(f"sales:order_{name}", args=[order.pk]) in page} == offered


@pytest.mark.parametrize(("name", "key"), [("delivery", "delivery"), ("receipt", "receipt")])
def test_reversing_takes_its_permission(login, people, slips, name, key):
    address = reverse(f"sales:{name}_reverse", args=[slips[key].pk])
    assert login(people.owner).post(address).status_code == 403
    assert login(UserFactory(role="manager", department=people.other)).post(address).status_code == 404
    client = login(people.superior)
    assert client.post(address, {"reason": "录错"}).status_code == 302
    slips[key].refresh_from_db()
    assert slips[key].status == "reversed"
    response = client.post(address, {"reason": "录错"}, follow=True)
    assert [message.level_tag for message in response.context["messages"]][-1] == "error"


def test_a_delivery_is_reversed_with_a_reason(login, people, slips):
    delivery, client = slips["delivery"], login(people.superior)
    address = reverse("sales:delivery_reverse", args=[delivery.pk])
    assert address in client.get(delivery.get_absolute_url()).content.decode()
    assert "冲销原因" in client.get(address).content.decode()
    answer = client.post(address, {"reason": " "})
    assert (answer.status_code, "必填" in answer.content.decode()) == (422, True)
    delivery.refresh_from_db()
    assert delivery.status == "posted"
    client.post(address, {"reason": "送错客户"})
    delivery.refresh_from_db()
    assert (delivery.status, delivery.reversal_reason) == ("reversed", "送错客户")
    assert "送错客户" in login(people.owner).get(delivery.get_absolute_url()).content.decode()
    page = client.get(address, follow=True)
    assert "已冲销" in next(str(message) for message in page.context["messages"])


# --- products
def test_product_list_and_forms(login, people):
    product = ProductFactory(code="A1")
    assert login(people.owner).get(reverse("sales:product_list")).status_code == 200
    for who, status in (("owner", 403), ("superior", 200)):
        client = login(getattr(people, who))
        assert client.get(reverse("sales:product_create")).status_code == status
        assert client.get(reverse("sales:product_edit", args=[product.pk])).status_code == status
    assert (
        reverse("sales:product_edit", args=[product.pk])
        not in login(people.owner).get(reverse("sales:product_list")).content.decode()
    )


FIELDS = {
    "code": "N1",
    "name": "重庆火锅底料",
    "unit": "袋",
    "box_quantity": "0",
    "price": "18.8",
    "is_active": "on",
}


def test_new_product_is_found_by_initials_barcode_and_code(login, people):
    client = login(people.superior)
    response = client.post(reverse("sales:product_create"), FIELDS | {"barcode": " 6901 "})
    assert response.status_code == 302
    product = Product.objects.get()
    for word in ("cqhg", "CQHG", "火锅", "6901", "n1", "重庆 底料", "18"):
        found = client.get(reverse("sales:product_options"), {"q": word}).json()
        assert [row["id"] for row in found] == ([product.pk] if word != "18" else [])
    client.post(reverse("sales:product_edit", args=[product.pk]), FIELDS | {"name": "番茄火锅底料"})
    assert client.get(reverse("sales:product_options"), {"q": "fqhg"}).json()[0]["name"] == "番茄火锅底料"
    assert client.get(reverse("sales:product_options"), {"q": "cqhg"}).json() == []


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("code", ""),
        ("code", "A1"),
        ("price", "-1"),
        ("price", "99999999"),
        ("price", "abc"),
        ("box_quantity", "12"),
        ("box_unit", "箱"),
    ],
)
def test_bad_products_are_refused_and_kept(login, people, field, typed):
    ProductFactory(code="A1")
    response = login(people.superior).post(reverse("sales:product_create"), FIELDS | {field: typed})
    assert response.status_code == 200
    assert response.context["form"].errors
    assert FIELDS["name"] in response.content.decode()
    assert Product.objects.count() == 1


def test_options_offer_only_what_is_on_sale(login, people):
    ProductFactory(name="旧款", is_active=False)
    assert login(people.owner).get(reverse("sales:product_options")).json() == []
    people.owner.role.permissions.clear()
    assert login(people.owner).get(reverse("sales:product_options")).status_code == 403


# --- receipts
def receipt_form(**kwargs):
    return {"amount": "88.5", "method": "cash", "received_on": "2026-03-01", "note": "上月", **kwargs}


def test_receipt_form(login, people, shop):
    address = reverse("sales:receipt_create") + f"?customer={shop.pk}&next=/customers/"
    client = login(people.owner)
    assert shop.name in client.get(address).content.decode()
    response = client.post(address, receipt_form())
    assert (response.status_code, response.headers["Location"]) == (302, "/customers/")
    assert Receipt.objects.get().amount == Decimal("88.50")
    assert login(people.outsider).get(address).status_code == 404
    people.owner.role.permissions.clear()
    assert login(people.owner).get(address).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [{"amount": "0"}, {"amount": "x"}, {"amount": "1e12"}, {"method": "?"}, {"received_on": "2999-01-01"}],
)
def test_bad_receipts_keep_what_was_typed(login, people, shop, wrong):
    response = login(people.owner).post(
        reverse("sales:receipt_create") + f"?customer={shop.pk}", receipt_form(**wrong)
    )
    assert response.status_code == 200
    assert response.context["form"].errors
    assert "上月" in response.content.decode()
    assert not Receipt.objects.exists()


def test_panel_shows_only_what_may_be_seen(login, people, slips):
    service = UserFactory(role="service", department=people.head)
    page = login(service).get(reverse("sales:customer_panel", args=[slips["customer"].pk])).content.decode()
    assert slips["order"].number in page
    assert slips["delivery"].number not in page
    assert slips["receipt"].number not in page
    assert reverse("sales:order_create") not in page
    page = (
        login(people.owner).get(reverse("sales:customer_panel", args=[slips["customer"].pk])).content.decode()
    )
    for key in ("order", "delivery", "receipt"):
        assert slips[key].number in page
    assert "¥0.85" in page  # 2.35 delivered, 1.50 paid


def test_admin_does_not_write_slips(login, people, slips):
    people.admin.is_superuser = True
    people.admin.save()
    client = login(people.admin)
    for name, key in (("salesorder", "order"), ("delivery", "delivery"), ("receipt", "receipt")):
        page = reverse(f"admin:sales_{name}_change", args=[slips[key].pk])
        assert client.get(page).status_code == 200
        assert client.post(page, {"status": "closed"}).status_code == 403
        assert client.get(reverse(f"admin:sales_{name}_add")).status_code == 403
    assert SalesOrder.objects.get().status == "partly_delivered"


def test_admin_shows_targets_and_does_not_set_them(login, people):
    people.admin.is_superuser = True
    people.admin.save()
    client = login(people.admin)
    target = Target.objects.create(year=2026, month=11, measure="visits", rep=people.owner, value=40)
    page = client.get(reverse("admin:sales_target_changelist"), {"q": people.owner.name})
    assert list(page.context["cl"].queryset) == [target]
    address = reverse("admin:sales_target_change", args=[target.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"value": "1"}).status_code == 403
    assert client.get(reverse("admin:sales_target_add")).status_code == 403
    assert login(people.owner).get(reverse("admin:sales_target_changelist")).status_code == 302
