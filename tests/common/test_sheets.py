"""What a file is, whatever its name says; workbooks, also of the old binary format."""

import contextlib
import datetime as dt
import resource
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from common.sheets import Kind, SheetError, read_rows, sniff, xls
from common.sheets.values import to_text
from tests.common.sheet_files import read, refusal, text_file, workbook

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
)


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.csv", "a.pdf", "a"])
def test_a_workbook_is_known_under_any_name(tmp_path, name):
    path = workbook(tmp_path / "real.xlsx", {"A1": "名称", "A2": "甲"}).rename(tmp_path / name)
    assert sniff(path, name) == Kind.XLSX == "xlsx"
    assert read(path) == (["名称"], [(2, ["甲"])])


def test_csv_is_known_under_an_excel_name(tmp_path):
    path = text_file(tmp_path / "a.xlsx", "名称,电话\n甲,1\n")
    assert sniff(path, "a.xlsx") == "csv"
    assert read(path) == (["名称", "电话"], [(2, ["甲", "1"])])


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"  \n\n ", "empty"),
        (b"%PDF-1.7 \n%...", "PDF"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "PNG"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 50, "JPEG"),
        (b"\x1f\x8b\x08\x00" + b"\0" * 50, "gzip"),
        (b"<html><table><tr><td>1</td></tr></table>", "web page"),
        (b"\xef\xbb\xbf\n <!DOCTYPE html><p>", "web page"),
        (b"<?xml version='1.0'?><Workbook/>", "web page"),
        (b"a,b\n\0\x01\x02\x03", "neither"),
        (bytes(range(256)) * 10, "neither"),
        (b"\xff\xff\xff\xff,\xff", "neither"),
        (b"PK\x03\x04" + b"\0" * 100, "damaged"),
        (b"PK\x05\x06" + b"\0" * 18, "ZIP"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "Office 97"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
            "password",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "Workbook\0".encode("utf-16-le"), "damaged"),
    ],
)
def test_anything_else_is_refused_with_a_reason(tmp_path, content, word):
    path = tmp_path / "客户.xlsx"
    path.write_bytes(content)
    with translation.override("en"):
        assert word in refusal(path)


def test_a_truncated_workbook_is_damaged(tmp_path):
    path = workbook(tmp_path / "a.xlsx", {f"A{row}": f"名称{row}" for row in range(1, 500)})
    whole = path.read_bytes()
    for size in (30, len(whole) // 2, len(whole) - 10):
        path.write_bytes(whole[:size])
        with translation.override("en"):
            assert "damaged" in refusal(path)


def test_a_workbook_with_a_damaged_part(tmp_path):
    path = workbook(tmp_path / "a.xlsx", {"A1": "名称"})
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as book:
        entry = book.getinfo("xl/worksheets/sheet1.xml")
    start = entry.header_offset + 30 + len(entry.filename)
    data[start : start + 20] = b"\xff" * 20
    path.write_bytes(data)
    with translation.override("en"):
        assert "damaged" in refusal(path)


def test_a_document_and_an_open_document_sheet(tmp_path):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("[Content_Types].xml", CONTENT_TYPES)
        book.writestr("word/document.xml", "<x/>")
    with translation.override("en"):
        assert "Word" in refusal(path)
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    with translation.override("en"):
        assert "another format" in refusal(path)


def test_messages_are_in_the_readers_language(tmp_path):
    path = tmp_path / "报价.xlsx"
    path.write_bytes(b"%PDF-1.7")
    with pytest.raises(SheetError) as caught:
        sniff(path, "报价.xlsx")
    with translation.override("en"):
        assert str(caught.value).startswith("“报价.xlsx” is a PDF file")
    with translation.override("zh-hans"):
        assert "报价.xlsx" in str(caught.value)
        assert "file" not in str(caught.value)


# --- workbooks
def test_cells_become_text(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx",
        {
            "A1": "编码",
            "B1": " 名\n称 ",
            "C1": "价",
            "D1": "日期",
            "E1": "是",
            "F1": "时",
            "G1": "电话",
            "A2": "007",
            "B2": " 甲\u200b店\u3000",
            "C2": 19.900000000000002,
            "D2": dt.date(2026, 3, 1),
            "E2": True,
            "F2": dt.datetime(2026, 3, 1, 8, 30),
            "G2": 13800138000,
            "A4": 7.0,
            "C4": 0.1 + 0.2,
            "E4": False,
            "F4": dt.time(8, 30),
        },
    )
    headers, rows = read(path)
    assert headers == ["编码", "名 称", "价", "日期", "是", "时", "电话"]
    assert rows == [
        (2, ["007", "甲店", "19.9", "2026-03-01", "True", "2026-03-01 08:30:00", "13800138000"]),
        (4, ["7", "", "0.3", "", "False", "08:30:00", ""]),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        (7.0, "7"),
        (-7.0, "-7"),
        (0.0, "0"),
        (-0.0, "0"),
        (19.900000000000002, "19.9"),
        (1e15, "1000000000000000"),
        (123456789012.5, "123456789012.5"),
        (6.9e-05, "0.000069"),
        (1e-7, "0.0000001"),
        (1e20, "100000000000000000000"),
        (42, "42"),
        (True, "True"),
        (dt.datetime(2026, 3, 1, 11, 59, 59, 999999), "2026-03-01 12:00:00"),
        (dt.datetime(2026, 3, 1), "2026-03-01"),
        (dt.timedelta(hours=30, minutes=5), "30:05:00"),
        (dt.timedelta(hours=-1), "-1:00:00"),
        ("\ufeff甲 \t", "甲"),
        ("\u202a13800138000\u202c", "13800138000"),
        ("two\nlines", "two\nlines"),
        ("=1+1", "=1+1"),
    ],
)
def test_to_text(value, text):
    assert to_text(value) == text


@given(st.decimals(-(10**9), 10**9, places=3))
def test_numbers_up_to_three_places_come_back(number):
    assert Decimal(to_text(float(number))) == number


def test_rows_keep_the_numbers_of_the_sheet(tmp_path):
    path = workbook(tmp_path / "a.xlsx", {"B3": "名称", "C3": "市", "B5": "甲", "C9": "合肥", "E9": "多"})
    sheet = read_rows(path, "a.xlsx")
    assert (sheet.headers, sheet.header_row, sheet.row_count) == (["名称", "市"], 3, 6)
    assert list(sheet.rows) == [(5, ["甲", ""]), (9, ["", "合肥", "", "多"])]


def test_titles_above_the_header_are_skipped(tmp_path):
    cells = {"A1": "2026年客户一览", "A2": "制表：张三", "A4": "名称", "B4": "电话", "A5": "甲", "B5": 1}
    assert read(workbook(tmp_path / "a.xlsx", cells)) == (["名称", "电话"], [(5, ["甲", "1"])])


def test_a_single_column_is_no_title(tmp_path):
    assert read(text_file(tmp_path / "a.csv", "名称\n甲\n乙\n")) == (["名称"], [(2, ["甲"]), (3, ["乙"])])


def test_sheets_are_chosen_by_name_or_by_data(tmp_path):
    path = workbook(tmp_path / "a.xlsx", {}, 客户={"A1": "名称", "A2": "甲"}, 商品={"A1": "品名", "A2": "乙"})
    sheet = read_rows(path, "a.xlsx")
    assert sheet.sheet_names == ["Sheet", "客户", "商品"]
    assert sheet.headers == ["名称"]
    assert read(path, sheet="商品") == (["品名"], [(2, ["乙"])])
    with translation.override("en"), pytest.raises(SheetError, match="no sheet “没有”"):
        read_rows(path, "a.xlsx", sheet="没有")


def test_hidden_sheets_are_passed_over(tmp_path):
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.active["A1"] = "秘密"
    book.active.sheet_state = "hidden"
    book.create_sheet("客户")["A1"] = "名称"
    book.save(path)
    assert read_rows(path, "a.xlsx").headers == ["名称"]


def test_a_workbook_without_cells_is_empty(tmp_path):
    with translation.override("en"):
        assert "empty" in refusal(workbook(tmp_path / "a.xlsx", {}))


# --- the old binary format
XLS = Path(__file__).with_name("data") / "customers.xls"


def test_xls():
    sheet = read_rows(XLS, "customers.xls")
    assert (sheet.kind, sheet.headers) == ("xls", ["编码", "名称", "额度", "日期", "是"])
    assert (sheet.sheet_names, sheet.header_row, sheet.row_count) == (["客户"], 1, 2)
    assert list(sheet.rows) == [
        (2, ["007", "蜗牛烘焙", "1234.5", "2026-03-01", "True"]),
        (3, ["008", "乙店", "7", "", "False"]),
    ]
    assert read_rows(XLS, "customers.xls", sheet="客户").headers == sheet.headers


def test_xls_without_the_sheet_asked_for():
    with translation.override("en"), pytest.raises(SheetError, match="no sheet “没有”; it has: 客户"):
        read_rows(XLS, "customers.xls", sheet="没有")


def test_an_xls_that_kills_its_reader_is_only_refused(monkeypatch):
    monkeypatch.setattr(xls, "_command", lambda path, sheet: [sys.executable, "-c", "import os; os.abort()"])
    with translation.override("en"), pytest.raises(SheetError, match="damaged"):
        read_rows(XLS, "customers.xls")


def test_an_xls_reader_that_dies_between_rows(monkeypatch):
    script = 'print(\'{"lines": 9, "names": ["a"]}\'); print(\'[1, ["h"]]\'); print(\'[2, ["va\', end="")'
    monkeypatch.setattr(xls, "_command", lambda path, sheet: [sys.executable, "-c", script])
    with translation.override("en"), pytest.raises(SheetError, match="damaged"):
        list(read_rows(XLS, "customers.xls").rows)


def test_a_far_cell_in_an_xls_takes_no_memory(tmp_path):
    # The last cell's row and column (LABELSST record) are moved to IV65536.
    data = bytearray(XLS.read_bytes())
    record = bytes([0xFD, 0x00, 10, 0x00, 2, 0, 1, 0])
    start = data.find(record)
    assert start > 0
    data[start + 4 : start + 8] = b"\xff\xff\xff\x00"
    path = tmp_path / "far.xls"
    path.write_bytes(data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with translation.override("en"):
        assert "damaged" in refusal(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 << 10


def test_damaged_xls_bytes_are_survived(tmp_path):
    source = XLS.read_bytes()
    for seed in range(12):
        data = bytearray(source)
        for position in range(600 + seed, len(data), 97 + seed):
            data[position] = (data[position] + 85 + seed) % 256
        path = tmp_path / "a.xls"
        path.write_bytes(data)
        with contextlib.suppress(SheetError):
            list(read_rows(path, "a.xls").rows)
