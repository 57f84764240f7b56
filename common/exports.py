"""Any list as Excel: streamed from a temporary file, formulas written as text."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse

from common.sheets import write_workbook
from common.tables import Column


class Counted:
    """Rows that are counted while they go by: how many were exported is known at the end only."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._rows = rows
        self.number = 0

    def __iter__(self) -> Iterator[Any]:
        for row in self._rows:
            self.number += 1
            yield row


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook_response(name: str, columns: Sequence[Column], rows: QuerySet) -> FileResponse:
    """An Excel download of `rows`, one row at a time, whatever their number."""
    return rows_response(name, [str(column.label) for column in columns], _values(columns, rows))


def rows_response(name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> FileResponse:
    """An Excel download of plain values under `heads`."""
    # The response closes the file, and closing removes it.
    file = tempfile.TemporaryFile()  # noqa: SIM115
    write_workbook(file, heads, rows)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


def _values(columns: Sequence[Column], rows: QuerySet) -> Iterable[list[Any]]:
    for row in rows.iterator(chunk_size=2000):
        yield [column.value(row) for column in columns]
