"""A workbook that people bring: opened, its columns found, its rows handed on as {our field: text}."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from common.sheets import SheetError, read_rows
from sales.rules.product_rows import MAX_ROWS
from sales.rules.sheet_rows import Head, find_columns

MAX_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that is not taken: its number in the file, what it is about, and why."""

    row: int
    what: str
    why: str


@dataclass
class FileResult:
    """What a file does, or would do in a dry run."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    problems: list[Problem] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)  # headers nobody knows

    @property
    def changes(self) -> int:
        return self.created + self.updated + self.removed


def sheet_rows(
    upload: UploadedFile[Any], heads: Mapping[str, Head], *, needed: tuple[str, ...], result: FileResult
) -> Iterator[tuple[int, dict[str, str]]]:
    """(row number, {our field: text}) of each row; headers that mean nothing are noted in `result`.

    Raises ValidationError when the file cannot be read, lacks a needed column or has too many rows.
    """
    if (upload.size or 0) > MAX_BYTES:
        raise ValidationError(
            _("The file is larger than %(size)s MB.") % {"size": MAX_BYTES // 1024 // 1024}, code="file"
        )
    with tempfile.NamedTemporaryFile() as file:
        _copy(upload, file)
        try:
            sheet = read_rows(file.name, upload.name or "")
            columns, result.ignored = find_columns(sheet.headers, heads)
            missing = [str(heads[name].label) for name in needed if name not in columns.values()]
            if missing:
                raise ValidationError(
                    _("No column holds the %(field)s; the file has: %(headers)s.")
                    % {"field": "、".join(missing), "headers": "、".join(filter(None, sheet.headers))},
                    code="file",
                )
            for row in sheet.rows:
                result.rows += 1
                if result.rows > MAX_ROWS:
                    raise ValidationError(
                        _("The file has more than %(n)s rows; split it.") % {"n": f"{MAX_ROWS:,}"},
                        code="file",
                    )
                yield row.number, {name: row.cells[position] for position, name in columns.items()}
        except SheetError as error:
            raise ValidationError(str(error), code="file") from error


def _copy(upload: UploadedFile[Any], file: IO[Any]) -> None:
    upload.seek(0)
    for chunk in upload.chunks():
        file.write(chunk)
    file.flush()
