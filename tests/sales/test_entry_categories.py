"""Goods of an entry by category: the chips of the page, and what the search answers to one."""

import pytest
from django.urls import reverse

from sales.models import ProductCategory
from sales.queries.products import category_chips
from tests.factories import CustomerFactory, ProductFactory
from tests.sales.stock_data import load, receive, van_for, warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(people):
    return CustomerFactory(owner=people.owner)


@pytest.fixture
def categories():
    ProductCategory.objects.all().delete()
    drinks = ProductCategory.objects.create(name="酒水", position=2)
    water = ProductCategory.objects.create(name="饮用水", parent=drinks)
    food = ProductCategory.objects.create(name="食品", position=1)
    ProductCategory.objects.create(name="空的", position=3)
    return {"drinks": drinks, "water": water, "food": food}


@pytest.fixture
def goods(categories):
    return {
        "beer": ProductFactory(name="啤酒", category=categories["drinks"]),
        "spring": ProductFactory(name="山泉水", category=categories["water"]),
        "rice": ProductFactory(name="大米", category=categories["food"]),
        "gone": ProductFactory(name="停售米", category=categories["food"], is_active=False),
        "other": ProductFactory(name="无分类"),
    }


def names(answer):
    return [row["name"] for row in answer.json()]


def test_chips_are_top_categories_with_goods_on_sale(goods, categories, django_assert_num_queries):
    with django_assert_num_queries(1):
        chips = category_chips()
    assert [chip.name for chip in chips] == ["食品", "酒水"]
    assert chips[1].branch == (categories["drinks"].pk, categories["water"].pk)
    assert category_chips({categories["water"].pk}) == []  # nothing to choose between
    goods["rice"].is_active = False
    goods["rice"].save(update_fields=["is_active"])
    assert category_chips() == []


@pytest.mark.parametrize("name", ["sales:order_create", "sales:quote_create", "sales:return_create"])
def test_entries_have_the_chips(login, people, shop, goods, categories, name):
    page = login(people.owner).get(reverse(name), {"customer": shop.pk}).content.decode()
    branch = f"{categories['drinks'].pk} {categories['water'].pk}"
    assert (
        f'data-category="{categories["drinks"].pk}" data-branch="{branch}" aria-pressed="false">酒水<' in page
    )
    assert 'data-category="" aria-pressed="true">全部<' in page
    assert f'data-product="{goods["spring"].pk}" data-box="{goods["spring"].box_quantity}"' in page


def test_an_entry_without_categories_has_no_chips(login, people, shop, goods):
    ProductFactory._meta.model.objects.update(category=None)
    page = login(people.owner).get(reverse("sales:order_create"), {"customer": shop.pk}).content.decode()
    assert "data-categories" not in page


def test_the_van_has_the_chips_of_what_is_on_it(login, people, shop, goods):
    place, van = warehouse(), van_for(people.owner)
    address = reverse("sales:van_sell")
    receive(people.superior, place, {goods["spring"]: 5, goods["rice"]: 5})
    load(people.superior, place, van, {goods["spring"]: 5})
    client = login(people.owner)
    assert "data-categories" not in client.get(address, {"customer": shop.pk}).content.decode()
    load(people.superior, place, van, {goods["rice"]: 5})
    assert "data-categories" in client.get(address, {"customer": shop.pk}).content.decode()


@pytest.mark.parametrize(
    ("name", "stopped"), [("sales:product_options", []), ("sales:stock_products", ["停售米"])]
)
def test_the_search_stays_in_the_category(login, people, goods, categories, name, stopped):
    client, address = login(people.owner), reverse(name)
    drinks, food = categories["drinks"].pk, categories["food"].pk
    assert names(client.get(address, {"category": drinks})) == ["啤酒", "山泉水"]
    assert names(client.get(address, {"category": drinks, "q": "山泉"})) == ["山泉水"]
    assert names(client.get(address, {"category": food})) == ["大米", *stopped]
    assert names(client.get(address, {"category": 999999})) == []
    assert client.get(address, {"category": drinks}).json()[0]["category"] == drinks
    for wrong in ("abc", "²", "9" * 40):
        assert client.get(address, {"category": wrong}).status_code == 404


def test_a_category_is_leafed_through_beyond_a_search(login, people, categories):
    ProductFactory.create_batch(61, category=categories["food"])
    client = login(people.owner)
    assert len(client.get("/products/options/", {"category": categories["food"].pk}).json()) == 60
    assert len(client.get("/products/options/").json()) == 20
