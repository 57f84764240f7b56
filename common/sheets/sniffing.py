"""What a file is, by its content: names and browser types are what the sender says."""

import mmap
from enum import StrEnum
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from common.sheets import limits
from common.sheets.archive import BROKEN, check_archive, entry_names
from common.sheets.encoding import detect_encoding
from common.sheets.errors import SheetError


class Kind(StrEnum):
    XLSX = "xlsx"
    XLS = "xls"
    CSV = "csv"


_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML_STARTS = (b"<!doctype", b"<html", b"<table", b"<head", b"<?xml", b"<div", b"<meta", b"<!--")
_OTHERS = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"Rar!": "RAR",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"\x1f\x8b": "gzip",
    b"{\\rtf": "RTF",
    b"SQLite format 3": "SQLite",
    b"MZ": "EXE",
    b"\x7fELF": "ELF",
}

EMPTY = _("The file is empty.")
ENCRYPTED = _("The workbook is protected by a password. Remove the password in Excel or WPS and retry.")
TOO_BIG = _("The file has %(size)s MB; at most %(limit)s MB can be read. Split it and retry.")
NOT_A_SHEET = _("“%(filename)s” is a %(kind)s file. Choose an Excel workbook (.xlsx, .xls) or a CSV file.")
UNKNOWN = _("“%(filename)s” is neither an Excel workbook nor a CSV file.")
WEB_PAGE = _(
    "“%(filename)s” is a web page under an Excel name, as some systems export it. "
    "Open it in Excel or WPS, save it as .xlsx and retry."
)
SAVE_AS_XLSX = _("“%(filename)s” is a workbook in another format. Save it as .xlsx and retry.")


def sniff(path: str | Path, filename: str, *, measured: bool = False) -> Kind:
    """Whether the file is 'xlsx', 'xls' or 'csv'; a SheetError with a readable message when it is none or unsafe.

    A workbook that passes has also passed the zip-bomb and size limits (common.sheets.limits), so it may be parsed.
    `filename` is what the user calls the file and appears in messages only. A file that is `measured` has passed before.
    """
    path = Path(path)
    size = path.stat().st_size
    if size == 0:
        raise SheetError(EMPTY)
    if size > limits.MAX_FILE_BYTES:
        raise SheetError(TOO_BIG, size=size >> 20, limit=limits.MAX_FILE_BYTES >> 20)
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(_ZIP):
        return _zip_kind(path, filename, measured)
    if head.startswith(_OLE):
        return _ole_kind(path, filename)
    for start, kind in _OTHERS.items():
        if head.startswith(start):
            raise SheetError(NOT_A_SHEET, filename=filename, kind=kind)
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:12].lower().startswith(_HTML_STARTS):
        raise SheetError(WEB_PAGE, filename=filename)
    if not head.removeprefix(b"\xef\xbb\xbf").strip() and size <= len(head):
        raise SheetError(EMPTY)
    if detect_encoding(path) is None:
        raise SheetError(UNKNOWN, filename=filename)
    return Kind.CSV


def _zip_kind(path: Path, filename: str, measured: bool) -> Kind:
    names = {name.lower() for name in (entry_names if measured else check_archive)(path)}
    if "xl/workbook.xml" in names and "[content_types].xml" in names:
        return Kind.XLSX
    if "xl/workbook.bin" in names or "mimetype" in names:
        raise SheetError(SAVE_AS_XLSX, filename=filename)
    if "[content_types].xml" in names and any(name.startswith("xl/") for name in names):
        raise SheetError(BROKEN)
    kind = (
        "Word" if "word/document.xml" in names else "PowerPoint" if "ppt/presentation.xml" in names else "ZIP"
    )
    raise SheetError(NOT_A_SHEET, filename=filename, kind=kind)


def _ole_kind(path: Path, filename: str) -> Kind:
    """An OLE container is a BIFF workbook, an encrypted .xlsx, or any other old Office file."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data.find("EncryptedPackage".encode("utf-16-le")) >= 0:
            raise SheetError(ENCRYPTED)
        if any(data.find(name.encode("utf-16-le")) >= 0 for name in ("Workbook\0", "Book\0")):
            return Kind.XLS
    raise SheetError(NOT_A_SHEET, filename=filename, kind="Office 97")
