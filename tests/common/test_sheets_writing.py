"""Writing workbooks: no formula, types kept, and read back the same."""

import datetime as dt
import io
import zipfile
from decimal import Decimal

import openpyxl
from django.utils.translation import gettext_lazy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.sheets import write_workbook
from common.sheets.values import to_text
from tests.common.sheet_files import read


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


def test_a_column_of_sentences_can_be_read():
    rows = [["甲", "=编号重复。" * 30], ["乙", None]]
    sheet = openpyxl.load_workbook(written(["名称", "失败原因"], rows, sentences=["失败原因"])).active
    assert sheet.column_dimensions["A"].width < 20
    assert sheet.column_dimensions["B"].width > 50
    assert sheet["B2"].alignment.wrap_text
    assert not sheet["A2"].alignment.wrap_text
    assert (sheet["B2"].value, sheet["B2"].data_type) == ("=编号重复。" * 30, "s")
    assert not sheet["B3"].value


def test_rows_may_come_from_a_generator():
    sheet = openpyxl.load_workbook(written(["n"], ([number] for number in range(1000)))).active
    assert sheet.max_row == 1001


cell_texts = st.text(max_size=30)


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
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
