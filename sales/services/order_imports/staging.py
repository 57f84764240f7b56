"""The file laid down line by line, in bounded memory, so that an order's lines find each other wherever they stand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from common.sheets import Row, Sheet, SheetError, read_rows
from sales.models import OrderImport, OrderImportLine
from sales.rules.order_rows import OrderRow, RowError, parse_row

_CHUNK = 2000
_SAMPLE_LINES = 200
_SAMPLES = 3
Progress = Callable[[int, int], None]


def open_sheet(path: Path, file_name: str) -> Sheet:
    """Open a workbook or CSV. Raises ValidationError with a message for the person who chose it."""
    try:
        return read_rows(path, file_name)
    except SheetError as error:
        raise ValidationError(str(error)) from error


def column_samples(sheet: Sheet) -> list[dict[str, Any]]:
    """[{header, samples}] from the first lines; a repeated or empty head is refused, because a mapping names heads."""
    if len(set(sheet.headers)) < len(sheet.headers) or not all(sheet.headers):
        raise ValidationError(_("Every column needs a head of its own; some are empty or there twice."))
    samples: list[list[str]] = [[] for _head in sheet.headers]
    for row in islice(_readable(sheet), _SAMPLE_LINES):
        for cells, cell in zip(samples, row.cells, strict=False):
            if cell and cell not in cells and len(cells) < _SAMPLES:
                cells.append(cell[:80])
    return [{"header": head, "samples": cells} for head, cells in zip(sheet.headers, samples, strict=True)]


def lay_down(
    job: OrderImport, path: Path, *, today: dt.date, alive: Progress = lambda done, total: None
) -> int:
    """Write the file's lines to the staging table, replacing what an earlier try left; returns how many there are."""
    sheet = open_sheet(path, job.file_name)
    job.lines.all().delete()
    done = 0
    rows = _readable(sheet)
    while chunk := list(islice(rows, _CHUNK)):
        with transaction.atomic():
            OrderImportLine.objects.bulk_create([_staged(job, sheet.headers, row, today) for row in chunk])
        done += len(chunk)
        alive(done, sheet.row_count)
    return done


def _readable(sheet: Sheet) -> Iterator[Row]:
    try:
        yield from sheet.rows
    except SheetError as error:
        raise ValidationError(str(error)) from error


def _staged(job: OrderImport, headers: list[str], row: Row, today: dt.date) -> OrderImportLine:
    cells = row.cells[: len(headers)]
    fields = fields_of(job.mapping, headers, cells)
    line = OrderImportLine(job=job, row=row.number, cells=cells, number=fields.get("number", "")[:40])
    try:
        parse_row(fields, today=today)
    except RowError as error:
        line.error = str(error)[:300]
    return line


def fields_of(mapping: dict[str, str], headers: list[str], cells: list[str]) -> dict[str, str]:
    """{our field: text} of one line."""
    return {mapping[head]: cell for head, cell in zip(headers, cells, strict=False) if head in mapping}


def parsed(job: OrderImport, headers: list[str], line: OrderImportLine, today: dt.date) -> OrderRow:
    """The line again, read without error before."""
    return parse_row(fields_of(job.mapping, headers, line.cells), today=today)
