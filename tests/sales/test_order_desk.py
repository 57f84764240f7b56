"""The back office's side of orders: the queue, many at once, deciding, details, delivering from a place,
history."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.models import Role, SystemOptions
from comms.models import Notification
from sales import queries, services
from sales.models import Delivery, FinanceSlip, SalesOrder, StockBalance, StockLocation
from sales.queries.approvers import approvers_of, superiors_of
from sales.queries.orders import QUEUES, queue_counts
from sales.rules import LineInput, OrderDetails
from sales.services.ledger import default_warehouse
from tests.factories import CustomerFactory, ProductFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(people):
    """The back office: approves and delivers, but not what needs a manager."""
    return UserFactory(username="clerk", name="陈内勤", role="back_office", department=people.head)


@pytest.fixture
def tight(people):
    """A customer that may owe 100."""
    return CustomerFactory(name="小本超市", owner=people.owner, credit_limit=Decimal(100))


@pytest.fixture
def over(people, tight, make_order):
    """An order over the credit limit."""
    order = make_order(100, customer=tight)  # 235.00
    assert order.approval_reason
    return order


def told(user):
    return list(Notification.objects.filter(recipient=user).values_list("title", flat=True))


def post(client, order, name, **data):
    return client.post(reverse(f"sales:order_{name}", args=[order.pk]), data)


# --- the queue
def test_every_order_stands_in_its_queue(login, people, make_order, over, clerk):
    orders = {
        "draft": make_order(status="draft"),
        "submitted": make_order(),
        "manager": over,
        "deliver": make_order(status="approved"),
        "partly": make_order(status="partly_delivered"),
    }
    billed = make_order(status="delivered")
    services.update_details(actor=clerk, order=billed, details=OrderDetails(invoice_number="F1"))
    make_order(status="cancelled")
    old = make_order(status="delivered")  # of the system before, invoiced there
    type(old).objects.filter(pk=old.pk).update(source="history")
    counts = queue_counts(clerk)
    assert counts == dict.fromkeys(orders, 1) | {"invoice": 2}
    client = login(clerk)
    for key, order in orders.items():
        page = client.get(reverse("sales:order_list"), {"queue": key})
        assert [row.pk for row in page.context["page"].object_list] == [order.pk], key
        assert [(k, n) for k, _label, n in page.context["queues"]] == [(k, counts[k]) for k, *_rest in QUEUES]
    invoice = client.get(reverse("sales:order_list"), {"queue": "invoice"})
    assert {row.pk for row in invoice.context["page"].object_list} == {
        orders["deliver"].pk,
        orders["partly"].pk,
    }
    assert queue_counts(people.outsider) == dict.fromkeys(counts, 0)
    assert client.get(reverse("sales:order_list"), {"queue": "nonsense"}).status_code == 200


def test_filters_by_product_amount_and_department(login, people, shop, make_order):
    beer = ProductFactory(name="黑啤酒", code="B77")
    services.products.save_product(product=beer)
    wanted = services.create_order(
        actor=people.owner, customer=shop, lines=[LineInput(beer.pk, Decimal(3), price=Decimal(5))]
    )
    other = make_order(100)
    client = login(people.superior)

    def found(**params):
        page = client.get(reverse("sales:order_list"), params)
        return [row.pk for row in page.context["page"].object_list]

    assert found(product="黑啤") == found(most="20") == [wanted.pk]
    assert found(least="20") == [other.pk]
    assert set(found(department=people.sales.pk)) == {wanted.pk, other.pk}
    assert found(department=people.other.pk) == []
    assert found(least="x", product="黑啤") == []  # said at the field, nothing is shown instead of everything


# --- many at once
def test_many_are_approved_each_for_itself(login, people, make_order, over, clerk):
    good, done = make_order(), make_order(status="approved")
    hidden = make_order()
    client = login(clerk)
    page = client.post(
        reverse("sales:order_bulk_approve"),
        {"pk": [good.pk, over.pk, done.pk, "x", 10**17], "query": "queue=submitted"},
    )
    outcomes = {outcome.order.pk: outcome.done for outcome in page.context["outcomes"]}
    assert outcomes == {good.pk: True, over.pk: False, done.pk: False}
    assert "queue=submitted" in page.context["back"]
    statuses = dict(SalesOrder.objects.values_list("pk", "status"))
    assert (statuses[good.pk], statuses[over.pk], statuses[hidden.pk]) == (
        "approved",
        "submitted",
        "submitted",
    )
    assert client.post(reverse("sales:order_bulk_approve")).status_code == 200
    assert client.get(reverse("sales:order_bulk_approve")).status_code == 405
    assert login(people.owner).post(reverse("sales:order_bulk_approve"), {"pk": good.pk}).status_code == 403
    outsider = UserFactory(username="far", role="manager", department=people.other)
    far = login(outsider).post(reverse("sales:order_bulk_approve"), {"pk": hidden.pk})
    assert far.context["outcomes"] == []


def test_many_are_delivered_and_a_refusal_stops_no_other(login, people, make_order, clerk):
    first, waiting, last = make_order(status="approved"), make_order(), make_order(status="partly_delivered")
    page = login(clerk).post(reverse("sales:order_bulk_deliver"), {"pk": [first.pk, waiting.pk, last.pk]})
    assert [outcome.done for outcome in page.context["outcomes"]] == [True, False, True]
    assert (page.context["done"], page.context["failed"]) == (2, 1)
    assert Delivery.objects.filter(order=first).count() == 1
    assert login(people.owner).post(reverse("sales:order_bulk_deliver"), {"pk": first.pk}).status_code == 403


# --- deciding
def test_managers_are_told_at_once_and_the_rep_when_it_is_decided(people, over):
    assert told(people.superior) == [f"订单 {over.number} 待您审批"]
    assert told(people.admin) == []  # the superior may: nobody else is bothered
    services.judge_order(actor=None, order=over)
    assert len(told(people.superior)) == 1  # once for each revision
    services.approve_order(actor=people.superior, order=over)
    assert told(people.owner) == [f"订单 {over.number} 已审批通过"]


def test_an_order_that_needs_nobody_tells_nobody(people, make_order):
    services.approve_order(actor=people.superior, order=make_order())
    assert not Notification.objects.exists()


def test_who_may_approve_follows_the_chain(people, over, clerk):
    top = UserFactory(username="top", role="manager", department=people.head)
    people.superior.superior = top
    people.superior.save()
    assert approvers_of(over) == [people.superior, top]
    top.superior = people.superior  # a ring ends the walk
    top.save()
    assert superiors_of(people.owner) == [people.superior, top]
    # Where no superior may, everybody who may and sees it.
    Role.objects.get(code="manager").permissions.remove(
        *Role.objects.get(code="manager").permissions.filter(codename="approve_credit")
    )
    assert approvers_of(SalesOrder.objects.get(pk=over.pk)) == [people.admin]
    assert not clerk.has_perm("sales.approve_credit")
    assert not people.finance.has_perm("sales.approve_credit")


def test_the_office_cannot_approve_over_the_limit_and_is_told_who_can(login, people, over, clerk):
    client = login(clerk)
    page = client.get(over.get_absolute_url())
    assert page.context["approvers"] == [people.superior]
    assert not page.context["may_decide"]
    post(client, over, "approve")
    over.refresh_from_db()
    assert over.status == "submitted"
    manager = login(people.superior)
    assert manager.get(over.get_absolute_url()).context["may_decide"]
    post(manager, over, "approve")
    over.refresh_from_db()
    assert (over.status, over.approved_by) == ("approved", people.superior)
    assert over.approval_reason  # why a manager was needed stays


def test_paid_meanwhile_needs_no_manager_any_more(people, over, clerk, tight):
    tight.credit_limit = Decimal(1000)
    tight.save()
    services.approve_order(actor=clerk, order=over)
    assert (over.status, over.approval_reason) == ("approved", "")


def test_an_order_that_turns_out_over_the_limit_joins_the_managers_queue(
    login, people, make_order, clerk, tight
):
    first, second = make_order(30, customer=tight), make_order(30, customer=tight)  # 70.50 each
    client = login(clerk)
    post(client, first, "approve")
    post(client, second, "approve")
    second.refresh_from_db()
    assert (second.status, bool(second.approval_reason)) == ("submitted", True)
    assert told(people.superior) == [f"订单 {second.number} 待您审批"]


def test_the_total_that_stands_is_judged_not_the_one_that_was_seen(people, make_order, clerk, tight, water):
    stale = make_order(10, customer=tight)
    services.update_order(
        actor=clerk,
        order=SalesOrder.objects.get(pk=stale.pk),
        lines=[LineInput(water.pk, Decimal(100))],
    )
    with pytest.raises(ValidationError, match=stale.number):
        services.approve_order(actor=clerk, order=stale)


def test_rejection_needs_a_reason_and_reaches_the_rep(login, people, over, clerk):
    client = login(clerk)
    assert post(client, over, "reject", reason=" ").status_code == 422
    over.refresh_from_db()
    assert over.status == "submitted"
    post(client, over, "reject", reason="先结清旧账")
    over.refresh_from_db()
    assert over.status == "cancelled"
    assert "先结清旧账" in over.note
    assert told(people.owner) == [f"订单 {over.number} 被驳回"]
    assert any("先结清旧账" in step.what for step in queries.order_history(over))
    with pytest.raises(ValidationError):
        services.reject_order(actor=clerk, order=over, reason="再来")
    # Whom it is not for.
    waiting = SalesOrder.objects.create(
        number="X1", customer=over.customer, rep=people.owner, ordered_on=dt.date(2026, 1, 1)
    )
    assert post(login(people.owner), waiting, "reject", reason="x").status_code == 403
    assert post(login(people.outsider), over, "reject", reason="x").status_code == 404


def test_a_long_note_gives_way_to_the_reason(people, make_order, clerk):
    order = make_order(note="长" * 299)
    services.reject_order(actor=clerk, order=order, reason="错单")
    order.refresh_from_db()
    assert order.note == "驳回：错单"


# --- what a submitted order says
def test_the_office_changes_a_submitted_order_and_the_rep_does_not(login, people, make_order, clerk, water):
    order = make_order(10)
    edit = reverse("sales:order_edit", args=[order.pk])
    assert login(people.owner).get(edit).status_code == 302
    page = login(clerk).get(edit)
    assert page.context["last_order"] is None  # it is not its own last order
    assert [row.last_quantity for row in page.context["rows"].rows] == [""]
    data = {
        "lines-TOTAL_FORMS": 1,
        "lines-INITIAL_FORMS": 0,
        "lines-0-product": water.pk,
        "lines-0-pieces": "12",
        "lines-0-price": "2.00",
        "revision": page.context["form"]["revision"].value(),
    }
    login(clerk).post(edit, data)
    order.refresh_from_db()
    assert (order.status, order.total, order.revision) == ("submitted", Decimal("24.00"), 2)
    [change] = [step for step in queries.order_history(order) if step.changes]
    assert change.who == "陈内勤"
    assert ("矿泉水", "10 瓶 × 2.35", "12 瓶 × 2.00") in change.changes
    assert ("total", "¥23.50", "¥24.00") in [
        (label if label != "合计" else "total", a, b) for label, a, b in change.changes
    ]


def test_of_two_editors_the_second_is_asked(login, make_order, clerk, people, water):
    order = make_order(10, status="draft")
    edit = reverse("sales:order_edit", args=[order.pk])
    rep, manager = login(people.owner), login(people.superior)
    data = {
        "lines-TOTAL_FORMS": 1,
        "lines-INITIAL_FORMS": 0,
        "lines-0-product": water.pk,
        "then": "draft",
        "revision": 1,
    }
    rep.post(edit, data | {"lines-0-pieces": "5"})
    late = manager.post(edit, data | {"lines-0-pieces": "7", "note": "别丢"})
    assert late.status_code == 200
    assert "别丢" in late.content.decode()
    assert late.context["rows"].rows[0]["pieces"].value() == "7"
    assert late.context["form"]["revision"].value() == "2"
    assert order.lines.get().quantity == 5
    manager.post(edit, data | {"lines-0-pieces": "7", "revision": 2})
    assert order.lines.get().quantity == 7


def test_details_are_changed_in_place_and_a_conflict_shows_both(login, people, make_order, clerk):
    order = make_order(status="approved")
    address = reverse("sales:order_details", args=[order.pk])
    client = login(clerk)
    assert 'name="invoice_number"' in client.get(address, {"edit": 1}).content.decode()
    assert "<form" not in client.get(address).content.decode()
    saved = client.post(
        address, {"revision": order.revision, "invoice_number": "F-001", "shipping_method": "express"}
    )
    assert "F-001" in saved.content.decode()
    late = login(people.superior).post(
        address, {"revision": order.revision, "invoice_number": "F-002", "consignee": "老王"}
    )
    page = late.content.decode()
    assert 'value="F-002"' in page
    assert "F-001" in page
    order.refresh_from_db()
    assert (order.invoice_number, order.consignee) == ("F-001", "")
    login(people.superior).post(
        address, {"revision": order.revision, "invoice_number": "F-002", "consignee": "老王"}
    )
    order.refresh_from_db()
    assert (order.invoice_number, order.consignee, order.shipping_method) == ("F-002", "老王", "")
    labels = [change for step in queries.order_history(order) for change in step.changes]
    assert ("发票号", "F-001", "F-002") in labels
    assert ("发货方式", "", "快递") in labels or any(label == "发货方式" for label, *_rest in labels)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"wanted_on": "2020-01-01"}, "wanted_on"),
        ({"wanted_on": "morgen"}, "wanted_on"),
        ({"shipping_method": "rocket"}, "shipping_method"),
        ({"invoice_number": "9" * 41}, "invoice_number"),
    ],
)
def test_bad_details_are_said_and_kept(login, make_order, clerk, values, field):
    order = make_order()
    page = login(clerk).post(
        reverse("sales:order_details", args=[order.pk]),
        {"revision": order.revision, "consignee": "老王", **values},
    )
    assert page.context["form"].errors[field]
    assert 'value="老王"' in page.content.decode()


def test_details_are_for_the_office(login, people, make_order):
    address = reverse("sales:order_details", args=[make_order().pk])
    assert login(people.owner).get(address).status_code == 403
    outsider = UserFactory(username="far", role="manager", department=people.other)
    assert login(outsider).get(address).status_code == 404
    assert login(people.finance).get(address, {"edit": 1}).status_code == 200
    cancelled = make_order(status="cancelled")
    page = login(people.superior).get(reverse("sales:order_details", args=[cancelled.pk]), {"edit": 1})
    assert "<form" not in page.content.decode()


# --- delivering
def test_goods_leave_the_chosen_place_and_a_refusal_keeps_what_was_typed(
    login, people, make_order, clerk, water
):
    van = StockLocation.objects.create(code="V1", name="李业务的车", kind="van", rep=people.owner)
    StockBalance.objects.create(location=van, product=water, quantity=Decimal(4))
    strange = StockLocation.objects.create(code="V2", name="别人的车", kind="van", rep=people.colleague)
    order = make_order(10, status="approved")
    line = order.lines.get()
    client = login(clerk)
    page = client.get(order.get_absolute_url())
    assert set(page.context["places"]) == {default_warehouse(), van}
    assert page.context["stock"][str(van.pk)][str(line.pk)]["short"]
    refused = post(client, order, "deliver", **{f"line-{line.pk}": "5", "location": van.pk})
    assert refused.status_code == 422
    assert 'value="5"' in refused.content.decode()
    assert f'<option value="{van.pk}" selected>' in refused.content.decode()
    assert not order.deliveries.exists()
    for wrong in ({f"line-{line.pk}": "x"}, {f"line-{line.pk}": "5", "location": strange.pk}):
        assert post(client, order, "deliver", **wrong).status_code == 422
    post(client, order, "deliver", **{f"line-{line.pk}": "4", "location": van.pk})
    assert order.deliveries.get().location == van
    post(client, order, "deliver", location=default_warehouse().pk)
    order.refresh_from_db()
    assert order.status == "delivered"


def test_the_page_says_whether_finance_has_seen_it(login, people, make_order, clerk):
    order = make_order()
    client = login(clerk)
    assert client.get(order.get_absolute_url()).context["slip"] is None
    services.approve_order(actor=clerk, order=order)
    assert "已移交，未查看" in client.get(order.get_absolute_url()).content.decode()
    slip = FinanceSlip.objects.get(kind="order", object_id=order.pk)
    services.finance_inbox.check_slips(actor=people.finance, slips=FinanceSlip.objects.filter(pk=slip.pk))
    assert "已核对" in client.get(order.get_absolute_url()).content.decode()


def test_paper_has_company_consignee_and_capitals(login, people, make_order, clerk):
    SystemOptions.load()
    SystemOptions.objects.update(company_name="合肥某商贸")
    order = make_order(10, details=OrderDetails(consignee="老王", delivery_address="长江路 1 号"))
    address = reverse("sales:order_paper", args=[order.pk])
    page = login(people.owner).get(address).content.decode()
    for text in ("合肥某商贸", "老王", "长江路 1 号", "贰拾叁元伍角整", order.number, "¥2.35/瓶"):
        assert text in page
    assert login(people.outsider).get(address).status_code == 404
    people.owner.role.permissions.clear()
    assert login(people.owner).get(address).status_code == 403
