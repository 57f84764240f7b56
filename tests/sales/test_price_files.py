"""Workbooks of products and of prices: looked through, taken in, each row for itself."""

import io
from decimal import Decimal

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from sales.models import PriceList, Product, ProductCategory
from sales.rules import product_rows, sheet_rows
from sales.services.price_files import import_lines
from sales.services.product_files import import_products
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db


def workbook(*rows, name="商品.xlsx"):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return SimpleUploadedFile(name, file.getvalue())


def take(people, *rows, **kwargs):
    return import_products(actor=people.admin, upload=workbook(*rows), **kwargs)


HEAD = [
    "编码",
    "商品名称",
    "分类",
    "条码",
    "箱码",
    "单位",
    "箱单位",
    "箱规",
    "单价（元）",
    "最低价",
    "成本",
    "保质期",
    "在售",
    "备注",
]
ROW = [
    "007",
    "菜籽油",
    "粮油类",
    "6901",
    "16901",
    "桶",
    "箱",
    4,
    68.5,
    "60",
    51.199999999999996,
    540,
    "是",
    "x",
]


def test_products_are_made_and_changed_by_code(people):
    result = take(people, HEAD, ROW, create_categories=True)
    assert (result.rows, result.created, result.problems, result.ignored) == (1, 1, [], ["备注"])
    product = Product.objects.get()
    assert (product.code, product.price, product.floor_price) == ("007", Decimal("68.50"), 60)
    assert (product.cost, product.box_quantity, product.category.name) == (Decimal("51.20"), 4, "粮油类")
    assert product in Product.objects.search("16901")
    result = take(people, ["编码", "单价", "最低价", "商品名称"], ["007", 70, "-", ""])
    assert (result.created, result.updated) == (0, 1)
    product.refresh_from_db()
    assert (product.name, product.price, product.floor_price) == ("菜籽油", 70, None)
    again = take(people, ["编码", "单价"], ["007", 70])
    assert (again.updated, again.unchanged) == (0, 1)


def test_a_dry_run_says_the_same_and_writes_nothing(people):
    ProductFactory(code="A", name="旧名")
    rows = [["编码", "商品名称", "单价", "分类"], ["A", "新名", 1, ""], ["B", "乙", 2, "新类"]]
    dry = take(people, *rows, dry_run=True, create_categories=True)
    assert list(Product.objects.values_list("code", "name")) == [("A", "旧名")]
    assert not ProductCategory.objects.filter(name="新类").exists()
    wet = take(people, *rows, create_categories=True)
    assert (dry.created, dry.updated) == (wet.created, wet.updated) == (1, 1)
    assert Product.objects.get(code="B").category.name == "新类"


@pytest.mark.parametrize(
    ("head", "row", "why"),
    [
        (["编码", "商品名称"], ["", "乙"], "缺少编码"),
        (["编码", "商品名称"], ["B", ""], "缺少商品名称"),
        (["编码", "商品名称", "单价"], ["B", "乙", "abc"], "abc"),
        (["编码", "商品名称", "单价"], ["B", "乙", "-3"], "-3"),
        (["编码", "商品名称", "单价"], ["B", "乙", "1e9"], "过大"),
        (["编码", "商品名称", "箱规"], ["B", "乙", "12"], "箱单位"),
        (["编码", "商品名称", "箱单位"], ["B", "乙", "箱"], "箱"),
        (["编码", "商品名称", "箱规"], ["B", "乙", "1.5"], "整数"),
        (["编码", "商品名称", "条码"], ["B", "乙", "777"], "777 已是 A"),
        (["编码", "商品名称", "箱码"], ["B", "乙", "777"], "777 已是 A"),
        (["编码", "商品名称", "条码", "箱码"], ["B", "乙", "5", "5"], "箱码"),
        (["编码", "商品名称", "分类"], ["B", "乙", "没有"], "没有分类"),
        (["编码", "商品名称", "在售"], ["B", "乙", "也许"], "也许"),
        (["编码", "商品名称", "单价", "最低价"], ["B", "乙", "5", "6"], "最低价"),
        (["编码", "商品名称"], ["B" * 41, "乙"], "40"),
    ],
)
def test_a_wrong_row_is_named_and_the_others_go_in(people, head, row, why):
    ProductFactory(code="A", barcode="777")
    result = take(people, head, row, ["C", "丙"])
    [problem] = result.problems
    assert problem.row == 2
    assert why in problem.why
    assert set(Product.objects.values_list("code", flat=True)) == {"A", "C"}


def test_a_code_or_barcode_twice_in_the_file(people):
    result = take(people, ["编码", "商品名称", "条码"], ["A", "甲", "1"], ["A", "乙", ""], ["B", "丙", "1"])
    assert [problem.row for problem in result.problems] == [3, 4]
    assert Product.objects.get().name == "甲"


def test_a_barcode_moves_from_one_product_to_another(people):
    ProductFactory(code="A", barcode="1")
    ProductFactory(code="B")
    result = take(people, ["编码", "条码"], ["A", "-"], ["B", "1"])
    assert not result.problems
    assert dict(Product.objects.values_list("code", "barcode")) == {"A": "", "B": "1"}


def test_who_may_not_see_the_cost_does_not_set_it(people):
    role = people.superior.role
    role.permissions.remove(role.permissions.get(codename="view_margin"))
    ProductFactory(code="A", cost=Decimal(5))
    import_products(actor=people.superior, upload=workbook(["编码", "成本"], ["A", "1"]))
    assert Product.objects.get().cost == 5


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (workbook(["名称"], ["甲"]), "编码"),
        (SimpleUploadedFile("a.xlsx", b"junk"), ""),
        (SimpleUploadedFile("a.csv", b""), ""),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(people, file, why):
    with pytest.raises(ValidationError) as refusal:
        import_products(actor=people.admin, upload=file)
    assert why in " ".join(refusal.value.messages)


def test_too_many_rows_are_refused(people, monkeypatch):
    monkeypatch.setattr("sales.services.sheet_files.MAX_ROWS", 2)
    with pytest.raises(ValidationError):
        take(people, ["编码", "商品名称"], *[[f"P{n}", "x"] for n in range(3)])
    assert not Product.objects.exists()


def test_an_export_comes_back_in_unchanged(login, people):
    ProductFactory(
        code="007", barcode="0690", cost=Decimal("1.5"), category=ProductCategory.objects.create(name="水")
    )
    ProductFactory(code="B", is_active=False, box_unit="箱", box_quantity=12)
    response = login(people.superior).get(reverse("sales:product_list"), {"export": "xlsx"})
    file = SimpleUploadedFile("p.xlsx", b"".join(response.streaming_content))
    result = import_products(actor=people.superior, upload=file)
    assert (result.rows, result.unchanged, result.problems) == (2, 2, [])
    assert result.ignored == ["可用库存"]


def test_the_page_looks_first_and_takes_in_then(login, people):
    client = login(people.superior)
    address = reverse("sales:product_import")
    assert client.get(address).status_code == 200
    rows = [["编码", "商品名称"], ["A", "甲"], ["", "乙"]]
    look = client.post(address, {"file": workbook(*rows)}, headers={"HX-Request": "true"})
    text = look.content.decode()
    assert "<b>1</b> 新增" in text
    assert '{"then": "import"}' in text
    assert "缺少编码" in text
    assert "<html" not in text
    assert not Product.objects.exists()
    client.post(address, {"file": workbook(*rows), "then": "import"}, headers={"HX-Request": "true"})
    assert Product.objects.get().name == "甲"
    assert client.post(address, {}).status_code == 422
    wrong = client.post(
        address, {"file": SimpleUploadedFile("a.xlsx", b"junk")}, headers={"HX-Request": "true"}
    )
    assert "alert-danger" in wrong.content.decode()


# --- prices
@pytest.fixture
def spring(water, beer):
    row = PriceList.objects.create(name="春季")
    row.lines.create(product=water, price=Decimal("2.20"))
    row.lines.create(product=beer, price=Decimal("7.00"))
    return row


def lines(row):
    found = row.lines.order_by("product__code", "min_quantity")
    return [(line.product.code, line.min_quantity, line.price) for line in found]


PRICES = [
    ["商品编码", "商品名称", "起订数量", "价格", "单价"],
    ["W001", "", "", "", 2.1],
    ["W001", "", 24, "", "1.9"],
]


def test_prices_come_in_by_code_and_quantity(people, spring):
    result = import_lines(actor=people.admin, price_list=spring, upload=workbook(*PRICES), dry_run=True)
    assert (result.created, result.updated, result.removed) == (1, 1, 0)
    assert len(lines(spring)) == 2
    import_lines(actor=people.admin, price_list=spring, upload=workbook(*PRICES))
    assert lines(spring) == [
        ("B001", 0, Decimal("7.00")), ("W001", 0, Decimal("2.10")), ("W001", 24, Decimal("1.90")),
    ]  # fmt: skip
    result = import_lines(actor=people.admin, price_list=spring, upload=workbook(*PRICES), replace=True)
    assert (result.unchanged, result.removed) == (2, 1)
    assert [line[0] for line in lines(spring)] == ["W001", "W001"]


def test_wrong_price_rows_are_named_and_nothing_is_taken_away(people, spring):
    rows = [
        ["编码", "起订数量", "单价"], ["W001", "", 2], ["NONE", "", 2], ["W001", "0", 3], ["W001", "x", 3],
        ["W001", "5", ""], ["", "5", "1"],
    ]  # fmt: skip
    result = import_lines(actor=people.admin, price_list=spring, upload=workbook(*rows), replace=True)
    assert [problem.row for problem in result.problems] == [3, 4, 5, 6, 7]
    assert result.removed == 0
    assert lines(spring) == [("B001", 0, Decimal("7.00")), ("W001", 0, Decimal("2.00"))]


def test_exported_prices_come_back_in_unchanged(login, people, spring):
    client = login(people.superior)
    response = client.get(reverse("sales:price_list_export", args=[spring.pk]))
    file = SimpleUploadedFile("p.xlsx", b"".join(response.streaming_content))
    result = import_lines(actor=people.admin, price_list=spring, upload=file, replace=True)
    assert (result.unchanged, result.changes, result.problems) == (2, 0, [])
    client.post(
        reverse("sales:price_list_import", args=[spring.pk]),
        {"file": workbook(*PRICES), "then": "import"},
        headers={"HX-Request": "true"},
    )
    assert ("W001", 24, Decimal("1.90")) in lines(spring)


# --- cells
@pytest.mark.parametrize(("text", "value"), [("1,234.50", "1234.50"), ("¥12", "12"), ("１２．５元", "12.5")])
def test_numbers_as_people_write_them(text, value):
    assert sheet_rows.number(text, "x", Decimal(10_000)) == Decimal(value)


@pytest.mark.parametrize("text", ["NaN", "inf", "1e999", "--1", "十"])
def test_what_is_no_number(text):
    with pytest.raises(sheet_rows.RowError):
        sheet_rows.number(text, "x", Decimal(10_000))


def test_a_code_may_be_a_dash_but_not_empty():
    assert product_rows.product_values({"code": "-", "brand": "-"}) == {"code": "-", "brand": ""}
