"""Files that would take all memory or time are refused cheaply; long honest ones are read in little."""

import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from django.utils import translation

from common.sheets import SheetError, archive, limits, read_rows, sniff
from tests.common.sheet_files import read, refusal, with_sheet_xml, workbook


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


def test_a_long_csv_is_read_in_little_memory(tmp_path):
    path = tmp_path / "a.csv"
    line = ",".join(f"值{number}" for number in range(15)) + "\n"
    path.write_text(line * 20_000, encoding="utf-8")
    tracemalloc.start()
    assert sum(1 for _ in read_rows(path, "a.csv").rows) == 19_999
    assert tracemalloc.get_traced_memory()[1] < 12 << 20
    tracemalloc.stop()
