"""The uploaded file: opened wherever it is stored, its columns with unambiguous heads, its lines in order."""

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext as _

from common.sheets import Row, SheetError, read_rows
from crm.rules.import_columns import unique_headers, unmapped_headers

SAMPLES = 3
_SAMPLE_LINES = 200
_OWN_CODE = re.compile(r"^C(\d{6,9})$")


@dataclass
class Source:
    """One open file. `rows` is walked once; `headers` are unique, so that a mapping by head is never ambiguous."""

    headers: list[str]
    rows: Iterator[Row]
    line_count: int  # an upper bound of the lines of data, for progress


def open_source(path: Path, file_name: str, *, measured: bool = False) -> Source:
    """Open a workbook or CSV file. Raises ValidationError with a message for the person who chose it.

    `measured`: it is a file of ours that was opened at its upload, see common.sheets.
    """
    try:
        sheet = read_rows(path, file_name, measured=measured)
    except SheetError as error:
        raise ValidationError(str(error)) from error
    return Source(unique_headers(sheet.headers), _readable(sheet.rows), sheet.row_count)


def _readable(rows: Iterator[Row]) -> Iterator[Row]:
    try:
        yield from rows
    except SheetError as error:
        raise ValidationError(str(error)) from error


def column_samples(source: Source) -> list[dict[str, Any]]:
    """[{header, samples}]: for each column some of its filled cells. Walks the first lines of `source`."""
    samples: list[list[str]] = [[] for _header in source.headers]
    for row in islice(source.rows, _SAMPLE_LINES):
        for cells, cell in zip(samples, row.cells, strict=False):
            if cell and cell not in cells and len(cells) < SAMPLES:
                cells.append(cell[:80])
    return [{"header": h, "samples": s} for h, s in zip(source.headers, samples, strict=True)]


def highest_own_code(source: Source, mapping: dict[str, str]) -> int:
    """The highest number among codes of our own form (C000123) in the file; 0 without any. Walks all of `source`.

    A generated code must not meet one that stands further down in the file.
    """
    header = next((header for header, name in mapping.items() if name == "code"), None)
    if header not in source.headers:
        return 0
    position = source.headers.index(header)
    return max((own_code_number(row.cells[position]) for row in source.rows), default=0)


def own_code_number(code: str) -> int:
    match = _OWN_CODE.match(code) if code.startswith("C") else None
    return int(match[1]) if match else 0


def refuse_large(size: int) -> None:
    """Raise ValidationError for a file over the limit of uploads."""
    if size > settings.UPLOAD_LIMIT_BYTES:
        raise ValidationError(
            _("The file has %(size)s MB; at most %(limit)s MB can be imported. Split it and retry.")
            % {"size": -(-size // 2**20), "limit": settings.UPLOAD_LIMIT_BYTES // 2**20}
        )


@contextmanager
def local_copy(file: FieldFile) -> Iterator[Path]:
    """A path to a stored file: itself on local disk, a temporary copy of it in object storage."""
    try:
        path = Path(file.path)
    except NotImplementedError:
        with file.open("rb") as stored, temporary_copy(stored) as copy:
            yield copy
    else:
        if not path.exists():
            raise ValidationError(_("The uploaded file is gone; upload it again."))
        yield path


@contextmanager
def temporary_copy(file: IO[bytes]) -> Iterator[Path]:
    """A path to what can be read from `file`."""
    with tempfile.NamedTemporaryFile() as copy:
        shutil.copyfileobj(file, copy, 1 << 20)
        copy.flush()
        yield Path(copy.name)


def left_out(mapping: dict[str, str], headers: Sequence[str]) -> list[str]:
    """Columns of the file that no field takes."""
    return unmapped_headers(mapping, headers)
