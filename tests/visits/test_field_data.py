"""What a phone takes along: the day, the kit, the shell, the worker and the manifest."""

import datetime as dt
import json
import re
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from alerts.models import Alert
from sales import services as sales
from sales.models import PriceList, PriceListLine
from sales.rules import LineInput
from tests.factories import CustomerFactory, ProductFactory, VisitFactory, VisitTaskFactory
from visits.models import VisitType

pytestmark = pytest.mark.django_db
DAY, KIT = "visits:field_data", "visits:field_kit"


@pytest.fixture
def today():
    return timezone.localdate()


def test_the_day_holds_both_days_and_nothing_of_others(people, shop, login, today):
    later = VisitTaskFactory(
        customer=CustomerFactory(owner=people.owner), date=today + dt.timedelta(days=1), note="带样品"
    )
    task = VisitTaskFactory(customer=shop, date=today)
    VisitTaskFactory(customer=CustomerFactory(owner=people.owner), date=today + dt.timedelta(days=2))
    VisitTaskFactory(customer=CustomerFactory(owner=people.colleague), date=today)
    VisitTaskFactory(customer=CustomerFactory(owner=people.outsider), rep=people.owner, date=today)
    day = login(people.owner).get(reverse(DAY)).json()
    assert [row["id"] for row in day["tasks"]] == [task.pk, later.pk]
    assert {row["name"] for row in day["customers"]} == {shop.name, later.customer.name}
    assert day["user"]["name"] == people.owner.name
    assert "order" in day["user"]["can"]
    assert day["tasks"][1]["note"] == "带样品"


def test_his_other_customers_come_in_short(people, shop, login, today):
    VisitTaskFactory(customer=shop, date=today)
    other = CustomerFactory(owner=people.owner, name="长江便利店", last_visit_on=today)
    never = CustomerFactory(owner=people.owner, name="明光烟酒店")
    for stranger in (people.colleague, people.outsider, None):
        CustomerFactory(owner=stranger)
    others = login(people.owner).get(reverse(DAY)).json()["others"]
    assert [row["id"] for row in others] == [other.pk, never.pk]
    assert "长江便利店" in others[0]["search"]
    assert "receivable" not in others[0]


def test_a_customer_brings_order_credit_and_alerts(people, shop, login, today):
    shop.credit_limit = Decimal(1000)
    shop.save()
    water = ProductFactory(price=Decimal("10"))
    VisitTaskFactory(customer=shop, date=today)
    order = sales.create_order(actor=people.owner, customer=shop, lines=[LineInput(water.pk, Decimal(12))])
    sales.approve_order(actor=people.superior, order=order)
    Alert.objects.create(
        customer=shop, kind="unvisited", base_on=today, period_days=1, due_on=today, opened_on=today
    )
    [customer] = login(people.owner).get(reverse(DAY)).json()["customers"]
    assert customer["order"]["lines"] == [[water.pk, "12"]]
    assert Decimal(customer["credit_left"]) == 880
    assert len(customer["marks"]) == 1


def test_an_open_visit_says_how_far_it_is(people, shop, login):
    visit = VisitFactory(customer=shop, check_out_at=None)
    VisitTaskFactory(customer=shop)
    [row] = login(people.owner).get(reverse(DAY)).json()["visits"]
    assert (row["uuid"], row["open"], row["done"]["order"]) == (str(visit.uuid), True, 0)


def test_the_kit_holds_prices_in_their_order(people, shop, login):
    water = ProductFactory(price=Decimal("10"), name="矿泉水")
    ProductFactory(is_active=False)
    for name, values in (
        ("全部", {}),
        ("甲店", {"customer": shop}),
        ("别人", {"customer": CustomerFactory(owner=people.outsider)}),
        ("过期", {"ends_on": timezone.localdate() - dt.timedelta(days=1)}),
    ):
        price_list = PriceList.objects.create(name=name, **values)
        PriceListLine.objects.create(
            price_list=price_list, product=water, min_quantity=Decimal(24), price=Decimal("9")
        )
    kit = login(people.owner).get(reverse(KIT)).json()
    assert [product["name"] for product in kit["products"]] == ["矿泉水"]
    assert [row["name"] for row in kit["lists"]] == ["甲店", "全部"]
    assert kit["lists"][0]["lines"] == {str(water.pk): [["24", "9.00"]]}
    usual = VisitType.objects.get(is_default=True)
    assert kit["type"] == usual.pk
    assert "order" in [step["kind"] for step in kit["types"][str(usual.pk)]]
    assert kit["words"]["phrase_skip"]


@pytest.mark.parametrize("name", [DAY, KIT])
@pytest.mark.parametrize("rows", [1, 3])
def test_thirteen_statements_whatever_there_is(name, rows, people, login, today):
    for _ in range(rows):
        customer = CustomerFactory(owner=people.owner)
        product = ProductFactory()
        VisitTaskFactory(customer=customer, date=today)
        sales.create_order(actor=people.owner, customer=customer, lines=[LineInput(product.pk, Decimal(1))])
    VisitFactory(customer=customer, check_out_at=None)
    client = login(people.owner)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(name)).status_code == 200
    assert len(queries) == {DAY: 13, KIT: 11}[name], "\n".join(q["sql"][:200] for q in queries)


@pytest.mark.parametrize("name", [DAY, KIT])
def test_the_same_again_is_not_sent_again(name, people, shop, login):
    VisitTaskFactory(customer=shop)
    client = login(people.owner)
    first = client.get(reverse(name), headers={"Accept-Encoding": "gzip"})
    assert (first["Content-Encoding"], first["Cache-Control"]) == ("gzip", "no-store")
    again = client.get(reverse(name), headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    VisitTaskFactory(customer=CustomerFactory(owner=people.owner))
    ProductFactory()
    assert client.get(reverse(name), headers={"If-None-Match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize("name", [DAY, KIT])
def test_who_does_not_visit_gets_nothing(name, people, login):
    assert login(people.finance).get(reverse(name)).status_code == 403
    assert Client().get(reverse(name)).status_code == 302


def test_the_shell_is_the_same_for_everybody(people, login):
    name = people.owner.name
    mine = login(people.owner).get(reverse("visits:field"))
    assert mine.content == login(people.superior).get(reverse("visits:field")).content
    assert mine.content == Client().get(reverse("visits:field")).content
    assert name not in mine.content.decode()


def test_worker_and_manifest(db):
    worker = Client().get("/sw.js")
    text = worker.content.decode()
    assert worker["Content-Type"].startswith("text/javascript")
    assert worker["Cache-Control"] == "no-cache"
    assert "worker-src 'self'" in worker["Content-Security-Policy"]
    assert "field_app.js" in text
    manifest = Client().get("/manifest.webmanifest").json()
    assert manifest["start_url"] == "/today/"
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
    assert any(icon.get("purpose") == "maskable" for icon in manifest["icons"])


def test_the_worker_changes_with_its_files(db, monkeypatch, tmp_path):
    from visits.views import field

    before = Client().get("/sw.js").content
    assert Client().get("/sw.js").content == before
    monkeypatch.setattr(field, "SHELL_FILES", field.SHELL_FILES[:-1])
    assert Client().get("/sw.js").content != before


def test_the_session_says_whose_it_is(people, login):
    assert Client().get(reverse("visits:field_session")).json()["user"] is None
    mine = login(people.owner).get(reverse("visits:field_session")).json()
    assert mine["user"] == people.owner.pk
    assert mine["csrf"]


def test_a_queue_of_somebody_else_is_not_taken(people, login):
    client = login(people.owner)
    action = {"uuid": str(uuid4()), "kind": "dance", "occurred_at": timezone.now().isoformat(), "payload": {}}
    headers = {"X-Field-User": str(people.colleague.pk)}
    body = json.dumps([action])
    answer = client.post(reverse("visits:sync"), body, content_type="application/json", headers=headers)
    assert answer.status_code == 409


def test_the_way_out_of_the_field_is_open_to_everybody(people, login):
    client = login(people.finance)
    assert not people.finance.has_perm("visits.view_visittask")
    shell = client.get(reverse("visits:field")).content.decode()
    out = re.search(r'<nav class="fa-tabs".*?<a href="(/[^"]*)"', shell, re.DOTALL)[1]
    assert client.get(out, follow=True).status_code == 200
