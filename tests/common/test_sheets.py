import codecs
import contextlib
import datetime as dt
import io
import resource
import sys
import time
import tracemalloc
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.sheets import Kind, SheetError, archive, limits, read_rows, sniff, write_workbook, xls
from common.sheets.values import to_text

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
)


def workbook(path: Path, cells: dict[str, object], **sheets: dict[str, object]) -> Path:
    book = openpyxl.Workbook()
    for address, value in cells.items():
        book.active[address] = value
    for name, content in sheets.items():
        sheet = book.create_sheet(name)
        for address, value in content.items():
            sheet[address] = value
    book.save(path)
    return path


def text_file(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def read(path: Path, **kwargs):
    sheet = read_rows(path, path.name, **kwargs)
    return sheet.headers, [(row.number, row.cells) for row in sheet.rows]


def refusal(path: Path) -> str:
    with pytest.raises(SheetError) as caught:
        list(read_rows(path, path.name).rows)
    return str(caught.value)


def with_sheet_xml(path: Path, rows: str, *, prologue: str = "") -> Path:
    """A real workbook whose first sheet holds the given XML."""
    workbook(path, {"A1": "x"})
    with zipfile.ZipFile(path) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts["xl/worksheets/sheet1.xml"] = (
        f'{prologue}<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'.encode()
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in parts.items():
            target.writestr(name, data)
    return path


# --- what the file is -------------------------------------------------------------------------------
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


# --- bombs ------------------------------------------------------------------------------------------
def bomb(path: Path, megabytes: int, *, filler: bytes = b" ") -> Path:
    workbook(path, {"A1": "x"})
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book,
        book.open("xl/media/image1.xml", "w") as entry,
    ):
        for _ in range(megabytes):
            entry.write(filler * (1 << 20))
    return path


def assert_refused_cheaply(path: Path, *, seconds: float, message: str = "far more data") -> None:
    tracemalloc.start()
    started = time.perf_counter()
    with translation.override("en"):
        assert message in refusal(path)
    assert time.perf_counter() - started < seconds
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_a_bomb_is_refused_by_its_directory(tmp_path):
    path = bomb(tmp_path / "a.xlsx", 200)
    assert path.stat().st_size < 1 << 20
    assert_refused_cheaply(path, seconds=1)


def test_a_bomb_with_lying_headers_is_refused(tmp_path):
    path = bomb(tmp_path / "a.xlsx", 200)
    data = path.read_bytes()
    real = (200 << 20).to_bytes(4, "little")
    assert data.count(real) >= 2
    path.write_bytes(data.replace(real, (1000).to_bytes(4, "little")))
    with zipfile.ZipFile(path) as book:
        assert sum(entry.file_size for entry in book.infolist()) < 1 << 20
    assert_refused_cheaply(path, seconds=2)


def test_the_total_counts_and_not_only_each_part(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MAX_UNPACKED_BYTES", 1 << 20)
    path = workbook(tmp_path / "a.xlsx", {"A1": "x"})
    noise = bytes(range(256)) * 1200  # 300 kB a part
    with zipfile.ZipFile(path, "a") as book:
        for number in range(4):
            book.writestr(f"xl/media/{number}.bin", noise, compress_type=zipfile.ZIP_DEFLATED)
    assert_refused_cheaply(path, seconds=1)
    size = len(noise).to_bytes(4, "little")
    assert path.read_bytes().count(size) == 8
    path.write_bytes(path.read_bytes().replace(size, (1000).to_bytes(4, "little")))
    with pytest.raises(SheetError):
        sniff(path, "a.xlsx")


def test_only_a_file_that_was_measured_before_is_not_measured(tmp_path, monkeypatch):
    path = workbook(tmp_path / "a.xlsx", {"A1": "名称", "A2": "老王"})
    monkeypatch.setattr(limits, "MAX_UNPACKED_BYTES", 10)
    with pytest.raises(SheetError):
        read_rows(path, "a.xlsx")
    assert [row.cells for row in read_rows(path, "a.xlsx", measured=True).rows] == [["老王"]]
    path.write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(SheetError):
        read_rows(path, "a.xlsx", measured=True)


def test_too_many_parts(tmp_path):
    path = workbook(tmp_path / "a.xlsx", {"A1": "x"})
    with zipfile.ZipFile(path, "a") as book:
        for number in range(limits.MAX_ZIP_ENTRIES):
            book.writestr(f"xl/media/{number}", b"")
    assert_refused_cheaply(path, seconds=2)


def test_a_file_that_is_too_big_is_not_even_opened(tmp_path):
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.truncate(limits.MAX_FILE_BYTES + 1)
    assert_refused_cheaply(path, seconds=0.5, message="at most 100 MB")


FAR_CELL = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row>' + FAR_CELL,
        FAR_CELL.replace('"', "'"),
        FAR_CELL.replace("r=", "r ="),
        FAR_CELL.replace("r=", "r\n=\t"),
        FAR_CELL.replace(' r="', '\tr="'),
        FAR_CELL.lower(),
        '<row r="1"><c r="XFD1048576" s="1" t="n"><v>1</v></c></row>',
        '<row r="1"><c r="ZZ1"><v>1</v></c></row><row r="99999"><c r="A99999"><v>1</v></c></row>',
        '<row r="1"><c r="ZZ1"><v>1</v></c></row><row r="99999"><c t="n"><v>1</v></c></row>',
        '<row r="1"><c r="ZZ1"><v>1</v></c></row><row r="99999"><c><v>1</v></c></row>',
    ],
)
def test_two_cells_in_far_corners_are_refused_before_they_take_all_memory(tmp_path, rows):
    path = with_sheet_xml(tmp_path / "a.xlsx", rows)
    assert_refused_cheaply(path, seconds=2, message="too large an area")


def test_far_cells_at_a_chunk_border_are_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "_CHUNK", 1000)
    for padding in range(900, 1000, 7):
        path = with_sheet_xml(tmp_path / "a.xlsx", f"<!--{'x' * padding}-->" + FAR_CELL)
        with pytest.raises(SheetError):
            sniff(path, "a.xlsx")


def test_wide_or_long_honest_sheets_pass(tmp_path):
    # Formatted empty cells far below, as whole-sheet borders leave them, take no memory and do not count.
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="AZ1"><v>2</v></c></row><row r="1048576"><c r="A1048576" s="0"/></row>'
    path = with_sheet_xml(tmp_path / "a.xlsx", rows)
    headers, _rows = read(path)
    assert (headers[0], headers[-1], len(headers)) == ("1", "2", 52)


# --- workbooks --------------------------------------------------------------------------------------
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


# --- the old binary format --------------------------------------------------------------------------
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


# --- CSV --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_csv_encodings_and_separators(tmp_path, encoding, delimiter, newline):
    lines = [["编码", "名称", "地址"], ["007", "蜗牛烘焙", "合肥，长江路"], ["008", "乙", ""]]
    text = newline.join(delimiter.join(line) for line in lines) + newline
    path = text_file(tmp_path / "a.csv", text, encoding)
    assert read(path) == (lines[0], [(2, lines[1]), (3, lines[2])])


def test_utf16_without_a_mark_at_the_other_end(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(codecs.BOM_UTF16_BE + "名称,市\n甲,合肥\n".encode("utf-16-be"))
    assert read(path) == (["名称", "市"], [(2, ["甲", "合肥"])])


def test_csv_quotes_blank_lines_and_lengths(tmp_path):
    path = text_file(tmp_path / "a.csv", '\n名称,备注\n\n甲,"一,\n二"\n,\n乙\n丙,1,2,,\n')
    assert read(path) == (["名称", "备注"], [(4, ["甲", "一,\n二"]), (6, ["乙", ""]), (7, ["丙", "1", "2"])])


def test_csv_with_excels_own_hint(tmp_path):
    path = text_file(tmp_path / "a.csv", "sep=;\r\n名称;价\r\n甲;1,5\r\n")
    assert read(path) == (["名称", "价"], [(3, ["甲", "1,5"])])


def test_commas_in_cells_do_not_win_over_semicolons(tmp_path):
    path = text_file(tmp_path / "a.csv", "名称;价;地址\n甲;1,5;a,b,c\n乙;2,5;d\n")
    assert read(path)[0] == ["名称", "价", "地址"]


def test_a_quotation_mark_that_is_never_closed(tmp_path):
    path = text_file(tmp_path / "a.csv", '名称,备注\n甲,"' + "很长" * limits.MAX_FIELD_CHARS)
    with translation.override("en"):
        assert "never closed" in refusal(path)


def test_a_gb18030_sign_across_the_chunk_border(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a," + "名".encode("gb18030") * (1 << 20))
    assert sniff(path, "a.csv") == "csv"


def test_csv_row_count_is_an_upper_bound(tmp_path):
    path = text_file(tmp_path / "a.csv", "名称\n" + "甲\n" * 5000)
    sheet = read_rows(path, "a.csv")
    assert 5000 == sum(1 for _ in sheet.rows) <= sheet.row_count <= 5001


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"PK\x03\x04", b"\xef\xbb\xbf", b"\xff\xfe", b"\xd0\xcf\x11\xe0"]),
)
def test_no_bytes_break_the_reader(tmp_path, content, start):
    path = tmp_path / "a.bin"
    path.write_bytes(start + content)
    try:
        sheet = read_rows(path, "a.bin")
        for row in sheet.rows:
            assert len(row.cells) >= len(sheet.headers)
    except SheetError:
        pass


# --- size -------------------------------------------------------------------------------------------
def test_a_long_csv_is_read_in_little_memory(tmp_path):
    path = tmp_path / "a.csv"
    line = ",".join(f"值{number}" for number in range(15)) + "\n"
    path.write_text(line * 20_000, encoding="utf-8")
    tracemalloc.start()
    assert sum(1 for _ in read_rows(path, "a.csv").rows) == 19_999
    assert tracemalloc.get_traced_memory()[1] < 12 << 20
    tracemalloc.stop()


# --- writing ----------------------------------------------------------------------------------------
def written(columns, rows, **kwargs):
    file = io.BytesIO()
    write_workbook(file, columns, rows, **kwargs)
    file.seek(0)
    return file


DANGEROUS = ["=1+1", '=HYPERLINK("http://x")', "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "=", "#N/A", "#REF!"]


def test_text_never_becomes_a_formula():
    file = written(["=1+1", *DANGEROUS[1:]], [DANGEROUS, [gettext_lazy("=2")]])
    with zipfile.ZipFile(file) as book:
        xml = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f" not in xml
    assert 't="e"' not in xml
    sheet = openpyxl.load_workbook(file).active
    for row in sheet.iter_rows(min_row=1, max_row=2):
        for cell, text in zip(row, DANGEROUS, strict=True):
            assert cell.data_type == "s"
            assert cell.value.strip() == text.strip()
            # With the quote prefix Excel keeps it text even when somebody edits the cell.
            assert cell.quotePrefix == (not text.startswith("#"))
    assert sheet["A3"].value == "=2"
    assert sheet["A3"].data_type == "s"


def test_values_keep_their_types(settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    moment = dt.datetime(2026, 3, 1, 16, 30, tzinfo=dt.UTC)
    values = [
        1,
        1.5,
        Decimal("19.90"),
        True,
        dt.date(2026, 3, 1),
        moment,
        dt.time(8, 30),
        None,
        "007",
        6901234567890123,
        Decimal("NaN"),
        float("inf"),
        "",
    ]
    cells = openpyxl.load_workbook(written(["x"] * len(values), [values])).active[2]
    assert [cell.value for cell in cells] == [
        1,
        1.5,
        19.9,
        True,
        dt.datetime(2026, 3, 1),
        dt.datetime(2026, 3, 2, 0, 30),
        dt.time(8, 30),
        None,
        "007",
        "6901234567890123",
        "NaN",
        "inf",
        None,
    ]
    assert "".join(cell.data_type for cell in cells[:7]) == "nnnbddd"


def test_forbidden_characters_are_dropped():
    sheet = openpyxl.load_workbook(
        written(["a\x00b"], [["甲\x0b乙\x1f\ud800\ufffe丙\n丁"], ["长" * 40_000]])
    ).active
    assert sheet["A1"].value == "ab"
    assert sheet["A2"].value == "甲乙丙\n丁"
    assert len(sheet["A3"].value) == 32_767


def test_the_header_is_bold_and_stays_in_sight():
    book = openpyxl.load_workbook(
        written([gettext_lazy("Name"), "客户名称客户名称"], [], title="客户/2026: [全部]")
    )
    sheet = book.active
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold
    assert sheet.column_dimensions["B"].width > sheet.column_dimensions["A"].width
    assert sheet.title == "客户 2026   全部"


def test_rows_may_come_from_a_generator():
    sheet = openpyxl.load_workbook(written(["n"], ([number] for number in range(1000)))).active
    assert sheet.max_row == 1001


cell_texts = st.text(max_size=30)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(cell_texts, min_size=2, max_size=2), max_size=5))
def test_what_is_written_is_read_back(tmp_path, rows):
    path = tmp_path / "a.xlsx"
    path.write_bytes(written(["名称", "备注"], rows).read())
    headers, back = read(path)
    assert headers == ["名称", "备注"]
    assert len(back) <= len(rows)
    for number, cells in back:
        for cell, text in zip(cells, rows[number - 2], strict=True):
            if text.isprintable():
                assert cell == to_text(text)
