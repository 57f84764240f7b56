"""The empty workbook people fill in."""

import tempfile
from collections.abc import Sequence
from typing import IO

from common.sheets import write_workbook
from crm.rules.import_columns import IMPORT_FIELDS, ImportField

_NOT_OFFERED = {"lng_lat", "tax_id"}


def template_file() -> IO[bytes]:
    """An .xlsx with our heads and one example row, open for reading; closing it removes it."""
    return blank_workbook([field for field in IMPORT_FIELDS if field.name not in _NOT_OFFERED], title="客户")


def blank_workbook(fields: Sequence[ImportField], *, title: str) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    heads = [f"{field.header}*" if field.required else field.header for field in fields]
    write_workbook(file, heads, [[field.example for field in fields]], title=title)
    file.seek(0)
    return file
