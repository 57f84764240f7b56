"""The workbook of targets: out, filled in, in again; what is wrong is named by row, nothing is written unasked."""

import csv
import io
from decimal import Decimal

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from sales.models import ProductCategory, Target
from sales.queries.targets import Measure
from sales.services import target_files as files
from sales.services import targets as services
from sales.services.targets import Cell

pytestmark = pytest.mark.django_db
D = Decimal
ORDERS = Measure("order_amount")


@pytest.fixture
def read(people, tmp_path):
    """read(rows, actor) → what a CSV of these rows would change."""

    def _read(rows, actor=None, *, measure=ORDERS, year=2026):
        path = tmp_path / "targets.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        return files.read_targets(
            actor=actor or people.superior, path=path, name="targets.csv", measure=measure, year=year
        )

    return _read


def out(actor, measures, tmp_path):
    path = tmp_path / "out.xlsx"
    with path.open("wb") as file:
        files.write_targets(file, actor=actor, measures=measures, year=2026)
    return path


def test_what_goes_out_comes_back_filled(people, tmp_path):
    water = ProductCategory.objects.create(name="水")
    services.set_targets(
        actor=people.admin, measure=ORDERS, year=2026, cells=[Cell(f"r{people.owner.pk}", 1, D("100.50"))]
    )
    measures = [ORDERS, Measure("visits"), Measure("category_amount", water.pk)]
    path = out(people.superior, measures, tmp_path)
    book = openpyxl.load_workbook(path)
    sheet = book.active
    assert [cell.value for cell in sheet[1]][:8] == [
        "编码",
        "类型",
        "名称",
        "账号",
        "年",
        "指标",
        "分类",
        "1月",
    ]
    assert sheet.max_row == 1 + 3 * 3
    sheet["I3"] = 1234.5  # 李业务, February, orders
    sheet["H6"] = 40  # 李业务, January, visits
    sheet["H9"] = "1.2万"
    book.save(path)
    found = files.read_targets(actor=people.superior, path=path, name="x.xlsx", measure=ORDERS, year=2020)
    assert (found.rows, found.new, found.changed, found.same, found.problems) == (9, 3, 0, 1, [])
    assert not Target.objects.filter(measure="visits").exists()
    assert files.import_targets(actor=people.superior, cells=files.unpacked(files.packed(found.cells))) == 3
    values = {(t.measure, t.month, t.category_id): t.value for t in Target.objects.filter(rep=people.owner)}
    assert values == {
        ("order_amount", 1, None): D("100.50"),
        ("order_amount", 2, None): D("1234.50"),
        ("visits", 1, None): D(40),
        ("category_amount", 1, water.pk): D(12000),
    }


def test_people_are_found_by_code_user_name_or_name(people, read):
    rows = [
        ["名称", "账号", "编号", "3月"],
        ["李业务", "", "", 1],
        ["", "COLLEAGUE", "", 2],
        ["", "", f"d{people.sales.pk}", 3],
    ]
    found = read(rows)
    assert [c.cell for c in found.cells] == [
        Cell(f"r{people.owner.pk}", 3, D(1)),
        Cell(f"r{people.colleague.pk}", 3, D(2)),
        Cell(f"d{people.sales.pk}", 3, D(3)),
    ]


def test_each_wrong_row_is_named_and_left_out_whole(people, read):
    people.colleague.name = "李业务"
    people.colleague.save()
    head = ["name", "username", "year", "measure", "category", "Jan", "2"]
    rows = [
        head,
        ["李业务", "", "", "", "", 1, 2],
        ["", "outsider", "", "", "", 1, 2],
        ["", "owner", "26", "", "", 1, 2],
        ["", "owner", "", "利润", "", 1, 2],
        ["", "owner", "", "category_amount", "没有", 1, 2],
        ["", "owner", "", "Visits", "", 1, "1.5"],
        ["", "owner", "", "", "", 1, "abc"],
        ["", "owner", "2025", "", "", 5, ""],
        ["", "owner", "2025年", "订货金额", "", 6, ""],
    ]
    found = read(rows)
    assert [(p.row, p.text) for p in found.problems] == [
        (2, "有多个“李业务”，请填写编号。"),
        (3, "在您可设目标的范围内没有“outsider”。"),
        (4, "“26”不是年份。"),
        (5, "没有指标“利润”。"),
        (6, "没有分类“没有”。"),
        (7, "“1.5”：此指标须为整数。"),
        (8, "“abc”不是数字。"),
        (10, "与第 9 行重复。"),
    ]
    assert [(c.year, c.cell.month, c.cell.value) for c in found.cells] == [(2025, 1, D(5))]


@pytest.mark.parametrize("rows", [[["名称", "备注"], ["李业务", "x"]], [["备注", "1月"], ["x", "1"]]])
def test_a_file_without_the_needed_columns_is_refused(read, rows):
    with pytest.raises(ValidationError):
        read(rows)


def test_an_import_is_all_or_nothing_and_within_the_scope(people, read):
    found = read([["账号", "1月"], ["owner", 1], ["outsider", 2]], people.admin)
    assert found.new == 2
    with pytest.raises(PermissionDenied):
        files.import_targets(actor=people.superior, cells=found.cells)
    assert not Target.objects.exists()


# --- the page
def upload(client, text, name="targets.csv"):
    file = SimpleUploadedFile(name, text.encode())
    return client.post(reverse("sales:target_import") + "?year=2026", {"file": file})


def test_the_page_shows_a_dry_run_and_then_imports(login, people):
    client = login(people.superior)
    response = upload(client, "账号,1月,2月\nowner,100,200\nnobody,1,1\n")
    page = response.content.decode()
    assert "nobody" in page
    assert "预检结果" in page
    assert not Target.objects.exists()
    response = client.post(
        reverse("sales:target_import"), {"checked": response.context["checked"]}, follow=True
    )
    assert "已更新 2 个目标" in response.content.decode()
    assert Target.objects.count() == 2


def test_a_changed_or_foreign_dry_run_is_refused(login, people):
    checked = upload(login(people.superior), "账号,1月\nowner,100\n").context["checked"]
    for client, text in ((login(people.superior), checked + "x"), (login(people.admin), checked)):
        response = client.post(reverse("sales:target_import"), {"checked": text}, follow=True)
        assert "预检已过期" in response.content.decode()
    assert not Target.objects.exists()


def test_what_is_no_workbook_says_so(login, people):
    response = upload(login(people.superior), "PK\x03\x04 broken", "targets.xlsx")
    assert response.status_code == 422
    assert login(people.superior).post(reverse("sales:target_import")).status_code == 422


def test_only_who_sets_targets_imports_and_exports(login, people):
    for address in (reverse("sales:target_import"), reverse("sales:target_grid") + "?export=xlsx"):
        assert login(people.owner).get(address).status_code == 403
        response = login(people.superior).get(address)
        assert response.status_code == 200
        list(getattr(response, "streaming_content", ()))  # a file that is read is closed


def test_the_export_is_the_users_scope(login, people):
    response = login(people.superior).get(reverse("sales:target_grid") + "?export=xlsx&all=1&year=2026")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    names = {row[2] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert names == {"销售一部", "李业务", "张业务"}
    assert sheet.max_row == 1 + 3 * 5
