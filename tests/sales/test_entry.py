"""Writing an order on the page."""

import datetime as dt
import json
import re
import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from sales import queries, services
from sales.forms.base import plain
from sales.models import SalesOrder
from sales.rules import LineInput
from tests.factories import CustomerFactory, ProductFactory

pytestmark = pytest.mark.django_db


def address(shop, **params):
    extra = "".join(f"&{key}={value}" for key, value in params.items())
    return reverse("sales:order_create") + f"?customer={shop.pk}{extra}"


def typed(*rows, then="submit", **fields):
    """What the page posts; a row is a dict of its fields."""
    data = {"lines-TOTAL_FORMS": len(rows), "lines-INITIAL_FORMS": 0, "then": then, **fields}
    for index, row in enumerate(rows):
        data |= {f"lines-{index}-{name}": value for name, value in row.items()}
    return data


def row(product, **values):
    return {
        "product": product.pk,
        "price": product.price,
        "boxes": "",
        "pieces": "",
        "discount": "",
        **values,
    }


def test_boxes_and_pieces_make_the_quantity(login, people, shop, water, beer):
    response = login(people.owner).post(
        address(shop),
        typed(
            row(water, boxes="2", pieces="1.5"),
            row(beer),
            row(beer, pieces="3", price="7.5"),
            discount="2.5",
            note="送货上门",
        ),
    )
    order = SalesOrder.objects.get()
    assert response.headers["Location"] == order.get_absolute_url()
    assert [(line.product, line.quantity, line.price) for line in order.lines.all()] == [
        (water, Decimal("25.5"), Decimal("2.35")),
        (beer, Decimal(3), Decimal("7.50")),
    ]
    # 59.925 → 59.93, + 22.50 = 82.43, × 0.975 = 80.36925
    assert (order.total, order.note, order.status) == (Decimal("80.37"), "送货上门", "submitted")


def test_draft_is_saved_reopened_and_submitted(login, people, shop, water):
    client = login(people.owner)
    client.post(address(shop), typed(row(water, boxes="1", pieces="2"), then="draft", discount="3"))
    order = SalesOrder.objects.get()
    assert order.status == "draft"
    edit = reverse("sales:order_edit", args=[order.pk])
    page = client.get(edit)
    first = page.context["rows"].rows[0]
    assert (first["boxes"].value(), first["pieces"].value()) == ("1", "2")
    assert page.context["form"]["discount"].value() == "3"
    client.post(edit, typed(row(water, boxes="1"), note="新"))
    order.refresh_from_db()
    assert (order.status, order.total, order.note) == ("submitted", Decimal("28.20"), "新")
    response = client.get(edit)
    assert response.status_code == 302  # not a draft any more: its page, with a word
    assert login(people.outsider).get(edit).status_code == 404
    people.owner.role.permissions.clear()
    assert login(people.owner).get(edit).status_code == 403


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"pieces": "abc"}, "pieces"),
        ({"pieces": "-1"}, "pieces"),
        ({"pieces": "1e30"}, "pieces"),
        ({"pieces": "NaN"}, "pieces"),
        ({"pieces": "1.2345"}, "pieces"),
        ({"boxes": "1.5"}, "boxes"),
        ({"pieces": "1", "price": "-1"}, "price"),
        ({"pieces": "1", "price": "9999999999"}, "price"),
        ({"pieces": "999999", "price": "9999999"}, ""),  # each possible, together absurd
        ({"boxes": "999999"}, ""),  # 12 times that many bottles
        ({}, ""),
    ],
)
def test_bad_rows_are_said_and_keep_what_was_typed(login, people, shop, water, beer, values, where):
    response = login(people.owner).post(
        address(shop),
        typed(row(beer, pieces="7"), row(water, **values), note="别丢") if values else typed(note="别丢"),
    )
    assert response.status_code == 200
    assert not SalesOrder.objects.exists()
    page = response.content.decode()
    assert "别丢" in page
    if where:
        assert response.context["rows"].rows[1].errors[where]
    else:
        assert response.context["form"].non_field_errors()
    if values:
        assert response.context["rows"].rows[0]["pieces"].value() == "7"
        for value in values.values():
            assert f'value="{value}"' in page


@pytest.mark.parametrize("discount", ["101", "-1", "x"])
def test_bad_discount_is_said(login, people, shop, beer, discount):
    response = login(people.owner).post(address(shop), typed(row(beer, pieces="7"), discount=discount))
    assert response.context["form"].errors["discount"]


def test_forged_rows_are_refused_quietly(login, people, shop, beer):
    """A product that is not there, no product, no management form, a thousand rows: never an error 500."""
    client = login(people.owner)
    for data in (
        typed({"product": 10**17, "pieces": "1"}),
        typed({"product": 10**30, "pieces": "1"}),
        typed({"product": "x", "pieces": "1"}),
        typed({"product": "²", "pieces": "1"}),
        {"then": "submit"},
        typed(row(beer, pieces="1")) | {"lines-TOTAL_FORMS": "9999999"},
        typed(row(beer, pieces="1")) | {"client_uuid": "not-a-uuid"},
    ):
        assert client.post(address(shop), data).status_code == 200
    assert not SalesOrder.objects.exists()


def test_stopped_product_is_refused(login, people, shop, beer):
    beer.is_active = False
    beer.save()
    response = login(people.owner).post(address(shop), typed(row(beer, pieces="1")))
    assert beer.name in response.context["form"].non_field_errors()[0]


def test_double_submit_makes_one_order(login, people, shop, beer):
    client = login(people.owner)
    page = client.get(address(shop)).content.decode()
    key = re.search(r'name="client_uuid" value="([^"]+)"', page)[1]
    assert uuid.UUID(key)
    first = client.post(address(shop), typed(row(beer, pieces="1"), client_uuid=key))
    second = client.post(address(shop), typed(row(beer, pieces="1"), client_uuid=key))
    assert first.headers["Location"] == second.headers["Location"]
    assert SalesOrder.objects.count() == 1


@pytest.mark.parametrize(
    ("wanted", "followed"),
    [
        ("/visits/3/", True),
        ("https://evil.example/", False),
        ("//evil.example/", False),
        ("javascript:alert(1)", False),
        ("/\\evil.example", False),
    ],
)
def test_next_leads_back_and_only_to_us(login, people, shop, beer, wanted, followed):
    client = login(people.owner)
    assert wanted not in client.get(address(shop, next=wanted)).content.decode() or followed
    response = client.post(address(shop, next=wanted), typed(row(beer, pieces="1")))
    expected = wanted if followed else SalesOrder.objects.get().get_absolute_url()
    assert response.headers["Location"] == expected


def test_who_may_write(login, people, shop, beer):
    for who, status in (("owner", 200), ("superior", 200), ("outsider", 404), ("colleague", 404)):
        client = login(getattr(people, who))
        assert client.get(address(shop)).status_code == status
    assert login(people.outsider).post(address(shop), typed(row(beer, pieces="1"))).status_code == 404
    assert not SalesOrder.objects.exists()
    people.owner.role.permissions.clear()
    assert login(people.owner).get(address(shop)).status_code == 403
    assert login(people.owner).get(reverse("sales:order_create")).status_code == 403


BACKS = {
    "sales:order_create": "sales:order_list",
    "sales:receipt_create": "sales:receipt_list",
    "sales:quote_create": "sales:quote_list",
    "sales:return_create": "sales:return_list",
    "sales:agreement_create": "sales:agreement_list",
    "sales:cost_create": "sales:cost_list",
}


@pytest.mark.parametrize("name", BACKS)
def test_the_page_that_asks_for_a_customer_has_a_way_back(login, people, name):
    client = login(people.superior)
    arrow = '<a class="pd-back" href="{}"'
    assert arrow.format(reverse(BACKS[name])) in client.get(reverse(name)).content.decode()
    came_from = client.get(reverse(name), {"next": "/visits/3/"}).content.decode()
    assert arrow.format("/visits/3/") in came_from
    elsewhere = client.get(reverse(name), {"next": "https://example.com/"}).content.decode()
    assert arrow.format(reverse(BACKS[name])) in elsewhere


@pytest.mark.parametrize("name", ["sales:order_create", "sales:receipt_create"])
def test_without_a_customer_the_page_asks_for_one(login, people, name):
    client = login(people.owner)
    response = client.get(reverse(name), {"next": "/visits/3/"})
    assert response.templates[0].name == "sales/choose_customer.html"
    assert 'name="customer"' in response.content.decode()
    for wrong in ("abc", "0", "²", "9" * 40):
        assert client.get(reverse(name), {"customer": wrong}).status_code == 404


def test_the_page_knows_the_last_order_and_the_usual_products(login, people, shop, water, beer):
    others = [ProductFactory(code=f"Z{n}") for n in range(3)]
    stopped = ProductFactory(is_active=False, name="旧款")
    for day, product, price in ((1, water, "2.10"), (2, beer, None)):
        services.create_order(
            actor=people.owner,
            customer=shop,
            lines=[LineInput(product.pk, Decimal("13"), price=price and Decimal(price))],
            ordered_on=dt.date(2026, 3, day),
        )
    page = login(people.owner).get(address(shop))
    assert [row.item for row in page.context["rows"].rows] == [beer, water]
    assert [row.last_price for row in page.context["rows"].rows] == [None, Decimal("2.10")]
    last = json.loads(re.search(r'<script id="last-lines"[^>]*>(.*?)</script>', page.content.decode())[1])
    assert [(line["id"], line["quantity"]) for line in last] == [(beer.pk, "13")]
    # A customer without history starts with the catalogue, without what is not sold any more.
    fresh = CustomerFactory(owner=people.owner)
    assert set(queries.usual_products(fresh)) == {water, beer, *others}
    assert stopped not in queries.usual_products(fresh)


def test_names_from_outside_are_escaped(login, people):
    shop = CustomerFactory(owner=people.owner, name="</script><b>x")
    product = ProductFactory(name="</script><img src=x>")
    services.create_order(actor=people.owner, customer=shop, lines=[LineInput(product.pk, Decimal(1))])
    page = login(people.owner).get(address(shop)).content.decode()
    assert "<img src=x" not in page
    assert "</script><b>" not in page


@pytest.mark.parametrize(
    ("value", "text"),
    [("3.000", "3"), ("0", ""), ("0.000", ""), ("10", "10"), ("1.500", "1.5"), ("100.0", "100")],
)
def test_plain_numbers_for_inputs(value, text):
    assert plain(Decimal(value)) == text
