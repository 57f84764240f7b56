"""The screens of the public pool: who sees and does what, and what nobody learns before claiming (C4–C6)."""

import datetime as dt

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from accounts.models import SystemOptions
from common.business_calendar import today
from crm.models import Customer, CustomerShare, OwnerChange, Phone, PoolRule
from crm.services import pool
from crm.services.indexing import reindex
from crm.services.owners import release_customers
from tests.factories import ContactFactory, CustomerFactory

pytestmark = pytest.mark.django_db
LIST = "/pool/"
SECRETS = ("13800138000", "138001", "138000", "王芳", "长江路88号", "打他的电话")


def in_pool(last_owner=None, **fields):
    """A pool customer with a phone, a contact, a street, a note, and a note in its history."""
    fields = {
        "city": "合肥市",
        "district": "庐阳区",
        "address": "长江路88号",
        "notes": "打他的电话",
        **fields,
    }
    customer = CustomerFactory(owner=last_owner, **fields)
    contact = ContactFactory(customer=customer, name="王芳")
    Phone.objects.create(customer=customer, contact=contact, raw="13800138000", e164="+8613800138000")
    reindex(customer_ids=[customer.pk])
    if last_owner:
        release_customers(actor=last_owner, customers=[customer.pk], note="打他的电话13800138000")
    customer.refresh_from_db()
    return customer


def texts(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


# --- who may
@pytest.mark.parametrize(
    ("page", "rep", "manager"),
    [("pool_list", 200, 200), ("pool_soon", 200, 200)],
)
def test_pages_open_by_permission(people, login, page, rep, manager):
    url = reverse(f"crm:{page}")
    assert login(people.owner).get(url).status_code == rep
    assert login(people.superior).get(url).status_code == manager
    assert login(people.finance).get(url).status_code == 403


def test_a_rep_claims_but_does_not_assign_and_finance_does_neither(people, login):
    customer = in_pool()
    claim, assign = f"/pool/{customer.pk}/claim/", "/pool/assign/"
    assert login(people.finance).post(claim).status_code == 403
    assert login(people.finance).get(f"/pool/{customer.pk}/").status_code == 403
    assert login(people.owner).post(assign, {"pk": customer.pk, "owner": people.owner.pk}).status_code == 403
    assert login(people.owner).get(claim).status_code == 405
    assert login(people.owner).post(claim).url == customer.get_absolute_url()
    customer.refresh_from_db()
    assert customer.owner == people.owner


# --- what nobody learns before claiming
@pytest.mark.parametrize(
    "path", ["/pool/", "/pool/?sort=-name&cols=name,phone,contact,address", "/pool/{pk}/"]
)
def test_no_phone_contact_street_or_note_is_shown(people, login, path):
    customer = in_pool(last_owner=people.colleague)
    page = login(people.owner).get(path.format(pk=customer.pk)).content.decode()
    assert customer.name in page
    for secret in SECRETS:
        assert secret not in page, secret


@pytest.mark.parametrize("text", ["13800138000", "138001", "8000", "王芳", "wf", "长江路", "打他"])
def test_search_finds_by_nothing_that_is_hidden(people, login, text):
    in_pool(name="城南超市", code="K1")
    client = login(people.owner)
    assert "城南超市" not in client.get(LIST, {"q": text}).content.decode().split('id="results"')[1]


@pytest.mark.parametrize("text", ["城南", "K1", "cncs"])
def test_search_finds_name_code_and_initials(people, login, text):
    in_pool(name="城南超市", code="K1")
    assert "城南超市" in login(people.owner).get(LIST, {"q": text}).content.decode()


def test_there_is_no_export_and_no_order_by_what_is_hidden(people, login):
    first, second = in_pool(name="甲店"), in_pool(name="乙店")
    Phone.objects.filter(customer=first).update(raw="19900000000")
    client = login(people.superior)
    assert client.get(LIST, {"export": "xlsx"}).status_code == 403
    pages = [
        client.get(LIST, {"sort": key}).content.decode()
        for key in ("phones__raw", "-phones__raw", "address", "-address")
    ]
    assert {page.index("甲店") > page.index("乙店") for page in pages} in ({True}, {False})
    assert second.name in pages[0]


def test_the_page_of_a_taken_customer_is_closed_to_outsiders(people, login):
    customer = CustomerFactory(owner=people.owner)
    assert login(people.outsider).get(f"/pool/{customer.pk}/").status_code == 404
    assert login(people.owner).get(f"/pool/{customer.pk}/").url == customer.get_absolute_url()
    assert login(people.owner).get("/pool/999999/").status_code == 404


def test_a_pool_by_department_is_closed_to_the_others(people, login):
    SystemOptions.load()
    SystemOptions.objects.update(pool_scope="department")
    customer = in_pool(last_owner=people.owner, name="城南超市")
    client = login(people.outsider)
    assert "城南超市" not in client.get(LIST).content.decode()
    assert client.get(f"/pool/{customer.pk}/").status_code == 404
    assert "城南超市" not in " ".join(texts(client.post("/pool/claim/", {"pk": customer.pk})))
    assert Customer.objects.filter(pk=customer.pk, owner=None).exists()


# --- claiming and assigning
def test_claiming_what_a_colleague_was_faster_with_says_so(people, login):
    customer = in_pool()
    login(people.colleague).post(f"/pool/{customer.pk}/claim/")
    response = login(people.owner).post(f"/pool/{customer.pk}/claim/")
    assert response.url == LIST
    assert "同事" in texts(response)[0] or "colleague" in texts(response)[0]
    customer.refresh_from_db()
    assert customer.owner == people.colleague


def test_bulk_claim_tells_each_refusal_and_what_remains(people, login):
    SystemOptions.load()
    SystemOptions.objects.update(daily_claim_cap=2)
    shops = [in_pool(name=f"小店{n}号") for n in range(3)]
    client = login(people.owner)
    assert "<b>2</b>" in client.get(LIST).content.decode()
    response = client.post("/pool/claim/", {"pk": [*(shop.pk for shop in shops), "x", "9" * 30]})
    assert Customer.objects.filter(owner=people.owner).count() == 2
    told = texts(response)
    assert len(told) == 2
    assert "小店2号" in told[1]
    assert "<b>2</b>" not in client.get(LIST).content.decode()
    assert len(texts(client.post("/pool/claim/"))) == 1


def test_a_manager_assigns_from_the_pool_to_his_people_only(people, login):
    customer = in_pool()
    client = login(people.superior)
    asked = client.post("/pool/assign/", {"pk": customer.pk})
    assert asked.status_code == 200
    assert customer.name in asked.content.decode()
    wrong = client.post("/pool/assign/", {"pk": customer.pk, "owner": people.outsider.pk})
    assert wrong.status_code == 422
    assert client.post("/pool/assign/", {"pk": customer.pk, "owner": people.owner.pk}).status_code == 302
    customer.refresh_from_db()
    assert customer.owner == people.owner
    assert OwnerChange.objects.filter(customer=customer, reason="assigned", by=people.superior).exists()


# --- soon
def rule(**fields):
    return PoolRule.objects.create(name="规则", **fields)


def held(owner, days, **fields):
    return CustomerFactory(owner=owner, created_on=today() - dt.timedelta(days=days), **fields)


def test_soon_shows_my_people_with_date_clock_and_reason(people, login):
    rule(no_follow_up_days=30, max_hold_days=90)
    mine = held(people.owner, 28, name="甲店")
    held(people.colleague, 80, name="乙店", last_visit_on=today())
    held(people.outsider, 28, name="丙店")
    held(people.owner, 28, name="丁店", pool_locked=True)
    page = login(people.owner).get("/pool/soon/").content.decode()
    assert "甲店" in page
    assert mine.get_absolute_url() in page
    assert not any(name in page for name in ("乙店", "丙店", "丁店"))
    manager = login(people.superior)
    page = manager.get("/pool/soon/").content.decode()
    assert page.index("甲店") < page.index("乙店")
    assert "丙店" not in page
    for query, found in (
        ("clock=max_hold", {"乙店"}),
        ("within=3", {"甲店"}),
        (f"owner={people.colleague.pk}", {"乙店"}),
        (f"day={today() + dt.timedelta(days=3)}", {"甲店"}),
        ("day=0001-01-01", set()),
    ):
        page = manager.get(f"/pool/soon/?{query}").content.decode()
        assert {name for name in ("甲店", "乙店") if name in page} == found, query


@pytest.mark.parametrize("path", ["/pool/", "/pool/soon/"])
def test_lists_cost_the_same_with_one_row_and_three(people, login, path, django_assert_num_queries):
    rule(no_follow_up_days=30)
    client = login(people.owner)

    def add():
        in_pool(last_owner=people.owner)
        held(people.owner, 10)

    add()
    with django_assert_num_queries(QUERIES[path]):
        client.get(path)
    add()
    add()
    with django_assert_num_queries(QUERIES[path]):
        client.get(path)


QUERIES = {"/pool/": 8, "/pool/soon/": 8}


# --- one customer
def test_the_line_of_a_customer_says_when_and_why(people, login):
    customer = held(people.owner, 28)
    url = f"/customers/{customer.pk}/pool/"
    client = login(people.owner)
    none = client.get(url).content.decode()
    rule(no_follow_up_days=30)
    due = client.get(url).content.decode()
    assert f"{today() + dt.timedelta(days=2)}" in due
    assert f"{today() + dt.timedelta(days=2)}" not in none
    assert "/release/" in due
    assert "/pool/lock/" not in due
    assert "/pool/lock/" in login(people.superior).get(url).content.decode()
    assert login(people.outsider).get(url).status_code == 404


def test_locking_is_for_those_above_and_shows(people, login):
    rule(no_follow_up_days=30)
    customer = held(people.owner, 28)
    url = f"/customers/{customer.pk}/pool/lock/"
    assert login(people.owner).post(url, {"locked": "1"}).status_code == 403
    assert login(people.superior).post(url, {"locked": "1"}).status_code == 302
    customer.refresh_from_db()
    assert customer.pool_locked
    line = login(people.superior).get(f"/customers/{customer.pk}/pool/").content.decode()
    assert f"{today() + dt.timedelta(days=2)}" not in line
    assert login(people.superior).post(url, {"locked": "0"}).status_code == 302
    customer.refresh_from_db()
    assert not customer.pool_locked


def test_giving_back_asks_why_and_is_for_owner_and_superior(people, login):
    customer = held(people.owner, 5)
    url = f"/customers/{customer.pk}/release/"
    assert login(people.outsider).post(url, {"note": "x"}).status_code == 404
    CustomerShare.objects.create(customer=customer, user=people.outsider, can_write=True)
    assert login(people.outsider).post(url, {"note": "x"}).status_code == 403
    client = login(people.owner)
    assert client.get(url).status_code == 200
    assert client.post(url, {"note": " "}).status_code == 422
    assert client.post(url, {"note": "关门了"}).status_code == 302
    change = OwnerChange.objects.get(customer=customer, reason="released")
    assert (change.note, change.by, change.to_user) == ("关门了", people.owner, None)


# --- rules
FORM = {"name": "新规则", "no_follow_up_days": "30", "warn_days": "7,3,1", "is_active": "on"}


def test_the_preview_saves_nothing_and_tells_what_the_run_does(people, login):
    rule(level="A", no_follow_up_days=200)
    rule(no_order_days=50)
    for owner, days, fields in (
        (people.owner, 31, {"level": "B"}),
        (people.owner, 60, {}),
        (people.colleague, 40, {}),
        (people.colleague, 30, {}),
        (people.colleague, 300, {"level": "A"}),
        (people.outsider, 90, {"pool_locked": True}),
    ):
        held(owner, days, **fields)
    old = PoolRule.objects.get(no_order_days=50)
    url = f"/pool/rules/{old.pk}/"
    client = login(people.admin)
    response = client.post(url, {**FORM, "preview": "1"})
    told = response.context["preview"]
    assert response.status_code == 200
    assert (told.count, told.most, told.owners, told.covers, told.before, told.after) == (3, 2, 2, 4, 2, 4)
    old.refresh_from_db()
    assert old.no_order_days == 50
    assert client.post(url, FORM).status_code == 302
    assert pool.run_pool(day=today()).recycled == told.after
    lost = OwnerChange.objects.filter(clock="no_follow_up").exclude(customer__level="A")
    assert lost.count() == told.count
    assert lost.filter(from_user=people.owner).count() == told.most


def test_a_clock_that_is_not_set_is_unlimited(people, login):
    rule(no_order_days=50)
    page = login(people.superior).get("/pool/rules/").content.decode()
    assert page.count("<dd>不限</dd>") == 2
    assert "<dd>50</dd>" in page


def test_bad_rules_are_refused_and_the_form_kept(people, login):
    client = login(people.superior)
    for wrong in ({"name": ""}, {"no_follow_up_days": "-1"}, {"renew_days": "3"}, {"warn_days": "x"}):
        for extra in ({}, {"preview": "1"}):
            response = client.post("/pool/rules/new/", {**FORM, **wrong, **extra})
            assert response.status_code == 422, wrong
    assert not PoolRule.objects.exists()


def test_rules_are_switched_and_deleted_by_permission(people, login):
    kept = rule(no_follow_up_days=30)
    rep, manager = login(people.owner), login(people.superior)
    for page in (
        "/pool/rules/",
        "/pool/rules/new/",
        f"/pool/rules/{kept.pk}/",
        "/pool/forecast/",
        "/pool/runs/",
    ):
        assert rep.get(page).status_code == 403, page
        assert manager.get(page).status_code == 200, page
    for action in ("switch", "delete"):
        assert rep.post(f"/pool/rules/{kept.pk}/{action}/").status_code == 403
        assert manager.get(f"/pool/rules/{kept.pk}/{action}/").status_code == 405
    manager.post(f"/pool/rules/{kept.pk}/switch/", {"on": "0"})
    kept.refresh_from_db()
    assert not kept.is_active
    manager.post(f"/pool/rules/{kept.pk}/delete/")
    assert not PoolRule.objects.exists()


def test_the_forecast_counts_my_people_and_links_to_the_same_rows(people, login):
    rule(no_follow_up_days=30)
    held(people.owner, 28)
    held(people.owner, 100)
    held(people.colleague, 100)
    held(people.outsider, 100)
    client = login(people.superior)
    days = client.get("/pool/forecast/").context["days"]
    assert [(day["day"], day["count"]) for day in days] == [(today(), 2), (today() + dt.timedelta(days=3), 1)]
    for day in days:
        assert client.get(day["url"]).context["page"].paginator.count == day["count"]
        for line in day["lines"]:
            assert client.get(line["url"]).context["page"].paginator.count == line["count"]
    assert pool.run_pool(day=today()).recycled == 3
    assert "3" in client.get("/pool/runs/").content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_asking_for_the_new_owner_costs_the_same(people, login, rows, django_assert_num_queries):
    chosen = [CustomerFactory(owner=None, last_owner=people.owner).pk for _ in range(rows)]
    client = login(people.superior)
    client.post("/pool/assign/", {"pk": chosen})  # the system options are there from now on
    with django_assert_num_queries(7):
        assert client.post("/pool/assign/", {"pk": chosen}).status_code == 200
