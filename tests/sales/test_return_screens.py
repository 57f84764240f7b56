"""Pages of returns, with and without a delivery; what else the customer's page and a delivery say of stock."""

import pytest
from django.urls import reverse

from sales.models import (
    Delivery,
    SalesReturn,
)
from sales.rules import LineInput
from sales.services.returns import ReturnInput, take_back
from sales.services.van_sales import sell_from_van
from tests.factories import CustomerFactory
from tests.sales.stock_data import D, on_hand, post_rows, text

pytestmark = pytest.mark.django_db


def test_a_return_of_a_delivery_from_the_page(owner, superior, outsider, people, shop, van, water):
    sale = sell_from_van(
        actor=people.owner, customer=shop, lines=[LineInput(water.pk, D(12))], discount=D("0.03")
    )
    line = sale.lines.get()
    address = f"{reverse('sales:return_create')}?delivery={sale.pk}"
    assert outsider.get(address).status_code == 404
    page = text(owner.get(address))
    assert "可退 1箱" in page
    more = {"price": "2.28", "delivery_line": line.pk, "reason": "damaged", "condition": "unsellable"}
    page = owner.post(address, post_rows([(water, 2, "", more)], location=van.pk))
    assert 'value="2"' in text(page)
    answer = owner.post(address, post_rows([(water, 1, "", more)], location=van.pk))
    slip = SalesReturn.objects.get()
    assert answer.url == slip.get_absolute_url()
    assert slip.amount == sale.amount == D("27.35")  # what was paid, though the price shown is rounded
    assert on_hand(van, water) == 48
    assert "不可再售" in text(owner.get(slip.get_absolute_url()))
    assert outsider.get(slip.get_absolute_url()).status_code == 404
    reverse_address = reverse("sales:return_reverse", args=[slip.pk])
    assert owner.get(reverse_address).status_code == 403
    assert superior.post(reverse_address, {"reason": ""}).status_code == 422
    superior.post(reverse_address, {"reason": "记错"})
    slip.refresh_from_db()
    assert slip.status == "reversed"


def test_a_return_without_a_delivery(owner, login, people, shop, place, van, water):
    page = text(owner.get(reverse("sales:return_create"), {"customer": shop.pk}))
    assert "矿泉水" in page
    data = post_rows([(water, "", 2, {"price": "2.35"})], location=place.pk)
    owner.post(f"{reverse('sales:return_create')}?customer={shop.pk}", data)
    slip = SalesReturn.objects.get()
    assert (slip.location, slip.amount, on_hand(place, water)) == (place, D("4.70"), 62)
    assert login(people.owner).get(reverse("sales:return_create")).status_code == 200  # asks for the customer
    stranger = CustomerFactory(owner=people.outsider)
    assert owner.get(reverse("sales:return_create"), {"customer": stranger.pk}).status_code == 404


def test_a_return_of_an_imported_delivery_goes_on_without_it(owner, people, shop, van, water):
    sale = sell_from_van(actor=people.owner, customer=shop, lines=[LineInput(water.pk, D(1))])
    Delivery.objects.filter(pk=sale.pk).update(is_history=True)
    address = f"{reverse('sales:return_create')}?delivery={sale.pk}&next=/van/"
    page = owner.get(address, follow=True)
    assert page.redirect_chain == [(f"{reverse('sales:return_create')}?customer={shop.pk}&next=/van/", 302)]
    assert sale.number in next(str(message) for message in page.context["messages"])
    assert "旧系统" in text(page)


def test_the_customers_page_knows_returns_and_sales(owner, people, shop, van, water):
    slip = take_back(
        actor=people.owner, customer=shop, location=van, lines=[ReturnInput(water.pk, D(1), "unsold")]
    )
    page = text(owner.get(reverse("sales:customer_panel", args=[shop.pk])))
    assert slip.number in page
    assert f"{reverse('sales:van_sell')}?customer={shop.pk}" in page


def test_a_delivery_of_a_van_shows_its_prices(owner, people, shop, van, water):
    sale = sell_from_van(
        actor=people.owner,
        customer=shop,
        lines=[LineInput(water.pk, D(12), price=D("2.00"))],
        discount=D("0.05"),
        note="放在后门",
    )
    page = text(owner.get(sale.get_absolute_url()))
    assert "¥2.00" in page
    assert "放在后门" in page
    assert "−5%" in page.replace(" ", "")
    assert van.name in page
    assert f"{reverse('sales:return_create')}?delivery={sale.pk}" in page
