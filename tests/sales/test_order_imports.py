"""An order history comes in: by the command, by the page, in pieces, twice, and out again."""

import contextlib
import datetime as dt
import io
import json
from decimal import Decimal

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from crm.models import Customer
from sales.models import Delivery, OrderImport, OrderImportLine, Product, SalesOrder
from sales.queries import receivables
from sales.services import order_imports
from sales.services.order_imports import jobs
from tests.factories import CustomerFactory, ProductFactory, UserFactory

pytestmark = pytest.mark.django_db

HEADS = ["单号", "日期", "客户名称", "商品编码", "数量", "单价", "业务员"]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def shop():
    CustomerFactory(code="C1", name="蜗牛烘焙坊")
    ProductFactory(code="SP001", name="天然水")
    ProductFactory(code="SP002", name="冰红茶")
    UserFactory(username="lao", name="老王")


def book(*rows, heads=HEADS, path=None):
    sheet = openpyxl.Workbook()
    for line in (heads, *rows):
        sheet.active.append(line)
    target = path or io.BytesIO()
    sheet.save(target)
    return target


def bring(tmp_path, *rows, options=(), heads=HEADS):
    """Run the command over these rows; its JSON, whether or not something failed."""
    path = tmp_path / "history.xlsx"
    book(*rows, heads=heads, path=path)
    out = io.StringIO()
    with contextlib.suppress(CommandError):
        call_command("import_orders", str(path), "--json", *options, stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue().splitlines()[-1])


ORDER = [
    ["A-1", dt.date(2026, 3, 1), "蜗牛烘焙坊", "SP001", 12.0, 1.2, "老王"],
    ["A-2", dt.date(2026, 3, 5), "蜗牛烘焙坊", "SP001", 1, 3.5, "走了的人"],
    ["A-1", dt.date(2026, 3, 1), "蜗牛烘焙坊", "SP002", 2, 2.3, "老王"],
]


def test_lines_with_one_number_are_one_delivered_order(tmp_path, shop):
    result = bring(tmp_path, *ORDER)
    assert result == {"rows": 3, "orders": 2, "created": 2, "skipped": 0, "failed": 0, "error_report": ""}
    order = SalesOrder.objects.get(number="A-1")
    assert (order.status, order.total, order.rep.name) == ("delivered", Decimal("19.00"), "老王")
    assert [(line.product.code, line.delivered) for line in order.lines.all()] == [
        ("SP001", Decimal("12.000")),
        ("SP002", Decimal("2.000")),
    ]
    delivery = Delivery.objects.get(order=order)
    assert (delivery.amount, delivery.lines.count()) == (Decimal("19.00"), 2)
    assert "走了的人" in SalesOrder.objects.get(number="A-2").note
    customer = Customer.objects.get()
    assert customer.last_order_on == customer.last_sale_on == dt.date(2026, 3, 5)
    # It was settled in the old system.
    assert receivables([customer.pk])[customer.pk] == 0
    assert not OrderImportLine.objects.exists()


def test_again_changes_nothing(tmp_path, shop):
    bring(tmp_path, *ORDER)
    result = bring(tmp_path, *ORDER)
    assert (result["created"], result["skipped"]) == (0, 2)
    assert SalesOrder.objects.count() == 2


def test_an_older_order_moves_no_date_back(tmp_path, shop):
    Customer.objects.update(last_order_on=dt.date(2026, 10, 1))
    bring(tmp_path, *ORDER)
    assert Customer.objects.get().last_order_on == dt.date(2026, 10, 1)
    assert Customer.objects.get().last_sale_on == dt.date(2026, 3, 5)


def test_unknown_names_fail_their_order_and_come_back_in_a_workbook(tmp_path, shop):
    rows = [
        *ORDER,
        ["A-3", "2026-03-06", "没见过的店", "SP001", 1, 1, ""],
        ["A-3", "2026-03-06", "没见过的店", "SP002", 1, 1, ""],
    ]
    result = bring(tmp_path, *rows)
    assert (result["created"], result["failed"]) == (2, 1)
    sheet = openpyxl.load_workbook(result["error_report"]).active
    lines = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert lines[0] == [*HEADS, "失败原因"]
    assert [line[0] for line in lines[1:]] == ["A-3", "A-3"]
    assert "没见过的店" in lines[1][-1]
    reason = sheet.cell(2, len(HEADS) + 1)
    assert reason.alignment.wrap_text
    assert sheet.column_dimensions[reason.column_letter].width > 50
    # Mended, it goes in: the reason column means nothing.
    CustomerFactory(code="C9", name="没见过的店")
    again = bring(tmp_path, *lines[1:], heads=lines[0])
    assert (again["created"], again["failed"]) == (1, 0)


def test_failed_orders_make_the_exit_status_1(tmp_path):
    path = tmp_path / "a.xlsx"
    book(*ORDER, path=path)
    with pytest.raises(CommandError) as refused:
        call_command("import_orders", str(path), stdout=io.StringIO())
    assert refused.value.returncode == 1


def test_missing_ones_are_created_on_request(tmp_path, shop):
    result = bring(
        tmp_path, ["B-1", "2026-03-06", "新店", "SP777", 1, 9.9, "老王"], options=["--create-missing"]
    )
    assert (result["created"], result["failed"]) == (1, 0)
    order = SalesOrder.objects.get(number="B-1")
    assert (order.customer.name, order.customer.owner.name) == ("新店", "老王")
    assert Product.objects.get(code="SP777").is_active is False


def test_a_dry_run_writes_nothing(tmp_path, shop):
    result = bring(tmp_path, *ORDER, ["X", "", "", "", "", "", ""], options=["--dry-run"])
    assert (result["rows"], result["orders"], result["created"], result["failed"]) == (4, 3, 2, 1)
    assert not SalesOrder.objects.exists()
    assert not OrderImport.objects.exists()


def test_one_bad_line_fails_the_whole_order(tmp_path, shop):
    result = bring(
        tmp_path,
        ORDER[0],
        ["A-1", "2026-03-01", "蜗牛烘焙坊", "SP002", -2, 1, ""],
        ["", "2026-03-01", "蜗牛烘焙坊", "SP002", 2, 1, ""],
    )
    assert (result["orders"], result["created"], result["failed"]) == (2, 0, 2)
    assert not SalesOrder.objects.exists()


def test_two_shops_of_one_name_need_the_code(tmp_path, shop):
    CustomerFactory(code="C2", name="蜗牛烘焙坊")
    assert bring(tmp_path, *ORDER)["failed"] == 2
    heads = [*HEADS[:2], "客户编码", *HEADS[3:]]
    rows = [[*row[:2], "C2", *row[3:]] for row in ORDER]
    assert bring(tmp_path, *rows, heads=heads)["created"] == 2
    assert set(SalesOrder.objects.values_list("customer__code", flat=True)) == {"C2"}


@pytest.mark.parametrize(
    "options", [["--mapping", "/nowhere.json"], ["--as", "nobody"]], ids=["mapping", "person"]
)
def test_wrong_arguments_exit_with_2(tmp_path, options):
    path = tmp_path / "a.xlsx"
    book(*ORDER, path=path)
    with pytest.raises(CommandError) as refused:
        call_command("import_orders", str(path), *options)
    assert refused.value.returncode == 2
    with pytest.raises(CommandError) as refused:
        call_command("import_orders", str(tmp_path / "none.xlsx"))
    assert refused.value.returncode == 2


def test_a_mapping_file_names_the_columns(tmp_path, shop):
    mapping = tmp_path / "m.json"
    mapping.write_text(
        json.dumps(
            {"n": "number", "d": "date", "c": "customer", "p": "product", "q": "quantity", "m": "amount"}
        )
    )
    rows = [["A-1", "2026-03-01", "C1", "天然水", 3, 10]]
    result = bring(tmp_path, *rows, heads=["n", "d", "c", "p", "q", "m"], options=["--mapping", str(mapping)])
    assert result["created"] == 1
    assert SalesOrder.objects.get().total == Decimal("10.00")


def test_a_mapping_stands_alone_and_what_is_left_out_is_said(tmp_path, shop):
    path, mapping, told = tmp_path / "a.xlsx", tmp_path / "m.json", io.StringIO()
    book(*[[*row, "备注"] for row in ORDER], heads=[*HEADS, "说明"], path=path)
    call_command("import_orders", str(path), "--dry-run", stderr=told)
    assert "说明" in told.getvalue()
    mapping.write_text("{}")
    with pytest.raises(CommandError):  # not the guess instead
        call_command("import_orders", str(path), "--mapping", str(mapping))
    assert not SalesOrder.objects.exists()


def upload(rows, actor=None):
    file = SimpleUploadedFile("历史.xlsx", book(*rows).getvalue())
    return order_imports.upload(actor=actor, file=file, file_name="历史.xlsx")


def test_killed_in_the_middle_it_goes_on_where_it_was(shop, monkeypatch):
    monkeypatch.setattr(jobs, "_BATCH", 1)
    job = upload(ORDER)
    order_imports.prepare(job=job, mapping=job.mapping, create_missing=False)
    order_imports.check_job(job.pk)
    job.refresh_from_db()
    order_imports.start(job=job)
    write, calls = jobs.write_batch, []

    def dies(*args):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("power cut")
        return write(*args)

    monkeypatch.setattr(jobs, "write_batch", dies)
    order_imports.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.created, SalesOrder.objects.count()) == ("failed", 1, 1)
    monkeypatch.setattr(jobs, "write_batch", write)
    order_imports.resume(job=job)
    done = order_imports.run_job(job.pk)
    assert (done.state, done.created, done.skipped, SalesOrder.objects.count()) == ("done", 2, 0, 2)


def test_undo_takes_all_of_it_back(shop):
    job = upload(ORDER)
    order_imports.prepare(job=job, mapping=job.mapping, create_missing=False)
    order_imports.check_job(job.pk)
    order_imports.start(job=OrderImport.objects.get())
    order_imports.run_job(job.pk)
    job.refresh_from_db()
    assert order_imports.undo(job=job) == 2
    assert not SalesOrder.objects.exists()
    assert not Delivery.objects.exists()
    customer = Customer.objects.get()
    assert (customer.last_order_on, customer.last_sale_on) == (None, None)
    with pytest.raises(Exception, match="撤销"):
        order_imports.undo(job=job)


def test_the_page_from_file_to_result(login, people, shop, django_capture_on_commit_callbacks, settings):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    client = login(people.admin)
    file = SimpleUploadedFile("历史.xlsx", book(*ORDER).getvalue())
    address = client.post("/orders/import/", {"file": file}).url
    job = OrderImport.objects.get()
    assert "单号" in client.get(address).content.decode()
    # A field too few: what was chosen stays.
    page = client.post(f"{address}mapping/", {"column-0": "number", "create_missing": "on"})
    assert page.status_code == 422
    chosen = {f"column-{n}": job.mapping[head] for n, head in enumerate(HEADS)}
    client.post(f"{address}mapping/", chosen)
    order_imports.check_job(job.pk)
    assert "导入 2 个订单" in client.get(address).content.decode()
    client.post(f"{address}run/")
    order_imports.run_job(job.pk)
    text = client.get(address).content.decode()
    assert "撤销导入" in text
    assert client.get(f"{address}progress/").headers["HX-Refresh"] == "true"
    assert client.get(f"{address}errors/").status_code == 404
    client.post(f"{address}undo/")
    assert not SalesOrder.objects.exists()


def test_a_wrong_line_is_named_once_and_by_its_own_row(tmp_path, login, people, shop):
    rows = [
        ["A-1", "2026-03-01", "蜗牛烘焙坊", "SP001", 1, 1, ""],
        ["A-1", "2026-03-01", "蜗牛烘焙坊", "SP002", "很多", 1, ""],
        ["A-2", "2026-03-01", "蜗牛烘焙坊", "没有的", 1, 1, ""],
        ["A-3", "2026-03-01", "蜗牛烘焙坊", "SP001", 1, 1, ""],
        ["A-3", "2026-03-02", "蜗牛烘焙坊", "SP001", 1, 1, ""],
    ]
    job = upload(rows, actor=people.admin)
    order_imports.prepare(job=job, mapping=job.mapping, create_missing=False)
    order_imports.check_job(job.pk)
    job.refresh_from_db()
    assert [(one["number"], one["row"]) for one in job.preview["problems"]] == [
        ("A-1", 3),
        ("A-3", 5),
        ("A-2", 4),
    ]
    text = login(people.admin).get(job.get_absolute_url()).content.decode()
    assert text.count("第 3 行") == text.count("第 4 行") == text.count("第 5 行") == 1
    # In the workbook of failed rows the lines beside the wrong one say which it is.
    sheet = openpyxl.load_workbook(bring(tmp_path, *rows)["error_report"]).active
    reasons = [line[-1].value for line in sheet.iter_rows(min_row=2)]
    assert reasons[1] == "“很多”不是数量。"
    assert reasons[0] == f"第 3 行：{reasons[1]}"
    assert not any(reason.startswith("第") for reason in reasons[2:])


def test_others_neither_import_nor_see_it(login, people, shop):
    job = upload(ORDER, actor=people.superior)
    assert login(people.owner).get("/orders/import/").status_code == 403
    assert login(people.owner).get(job.get_absolute_url()).status_code == 403
    other = UserFactory(role="manager", department=people.other)
    assert login(other).get(job.get_absolute_url()).status_code == 404
    for step in ("mapping", "run", "resume", "cancel", "undo"):
        assert login(other).post(f"{job.get_absolute_url()}{step}/").status_code == 404


def test_what_is_no_workbook_is_refused_kindly(login, people):
    page = login(people.admin).post(
        "/orders/import/", {"file": SimpleUploadedFile("a.xlsx", b"PK\x03\x04 no")}
    )
    assert page.status_code == 422
    assert "invalid-feedback" in page.content.decode()


def test_a_scoped_importer_reaches_only_his_customers(people, shop):
    job = upload(ORDER, actor=people.superior)
    order_imports.prepare(job=job, mapping=job.mapping, create_missing=False)
    order_imports.check_job(job.pk)
    job.refresh_from_db()
    assert job.preview["counts"] == {"orders": 2, "new": 0, "known": 0, "failed": 2}
