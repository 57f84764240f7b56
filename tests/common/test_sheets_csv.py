"""Text files: encodings, separators, quotes, and bytes of any kind."""

import codecs

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.sheets import SheetError, limits, read_rows, sniff
from tests.common.sheet_files import read, refusal, text_file


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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=200)
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
