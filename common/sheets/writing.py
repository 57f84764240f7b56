"""Workbooks for users, streamed row by row and free of live formulas."""

import datetime as dt
import math
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from django.utils import timezone

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

# What Excel, WPS or a CSV made from the workbook might take for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_MAX_CELL_CHARS = 32_767
# Excel keeps fifteen digits; a longer number (bar code, bank account) would lose its tail.
_MAX_EXACT_INTEGER = 10**15
_XML_ILLEGAL = {code: None for code in range(32) if code not in (9, 10, 13)} | {0xFFFE: None, 0xFFFF: None}
_SENTENCE_WIDTH = 70
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000))
_ILLEGAL = _XML_ILLEGAL | _SURROGATES


def write_workbook(
    fileobj: IO[bytes],
    columns: Sequence[Any],
    rows: Iterable[Sequence[Any]],
    title: str = "",
    *,
    sentences: Collection[Any] = (),
) -> None:
    """Write an .xlsx with a header line into a binary file object, in constant memory.

    `columns` are the headers (text or lazy text); those among `sentences` are wide and wrap, so that they can be read.
    Numbers, Decimals, dates and booleans keep their type; moments are shown in TIME_ZONE; None stays empty and anything
    else becomes text. Text that begins like a formula is stored as text and marked so (quote prefix) that editing it in
    Excel does not bring it to life either. Characters that XML forbids are dropped, texts cut at Excel's 32,767 characters.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    sheet: WriteOnlyWorksheet = book.create_sheet(title=_sheet_title(title))
    sheet.freeze_panes = "A2"
    labels = [_text(label) for label in columns]
    for position, label in enumerate(labels):
        wide = _SENTENCE_WIDTH if columns[position] in sentences else 10
        sheet.column_dimensions[_letter(position)].width = max(wide, min(40, _display_width(label) + 4))
    bold = Font(bold=True)
    header = []
    for label in labels:
        cell = _text_cell(sheet, label)
        cell.font = bold
        header.append(cell)
    sheet.append(header)
    wrapped = {position for position, column in enumerate(columns) if column in sentences}
    for row in rows:
        sheet.append(
            [
                _wrapped(sheet, value) if position in wrapped and value else _cell(sheet, value)
                for position, value in enumerate(row)
            ]
        )
    book.save(fileobj)


def _cell(sheet: Any, value: Any) -> Any:
    """The value as openpyxl may have it; a text only becomes a cell object where openpyxl would interpret it."""
    if value is None or isinstance(value, bool | dt.time | dt.timedelta):
        return value
    if isinstance(value, int):
        return value if abs(value) < _MAX_EXACT_INTEGER else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        return value if value.is_finite() else str(value)
    if isinstance(value, dt.datetime):
        return timezone.make_naive(value, timezone.get_default_timezone()) if value.tzinfo else value
    if isinstance(value, dt.date):
        return value
    text = _text(value)
    # "#N/A" and its like would be typed as errors.
    return _text_cell(sheet, text) if text.startswith((*FORMULA_STARTS, "#")) else text


def _text_cell(sheet: Any, text: str) -> Any:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    if text.startswith(FORMULA_STARTS):
        cell.quotePrefix = True
    return cell


def _wrapped(sheet: Any, value: Any) -> Any:
    from openpyxl.styles import Alignment

    cell = _text_cell(sheet, _text(value))
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _text(value: Any) -> str:
    return str(value).translate(_ILLEGAL)[:_MAX_CELL_CHARS]


def _letter(position: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(position + 1))


def _display_width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _sheet_title(title: str) -> str:
    """Excel allows 31 characters and none of []:*?/\\ in a sheet's name."""
    cleaned = _text(title).translate(dict.fromkeys(map(ord, "[]:*?/\\'"), " ")).strip()
    return cleaned[:31] or "Sheet1"
