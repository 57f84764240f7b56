"""Files for the tests of reading sheets, and what reading one gives."""

import zipfile
from pathlib import Path

import openpyxl
import pytest

from common.sheets import SheetError, read_rows


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
