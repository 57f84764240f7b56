"""Photos and shelf of a customer on the customer's page: for whom, empty, with figures, at what cost."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.factories import CustomerFactory, ProductFactory, VisitFactory
from tests.visits.conftest import STORE, fix_at, photo, url
from visits import services
from visits.rules import CountInput, FacingInput, SoldInput

pytestmark = pytest.mark.django_db
PANELS = ("photo_panel", "shelf_panel")


@pytest.fixture
def visit(people, shop):
    return services.check_in(actor=people.owner, customer_id=shop.pk, fix=fix_at())


def count(people, visit, product, quantity):
    services.record_shelf_count(
        actor=people.owner,
        visit=visit,
        client_uuid=uuid.uuid4(),
        lines=[CountInput(product.pk, Decimal(quantity))],
        occurred_at=visit.check_in_at,
    )


@pytest.mark.parametrize("panel", PANELS)
def test_panels_by_role(people, login, shop, panel):
    for user, status in (
        (people.owner, 200),
        (people.superior, 200),
        (people.outsider, 404),
        (people.finance, 403),
    ):
        assert login(user).get(url(panel, shop.pk)).status_code == status


def test_the_customers_page_offers_them(people, login, shop):
    page = login(people.owner).get(shop.get_absolute_url()).content.decode()
    for panel in PANELS:
        assert url(panel, shop.pk) in page
    assert (
        url("shelf_panel", shop.pk) not in login(people.finance).get(shop.get_absolute_url()).content.decode()
    )


def test_nothing_yet(people, login, shop):
    client = login(people.owner)
    assert "这里还没有拍过照片" in client.get(url("photo_panel", shop.pk)).content.decode()
    assert "这里还没有库存、铺货或动销记录" in client.get(url("shelf_panel", shop.pk)).content.decode()


def test_the_photos_of_this_customer_alone(people, login, shop):
    for seen in (CustomerFactory(owner=people.owner, latitude=STORE[0], longitude=STORE[1]), shop):
        visit = services.check_in(actor=people.owner, customer_id=seen.pk, fix=fix_at())
        services.add_photos(actor=people.owner, visit=visit, photos=[photo(noise=seen.pk)])
        services.check_out(actor=people.owner, visit=visit)
    response = login(people.superior).get(url("photo_panel", shop.pk))
    [shown] = response.context["photos"]
    assert shown.visit == visit
    page = response.content.decode()
    assert url("photo_page", shown.pk) in page
    assert "全部照片" not in page


def test_the_last_figures_of_each_product(people, login, shop, visit):
    water, juice, tea = (ProductFactory(name=name, unit="瓶") for name in ("矿泉水", "果汁", "茶"))
    earlier = VisitFactory(customer=shop, rep=people.owner, check_in_at=timezone.now() - dt.timedelta(days=3))
    count(people, earlier, water, 20)
    count(people, visit, water, 7)
    now = {"occurred_at": visit.check_in_at, "visit": visit, "actor": people.owner}
    services.record_sell_out(client_uuid=uuid.uuid4(), lines=[SoldInput(juice.pk, Decimal(5))], **now)
    services.record_display(client_uuid=uuid.uuid4(), lines=[FacingInput(tea.pk, 4)], **now)
    response = login(people.owner).get(url("shelf_panel", shop.pk))
    lines = {line.product: line for line in response.context["lines"]}
    assert set(lines) == {water, juice, tea}
    assert lines[water].last.quantity == 7  # today's count is known at once
    assert (lines[juice].last, lines[juice].sold) == (None, 5)
    assert lines[tea].facings == 4
    page = response.content.decode()
    assert "7 瓶" in page
    assert "4 个排面" in page
    assert "上次动销 5 瓶" in page


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_costs_the_same_with_one_row_and_with_three(
    people, login, shop, visit, panel, django_assert_max_num_queries
):
    client = login(people.owner)
    costs = []
    for rows in (1, 2):
        for _row in range(rows):
            count(people, visit, ProductFactory(), 3)
            services.add_photos(actor=people.owner, visit=visit, photos=[photo(noise=rows * 10 + _row)])
        with django_assert_max_num_queries(12) as queries:
            client.get(url(panel, shop.pk))
        costs.append(len(queries))
    assert costs[0] == costs[1]
