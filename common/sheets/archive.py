"""Zip archives from strangers: bounded before a parser sees them.

The directory is believed only where it accuses itself. Every entry is really unpacked, piece by piece into nothing,
because sizes in the directory may lie and the reading library does not compare.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

from common.sheets import limits
from common.sheets.errors import SheetError

_CHUNK = 256 * 1024
_LOCAL_HEADER_BYTES = 30
_LOCAL_SIGNATURE = b"PK\x03\x04"
# A cell or row reference that may lie outside A1:Z199999: the cheap sign that the area must be measured.
_FAR = re.compile(rb"""r="(?:[A-Za-z]{2}|[A-Za-z]?(?:[2-9]\d{5}|\d{7}))""")
# What may hide such a reference from that pattern: other quotes, white space about the equals sign. Spreadsheets
# write none of it, and single bytes are found at the speed of memory.
_ODD = (b"'", b"\t", b"\n", b"\r", b" =", b"= ", b'=" ')
_FIRST_CELLS = b"sheetData"  # before it, the XML declaration and the root element are written in any style
_CELL = re.compile(rb"""\bc\s[^<>]*?\br\s*=\s*["']([A-Za-z]{1,3})(\d{1,7})["'][^<>]*(?<!/)>""")
_ROW = re.compile(rb"""\brow\s[^<>]*?\br\s*=\s*["'](\d{1,7})["']""")
# A filled cell that leaves its place to the row it stands in.
_UNPLACED_CELL = re.compile(rb"""<(?:\w+:)?c\b(?![^<>]*\br\s*=)[^<>]*(?<!/)>""")
_OVERLAP = 512

BROKEN = _("The file is damaged and cannot be opened. Open it in Excel or WPS, save it again and retry.")
TOO_LARGE = _("The file unpacks to far more data than a customer or order list holds; it was not opened.")
TOO_WIDE = _(
    "The sheet reaches down to row %(rows)s and across %(columns)s columns, too large an area to read. "
    "Delete what stands far below or beside the table and retry."
)


def check_archive(path: Path) -> set[str]:
    """The entry names of a zip that is safe to parse; raises SheetError for a broken or exploding one."""
    entries = _entries(path)
    _check_directory(entries)
    unpacked = 0
    with path.open("rb") as file:
        for entry in entries:
            budget = limits.MAX_UNPACKED_BYTES - unpacked
            if entry.compress_size:
                budget = min(budget, max(limits.RATIO_FREE_BYTES, entry.compress_size * limits.MAX_RATIO))
            size, far = _measure(file, entry, budget)
            unpacked += size
            if far:
                _check_area(file, entry, budget)
    return {entry.filename for entry in entries}


def entry_names(path: Path) -> set[str]:
    """The entry names of a zip that has passed `check_archive` before; raises SheetError for a broken one."""
    return {entry.filename for entry in _entries(path)}


def _entries(path: Path) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, UnicodeDecodeError) as error:
        raise SheetError(BROKEN) from error


def _check_directory(entries: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > limits.MAX_ZIP_ENTRIES or unpacked > limits.MAX_UNPACKED_BYTES:
        raise SheetError(TOO_LARGE)
    if unpacked > limits.RATIO_FREE_BYTES and unpacked > packed * limits.MAX_RATIO:
        raise SheetError(TOO_LARGE)
    if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
        raise SheetError(BROKEN)


def _measure(file: BinaryIO, entry: zipfile.ZipInfo, budget: int) -> tuple[int, bool]:
    """(unpacked bytes, whether a cell may be far out); raises SheetError beyond the budget."""
    size, far, tail = 0, False, b""
    for piece in _unpack(file, entry):
        size += len(piece)
        if size > budget:
            raise SheetError(TOO_LARGE)
        if not far:
            text = tail + piece
            start = 0 if tail else max(0, text.find(_FIRST_CELLS))
            far = _FAR.search(text) is not None or any(text.find(sign, start) >= 0 for sign in _ODD)
            tail = piece[-_OVERLAP:]
    return size, far


def _check_area(file: BinaryIO, entry: zipfile.ZipInfo, budget: int) -> None:
    """Measure the rectangle of filled cells exactly; about a second for a million cells, so only on suspicion."""
    last_row = last_named_row = 0
    columns: set[bytes] = set()
    unplaced = False
    size, tail = 0, b""
    for piece in _unpack(file, entry):
        size += len(piece)
        if size > budget:
            raise SheetError(TOO_LARGE)
        text = tail + piece
        # A tag cut in two is seen whole with the next piece.
        cut = text.rfind(b"<") if len(text) > _OVERLAP else 0
        tail = text[max(cut, len(text) - _OVERLAP) :]
        for column, row in _CELL.findall(text):
            columns.add(column)
            last_row = max(last_row, int(row))
        last_named_row = max(last_named_row, max(map(int, _ROW.findall(text)), default=0))
        unplaced = unplaced or _UNPLACED_CELL.search(text) is not None
    if unplaced:
        last_row = max(last_row, last_named_row)
    width = max((_column_number(column) for column in columns), default=1)
    if last_row * width > limits.MAX_AREA_CELLS:
        raise SheetError(TOO_WIDE, rows=last_row, columns=width)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _unpack(file: BinaryIO, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The entry's real content in pieces of at most 256 kB, whatever size its headers claim."""
    file.seek(entry.header_offset)
    header = file.read(_LOCAL_HEADER_BYTES)
    if len(header) < _LOCAL_HEADER_BYTES or not header.startswith(_LOCAL_SIGNATURE):
        raise SheetError(BROKEN)
    name_length, extra_length = (
        int.from_bytes(header[26:28], "little"),
        int.from_bytes(header[28:30], "little"),
    )
    file.seek(name_length + extra_length, 1)
    remaining = entry.compress_size
    inflater = zlib.decompressobj(-zlib.MAX_WBITS) if entry.compress_type == zipfile.ZIP_DEFLATED else None
    while remaining > 0:
        packed = file.read(min(_CHUNK, remaining))
        if not packed:
            raise SheetError(BROKEN)
        remaining -= len(packed)
        if inflater is None:
            yield packed
            continue
        while packed and not inflater.eof:
            try:
                piece = inflater.decompress(packed, _CHUNK)
            except zlib.error as error:
                raise SheetError(BROKEN) from error
            packed = inflater.unconsumed_tail
            if not piece and not packed:
                break
            yield piece
    if inflater is not None and not inflater.eof and entry.compress_size:
        yield inflater.flush()[:_CHUNK]
