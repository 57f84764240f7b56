"""The empty workbook people fill in."""

import tempfile
from typing import IO

from common.sheets import write_workbook
from crm.rules.import_columns import IMPORT_FIELDS

_NOT_OFFERED = {"lng_lat", "tax_id"}


def template_file() -> IO[bytes]:
    """An .xlsx with our heads and one example row, open for reading; closing it removes it."""
    fields = [field for field in IMPORT_FIELDS if field.name not in _NOT_OFFERED]
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    heads = [f"{field.header}*" if field.required else field.header for field in fields]
    write_workbook(file, heads, [[field.example for field in fields]], title="客户")
    file.seek(0)
    return file
