"""manage.py import_customers, as other programs call it."""

import json
import subprocess
import sys
from collections import Counter
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from common.geo import convert, distance_m
from common.phones import normalise_phone
from crm.models import Customer, Dictionary, ImportJob, Phone
from tests.crm.import_files import COFFEE, PHARMACIES, csv_file, needs_data, real_rows, xlsx_file, zip_bomb
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
KEYS = {"rows", "created", "updated", "skipped", "failed", "error_report"}


def run(path, *arguments, code=0):
    """(JSON object, stderr) of one run that ends with this exit code."""
    out, err = StringIO(), StringIO()
    try:
        call_command("import_customers", str(path), *arguments, "--json", stdout=out, stderr=err)
        found, reason = 0, ""
    except CommandError as error:
        found, reason = error.returncode, str(error)
    assert found == code, reason
    lines = out.getvalue().splitlines()
    return (json.loads(lines[-1]) if lines else None), err.getvalue() + reason


def result(**counts):
    return {"rows": 0, "created": 0, "updated": 0, "skipped": 0, "failed": 0, **counts}


def test_keys_and_exit_codes(tmp_path):
    good = csv_file(tmp_path / "good.csv", ["name"], [["甲"], ["乙"]])
    answer, _ = run(good)
    assert set(answer) == KEYS
    assert answer == result(rows=2, created=2, error_report="")
    mixed = csv_file(tmp_path / "mixed.csv", ["name", "level"], [["丙", ""], ["丁", "Z"]])
    answer, reason = run(mixed, code=1)
    assert {k: v for k, v in answer.items() if k != "error_report"} == result(rows=2, created=1, failed=1)
    assert answer["error_report"].startswith(str(settings.MEDIA_ROOT))
    assert answer["error_report"].endswith(".xlsx")
    assert "失败 1 行" in reason


def test_the_error_report_can_be_imported_again(tmp_path):
    mixed = xlsx_file(
        tmp_path / "mixed.xlsx", ["编码", "客户名称", "等级"], [["01", "丙", "A"], ["02", "丁", "Z"]]
    )
    report = run(mixed, code=1)[0]["error_report"]
    answer, _ = run(report, code=1)
    assert (answer["rows"], answer["failed"]) == (1, 1)


def test_dry_run_writes_nothing(tmp_path):
    path = csv_file(tmp_path / "a.csv", ["name", "区域"], [["甲", "东区"], ["", ""], ["乙", ""], ["", "x"]])
    answer, told = run(path, "--dry-run", "--create-choices", code=1)
    assert answer == result(rows=3, created=2, failed=1, error_report="")
    assert "5: 缺少客户名称" in told  # which row, and why: there is no workbook to look into
    assert not Customer.objects.exists()
    assert not ImportJob.objects.exists()
    assert not Dictionary.objects.filter(name="东区").exists()
    assert not list(tmp_path.glob("media/**/*"))


def test_options(tmp_path):
    owner = UserFactory(username="li")
    path = csv_file(tmp_path / "a.csv", ["店", "lng", "lat", "色"], [["甲", "121.457808", "31.205629", "红"]])
    mapping = tmp_path / "map.json"
    mapping.write_text(json.dumps({"店": "name", "lng": "longitude", "lat": "latitude"}))
    run(path, "--mapping", str(mapping), "--datum", "gcj02", "--owner", "LI", "--keep-extra")
    customer = Customer.objects.get()
    assert (customer.owner, customer.extra) == (owner, {"色": "红"})
    assert distance_m(customer.latitude, customer.longitude, 31.205629, 121.457808) > 300


def test_a_given_mapping_stands_alone_and_the_rest_is_listed(tmp_path):
    path = csv_file(tmp_path / "a.csv", ["name", "type", "电话"], [["甲", "没有的类型", "13812345678"]])
    mapping = tmp_path / "map.json"
    mapping.write_text(json.dumps({"name": "name"}))
    answer, told = run(path, "--mapping", str(mapping))
    assert answer["created"] == 1
    assert "type, 电话" in told
    assert not Phone.objects.exists()


def test_in_somebodys_name_and_scope(tmp_path, people):
    path = csv_file(tmp_path / "a.csv", ["name", "owner"], [["甲", "owner"], ["乙", "outsider"]])
    run(path, "--as", "superior", code=1)
    assert list(Customer.objects.values_list("name", "created_by__username")) == [("甲", "superior")]


# --- bad input
def test_wrong_arguments_are_2(tmp_path):
    path = csv_file(tmp_path / "a.csv", ["name"], [["甲"]])
    assert "no such file" in run(tmp_path / "none.csv", code=2)[1]
    assert "nobody" in run(path, "--owner", "nobody", code=2)[1]
    assert "nobody" in run(path, "--as", "nobody", code=2)[1]
    run(path, "--mapping", str(tmp_path / "none.json"), code=2)
    (tmp_path / "list.json").write_text('["name"]')
    run(path, "--mapping", str(tmp_path / "list.json"), code=2)
    process = subprocess.run(
        [sys.executable, "manage.py", "import_customers", str(path), "--datum", "mars"],
        cwd=settings.BASE_DIR,
        capture_output=True,
    )
    assert process.returncode == 2


def bad(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("a.xlsx", b"%PDF-1.7 whatever", "PDF"),
        ("a.xlsx", b"PK\x03\x04 broken in the middle", "损坏"),
        ("a.csv", b"", "空"),
        ("a.csv", b"name,level\r\n", "没有数据行"),
        (
            "a.xls",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") + bytes(600),
            "密码",
        ),
        ("a.csv", "level,等级之外\nA,B\n".encode(), "没有客户名称列"),
    ],
)
def test_a_file_that_cannot_be_imported_is_1_and_says_why(tmp_path, name, content, part):
    answer, reason = run(bad(tmp_path, name, content), code=1)
    assert answer is None
    assert part in reason
    assert not ImportJob.objects.exists()


def test_a_zip_bomb_is_refused(tmp_path):
    path = bad(tmp_path, "bomb.xlsx", zip_bomb(200))
    assert path.stat().st_size < 1 << 20
    _, reason = run(path, code=1)
    assert "展开" in reason or "解压" in reason or "数据量" in reason


def test_a_file_over_the_limit_is_refused(tmp_path, settings):
    settings.UPLOAD_LIMIT_BYTES = 1 << 20
    _, reason = run(bad(tmp_path, "big.csv", b"name\n" + b"x" * (2 << 20)), code=1)
    assert "最多可导入 1 MB" in reason


def test_a_line_that_breaks_the_file_stops_it(tmp_path):
    """A quotation mark that is never closed: whole batches before it would stay, here there is none."""
    path = bad(tmp_path, "a.csv", 'name,address\n甲,路\n乙,"没有结束'.encode() + "很长\n".encode() * 60000)
    _, reason = run(path, code=1)
    assert "第" in reason
    assert not Customer.objects.exists()


# --- the real files
@needs_data
def test_coffee_shops(tmp_path):
    rows = real_rows(COFFEE)
    assert len(rows) == 1964
    # One shop stands in it twice: 星巴克臻选 at one address, written with brackets at different places.
    answer, told = run(COFFEE, "--datum", "gcj02", "--create-choices")
    assert answer == result(rows=1964, created=1963, skipped=1, error_report="")
    assert "location, shopinfo, is_chain" in told
    first = Customer.objects.get(name="纽巷咖啡(锦和巴黎时韵店)")
    assert (first.latitude, first.longitude) == convert(31.205629, 121.457808, "gcj02", "wgs84")
    assert first.district == "徐汇区"
    assert Customer.objects.filter(address="").count() == sum(row["address"] == "[]" for row in rows)
    repeated = Counter(row["name"] for row in rows)
    for name in [name for name, times in repeated.items() if times > 1]:
        assert Customer.objects.filter(name=name).count() == repeated[name]
    types = set(Dictionary.objects.filter(kind="type").values_list("name", flat=True))
    assert {row["type"] for row in rows} <= types
    again, _ = run(COFFEE, "--datum", "gcj02", "--on-duplicate", "update")
    assert again == result(rows=1964, updated=1964, error_report="")
    assert Customer.objects.count() == 1963


@needs_data
def test_coffee_shops_without_new_choices_all_fail_with_reasons():
    answer, _ = run(COFFEE, code=1)
    assert (answer["failed"], answer["created"]) == (1964, 0)


@needs_data
def test_pharmacies():
    rows = real_rows(PHARMACIES)
    assert len(rows) == 6421
    answer, told = run(PHARMACIES)
    # Eight stand in it twice, with the same name and address under two codes; no repeated phone is a mainland number.
    twice = Counter((row["醫事機構名稱"], row["醫事機構地址"]) for row in rows)
    assert sum(times - 1 for times in twice.values()) == 8
    assert answer == result(rows=6421, created=6413, skipped=8, error_report="")
    assert "成人口罩剩餘數" in told
    zeros = [row["醫事機構代碼"] for row in rows if row["醫事機構代碼"].startswith("0")]
    assert len(zeros) > 1
    assert Customer.objects.filter(code__in=zeros).count() == len(zeros)
    hualien = Customer.objects.get(code="0145080011")
    assert (hualien.name, hualien.address) == (
        "衛生福利部花蓮醫院豐濱原住民分院",
        "花蓮縣豐濱鄉豐濱村光豐路４１號",
    )
    assert (hualien.latitude, hualien.location_status) == (None, "none")
    phone = hualien.phones.get()
    assert (phone.raw, phone.e164) == ("(03)8358141", "")
    assert Phone.objects.count() == 6413
    recognised = sum(bool(normalise_phone(row["醫事機構電話"])) for row in rows)
    assert recognised < 30
    assert Phone.objects.exclude(e164="").count() == recognised
