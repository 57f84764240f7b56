"""Rows of an uploaded file as text, one at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from common.sheets.csv_file import csv_records
from common.sheets.errors import SheetError
from common.sheets.sniffing import EMPTY, Kind, sniff
from common.sheets.values import Row
from common.sheets.workbook import workbook_records
from common.sheets.xls import xls_records

# Lines with one filled cell above the header: the list's title, a date, a note.
_MAX_TITLE_LINES = 5


@dataclass
class Sheet:
    """The header and the rows below it; `rows` can be walked once.

    Every row has at least as many cells as there are headers, and more only where something stands beyond them.
    `row_count` is the number of lines below the header, blank ones included, so an upper bound for progress bars
    (for CSV counted by line ends, which quoted cells may hold too).
    """

    kind: Kind
    headers: list[str]
    header_row: int
    rows: Iterator[Row]
    row_count: int
    sheet_names: list[str] = field(default_factory=list)


def read_rows(path: str | Path, filename: str, sheet: str | None = None, *, measured: bool = False) -> Sheet:
    """Open an xlsx, xls or CSV file for reading; raises SheetError with a readable message when it cannot be.

    `filename` is the user's name for it. `sheet` chooses a worksheet by name; without it the first visible one with
    data is read. CSV may be UTF-8, UTF-16 or GB18030, split by comma, tab or semicolon. Blank lines are skipped;
    up to five lines of a single cell above a wider header are taken for a title. A SheetError may also come while
    the rows are walked, at the line that is broken. `measured` says that this very file has been read here before:
    then it is not unpacked once more to see how large it gets.
    """
    path = Path(path)
    kind = sniff(path, filename, measured=measured)
    if kind is Kind.CSV:
        records, line_count = csv_records(path)
        return _build(kind, records, line_count, [])
    open_workbook = xls_records if kind is Kind.XLS else workbook_records
    records, line_count, names = open_workbook(path, sheet)
    return _build(kind, records, line_count, names)


def _build(kind: Kind, records: Iterator[Row], line_count: int, names: list[str]) -> Sheet:
    filled = (record for record in records if any(record.cells))
    first = list(islice(filled, _MAX_TITLE_LINES + 1))
    if not first:
        raise SheetError(EMPTY)
    widths = [sum(map(bool, record.cells)) for record in first]
    start = 0
    while start + 1 < len(first) and widths[start] == 1 and max(widths[start + 1 :]) > 1:
        start += 1
    header = first[start]
    headers = [" ".join(cell.split()) for cell in header.cells]
    while headers and not headers[-1]:
        headers.pop()
    rows = _fit(chain(first[start + 1 :], filled), len(headers))
    return Sheet(kind, headers, header.number, rows, max(0, line_count - header.number), names)


def _fit(records: Iterable[Row], width: int) -> Iterator[Row]:
    for record in records:
        cells = record.cells
        while len(cells) > width and not cells[-1]:
            cells.pop()
        cells.extend([""] * (width - len(cells)))
        yield record
