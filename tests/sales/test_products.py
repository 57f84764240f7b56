"""The catalogue: pages, barcodes, pictures, categories, and the JSON of order entries."""

import datetime as dt
import io
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from PIL import Image

from sales import services
from sales.models import PriceList, Product, ProductCategory, StockBalance
from sales.queries import prices, products
from sales.rules.products import tree, with_children
from sales.services import categories
from tests.factories import CustomerFactory, ProductFactory

pytestmark = pytest.mark.django_db
FIELDS = {
    "code": "N1", "name": "菜籽油", "unit": "桶", "box_unit": "箱", "box_quantity": "4", "price": "68.50",
    "floor_price": "60", "cost": "51.2", "shelf_life_days": "540", "brand": "皖香", "specification": "5L",
    "barcode": "6901", "box_barcode": "16901", "is_active": "on",
}  # fmt: skip


def picture(size=(800, 600), name="a.png"):
    file = io.BytesIO()
    Image.new("RGBA", size, (200, 30, 30, 128)).save(file, "PNG")
    return SimpleUploadedFile(name, file.getvalue(), content_type="image/png")


def create(client, **fields):
    return client.post(reverse("sales:product_create"), FIELDS | fields)


# --- the form
def test_everything_of_a_product_is_kept(login, people):
    response = create(login(people.superior))
    product = Product.objects.get()
    assert response.headers["Location"] == product.get_absolute_url()
    assert (product.floor_price, product.cost, product.box_barcode) == (60, Decimal("51.20"), "16901")
    for word in ("6901", "16901", "czy", "皖香", "5l"):
        assert list(Product.objects.search(word)) == [product]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"barcode": "777"}, "barcode"),
        ({"barcode": "888"}, "barcode"),
        ({"box_barcode": "777"}, "box_barcode"),
        ({"box_barcode": "888"}, "box_barcode"),
        ({"box_barcode": "6901"}, "box_barcode"),
        ({"floor_price": "99"}, "floor_price"),
        ({"cost": "-1"}, "cost"),
        ({"cost": "99999999"}, "cost"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_kept(login, people, fields, where):
    ProductFactory(code="OLD", name="老商品", barcode="777", box_barcode="888")
    response = create(login(people.superior), **fields)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [where]
    assert FIELDS["name"] in response.content.decode()
    if set(fields.values()) & {"777", "888"}:
        assert "OLD 老商品" in str(response.context["form"].errors[where])
    assert Product.objects.count() == 1


def test_a_product_keeps_its_own_barcodes(login, people):
    client = login(people.superior)
    create(client)
    product = Product.objects.get()
    response = client.post(reverse("sales:product_edit", args=[product.pk]), FIELDS | {"name": "花生油"})
    assert response.status_code == 302
    product.refresh_from_db()
    assert (product.name, product.barcode) == ("花生油", "6901")


@pytest.mark.parametrize(
    "wrong",
    [
        {"barcode": "777"},
        {"box_barcode": "888"},
        {"barcode": "5", "box_barcode": "5"},
        {"cost": -1},
        {"price": -1},
    ],
)
def test_the_database_holds_the_line(wrong):
    ProductFactory(barcode="777", box_barcode="888")
    with pytest.raises(IntegrityError), transaction.atomic():
        ProductFactory(**wrong)


def test_many_products_have_no_barcode():
    ProductFactory.create_batch(3)
    assert Product.objects.filter(barcode="", box_barcode="").count() == 3


# --- cost
def test_the_cost_is_for_those_who_see_margins(login, people):
    client = login(people.superior)
    create(client)
    product = Product.objects.get()
    assert "51.20" in client.get(product.get_absolute_url()).content.decode()
    people.superior.role.permissions.remove(
        people.superior.role.permissions.get(codename="view_margin", content_type__app_label="sales")
    )
    client = login(people.superior)
    for address in (product.get_absolute_url(), reverse("sales:product_edit", args=[product.pk])):
        assert "51.2" not in client.get(address).content.decode()
    client.post(reverse("sales:product_edit", args=[product.pk]), FIELDS | {"cost": "1"})
    product.refresh_from_db()
    assert product.cost == Decimal("51.20")


def test_a_rep_sees_the_catalogue_without_cost_and_changes_nothing(login, people):
    product = ProductFactory(cost=Decimal("3.33"), floor_price=Decimal("4.44"))
    client = login(people.owner)
    page = client.get(product.get_absolute_url())
    assert page.status_code == 200
    assert "3.33" not in page.content.decode()
    assert page.context["lines"] is None  # price lists are the office's
    listed = client.get(reverse("sales:product_list"), {"cols": "code,cost,floor_price"}).content.decode()
    assert "3.33" not in listed
    assert "4.44" in listed
    for name in ("product_import", "category_list", "price_list_list", "gift_rule_list", "price_check"):
        assert client.get(reverse(f"sales:{name}")).status_code == 403
    assert client.post(reverse("sales:product_stop"), {"pk": product.pk}).status_code == 403
    assert client.get(reverse("sales:product_list"), {"export": "xlsx"}).status_code == 403
    people.owner.role.permissions.clear()
    client = login(people.owner)
    for address in (product.get_absolute_url(), reverse("sales:product_list")):
        assert client.get(address).status_code == 403
    assert client.get(reverse("sales:product_picture", args=[product.pk, "small"])).status_code == 403


def test_the_import_is_offered_where_it_works(login, people):
    """It makes products and changes them; what there is now is taken out by who may export."""
    address = reverse("sales:product_import")
    list_address = reverse("sales:product_list")
    client = login(people.superior)
    page = client.get(list_address).content.decode()
    assert page.count(f'href="{address}"') == 2  # above the list and in place of it
    assert "export=xlsx" in client.get(address).content.decode()
    permissions = people.superior.role.permissions
    permissions.remove(Permission.objects.get(codename="export_product"))
    assert "export=xlsx" not in login(people.superior).get(address).content.decode()
    permissions.remove(Permission.objects.get(codename="change_product"))
    client = login(people.superior)
    page = client.get(list_address).content.decode()
    assert address not in page
    assert reverse("sales:product_create") in page
    assert client.get(address).status_code == 403


def test_unknown_products_are_not_found(login, people):
    for address in ("/products/999/", "/products/999/edit/", "/products/999/picture/small/"):
        assert login(people.superior).get(address).status_code == 404


# --- pictures
def test_a_picture_is_made_small_and_replaced(login, people, django_capture_on_commit_callbacks):
    client = login(people.superior)
    create(client, new_picture=picture((3000, 2000)))
    product = Product.objects.get()
    sizes = {}
    for size, address in (("full", product.picture_address), ("small", product.thumbnail_address)):
        response = client.get(address)
        assert response.headers["Content-Type"] == "image/jpeg"
        sizes[size] = Image.open(io.BytesIO(b"".join(response.streaming_content))).size
    assert max(sizes["full"]) == 1600
    assert max(sizes["small"]) == 160
    first = str(product.picture.name)
    assert product.thumbnail_address in client.get(reverse("sales:product_list")).content.decode()
    edit = reverse("sales:product_edit", args=[product.pk])
    with django_capture_on_commit_callbacks(execute=True):
        client.post(edit, FIELDS | {"new_picture": picture()})
    product.refresh_from_db()
    assert not product.picture.storage.exists(first)
    assert product.picture.storage.exists(str(product.picture.name))
    with django_capture_on_commit_callbacks(execute=True):
        client.post(edit, FIELDS | {"drop_picture": "on"})
    product.refresh_from_db()
    assert product.thumbnail_address == ""
    assert client.get(reverse("sales:product_picture", args=[product.pk, "small"])).status_code == 404


def test_what_is_no_picture_is_refused(login, people):
    response = create(login(people.superior), new_picture=SimpleUploadedFile("a.png", b"no picture"))
    assert list(response.context["form"].errors) == ["new_picture"]
    assert not Product.objects.exists()


# --- the list and the page
def test_stop_and_resume_in_bulk(login, people):
    one, two, three = ProductFactory.create_batch(3)
    client = login(people.superior)
    data = {"pk": [one.pk, two.pk, "abc"], "query": "q=x"}
    response = client.post(reverse("sales:product_stop"), data)
    assert response.headers["Location"] == reverse("sales:product_list") + "?q=x"
    assert set(Product.objects.active()) == {three}
    client.post(reverse("sales:product_resume"), {"pk": [one.pk, three.pk]})
    assert set(Product.objects.active()) == {one, three}
    assert client.get(reverse("sales:product_stop")).status_code == 405


def test_the_list_by_category_brand_and_stock(login, people):
    top = ProductCategory.objects.create(name="饮品")
    below = ProductCategory.objects.create(name="水类", parent=top)
    water = ProductFactory(category=below, brand="山泉")
    other = ProductFactory(brand="别家")
    StockBalance.objects.create(location=prices.default_location(), product=water, quantity=Decimal("12.5"))
    client = login(people.owner)

    def found(**params):
        page = client.get(reverse("sales:product_list"), params)
        return {row.pk for row in page.context["page"].object_list}

    assert found(category=top.pk) == found(category=below.pk) == found(brand="山泉") == {water.pk}
    assert found() == {water.pk, other.pk}
    page = client.get(reverse("sales:product_list"))
    assert "12.5 瓶" in page.content.decode()
    assert [(b.node.name, b.total) for b in page.context["branches"]] == [("饮品", 1), ("水类", 1)]


def test_the_page_shows_lists_stock_and_months(
    login, people, make_order, water, django_assert_max_num_queries
):
    row = PriceList.objects.create(name="春季")
    row.lines.create(product=water, price=Decimal("2.11"))
    make_order(10, status="delivered")
    StockBalance.objects.update_or_create(
        location=prices.default_location(), product=water, defaults={"quantity": Decimal(77)}
    )
    client = login(people.superior)
    client.get(water.get_absolute_url())
    with django_assert_max_num_queries(14):
        page = client.get(water.get_absolute_url())
    text = page.content.decode()
    assert "春季" in text
    assert "2.11" in text
    assert "77 瓶" in text
    last = page.context["months"][-1]
    assert (last.quantity, last.amount, last.customers) == (10, Decimal("21.10"), 1)
    assert len(page.context["months"]) == 6
    outsider = login(people.outsider).get(water.get_absolute_url())
    assert outsider.context["months"][-1].quantity == 0


def test_months_begin_at_the_right_month(water, people):
    months = products.monthly_sales(water, people.admin, today=dt.date(2026, 2, 28))
    assert [month.first for month in months] == [
        dt.date(2025, 9, 1), dt.date(2025, 10, 1), dt.date(2025, 11, 1),
        dt.date(2025, 12, 1), dt.date(2026, 1, 1), dt.date(2026, 2, 1),
    ]  # fmt: skip


# --- categories
def test_the_tree_in_order():
    rows = [(1, "食品", None), (2, "酒", None), (3, "零食", 1), (4, "糖", 3), (5, "白酒", 2)]
    assert [(node.name, node.depth) for node in tree(rows)] == [
        ("食品", 0), ("零食", 1), ("糖", 2), ("酒", 0), ("白酒", 1),
    ]  # fmt: skip
    assert {node.pk for node in tree([(1, "a", 2), (2, "b", 1)])} == {1, 2}
    assert with_children(1, {pk: parent for pk, _name, parent in rows}) == {1, 3, 4}


def test_categories_are_made_moved_and_deleted(login, people):
    client = login(people.superior)
    address = reverse("sales:category_list")
    for name in ("食品", "酒水"):
        assert client.post(address, {"name": name}).status_code == 302
    food, drinks = ProductCategory.objects.order_by("position")
    client.post(address, {"name": "零食", "parent": food.pk})
    snacks = ProductCategory.objects.get(name="零食")
    assert snacks.parent == food
    client.post(reverse("sales:category_down", args=[food.pk]))
    assert [node.name for node in products.category_tree()] == ["酒水", "食品", "零食"]
    client.post(reverse("sales:category_up", args=[drinks.pk]))  # it is first already
    response = client.post(
        reverse("sales:category_edit", args=[food.pk]), {"name": "食品类", "parent": snacks.pk}
    )
    assert response.status_code == 422
    assert "食品类" in response.content.decode()
    client.post(reverse("sales:category_edit", args=[snacks.pk]), {"name": "休闲零食", "parent": drinks.pk})
    snacks.refresh_from_db()
    assert (snacks.name, snacks.parent) == ("休闲零食", drinks)
    client.post(reverse("sales:category_delete", args=[drinks.pk]))
    assert ProductCategory.objects.filter(pk=drinks.pk).exists()
    client.post(reverse("sales:category_delete", args=[snacks.pk]))
    assert not ProductCategory.objects.filter(pk=snacks.pk).exists()


def test_category_names_are_unique_and_given():
    one = categories.save_category(name="水")
    for name in ("水", " "):
        with pytest.raises(ValidationError):
            categories.save_category(name=name)
    with pytest.raises(ValidationError):
        categories.save_category(category=one, name="水", parent=one)
    assert categories.save_category(category=one, name="水").pk == one.pk


def test_categories_need_their_permissions(login, people):
    people.superior.role.permissions.remove(
        *people.superior.role.permissions.filter(codename__endswith="productcategory").exclude(
            codename="view_productcategory"
        )
    )
    row = ProductCategory.objects.create(name="水")
    client = login(people.superior)
    assert client.get(reverse("sales:category_list")).status_code == 200
    assert client.post(reverse("sales:category_list"), {"name": "酒"}).status_code == 403
    for name in ("edit", "up", "down", "delete"):
        assert client.post(reverse(f"sales:category_{name}", args=[row.pk])).status_code == 403


# --- the JSON of order entries
OLD_KEYS = {"id", "name", "code", "barcode", "unit", "box_unit", "box", "packing", "price"}


def options(client, **params):
    return client.get(reverse("sales:product_options"), params)


def test_options_know_the_customers_price_stock_and_boxes(login, people, shop, water):
    Product.objects.filter(pk=water.pk).update(box_barcode="1690", search_text="w001 1690 矿泉水")
    row = PriceList.objects.create(name="老王", customer=shop)
    row.lines.create(product=water, price=Decimal("2.20"))
    row.lines.create(product=water, min_quantity=120, price=Decimal("1.99"))
    StockBalance.objects.create(location=prices.default_location(), product=water, quantity=Decimal(36))
    client = login(people.owner)
    [plain] = options(client, q="1690").json()
    assert set(plain) >= OLD_KEYS
    assert (plain["price"], plain["reason"], plain["is_box"], plain["available"]) == (
        "2.35",
        "",
        True,
        "36.000",
    )
    [mine] = options(client, q="w001", customer=shop.pk).json()
    assert (mine["price"], mine["reason"], mine["is_box"]) == ("2.20", "价格表 老王", False)
    assert [(step["from"], step["price"]) for step in mine["steps"]] == [("0", "2.20"), ("120.000", "1.99")]
    assert mine["steps"][1]["reason"] == "价格表 老王，满 10 箱"


def test_options_of_a_foreign_customer_are_not_found(login, people):
    foreign = CustomerFactory(owner=people.outsider)
    assert options(login(people.owner), customer=foreign.pk).status_code == 404
    assert options(login(people.owner), customer="x").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_options_ask_a_constant_number_of_statements(login, people, shop, django_assert_num_queries, count):
    row = PriceList.objects.create(name="全部")
    for product in ProductFactory.create_batch(count):
        row.lines.create(product=product, price=1)
    client = login(people.owner)
    options(client, customer=shop.pk)
    with django_assert_num_queries(10):
        options(client, customer=shop.pk)


def test_steps_leave_out_what_changes_nothing(shop, water):
    row = PriceList.objects.create(name="全部")
    for least, price in ((0, "2"), (10, "2"), (20, "1.5")):
        row.lines.create(product=water, min_quantity=least, price=Decimal(price))
    narrow = PriceList.objects.create(name="老王", customer=shop)
    narrow.lines.create(product=water, min_quantity=15, price=Decimal("1.8"))
    day = dt.date(2026, 3, 1)
    steps = prices.price_steps(shop, [water], day)[water.pk]
    assert [(step.least, step.price.value) for step in steps] == [(0, 2), (10, 2), (15, Decimal("1.80"))]
    for quantity in (0, 9, 10, 14, 15, 19, 20, 500):
        reached = [step for step in steps if step.least <= quantity][-1]
        assert reached.price == prices.price_for(shop, water, Decimal(quantity), day)


def test_saving_by_service_refuses_a_taken_barcode():
    ProductFactory(box_barcode="1")
    with pytest.raises(ValidationError) as refusal:
        services.save_product(product=ProductFactory.build(code="X", barcode="1"))
    assert list(refusal.value.error_dict) == ["barcode"]
