"""Lines of a customer file from cells to rows that only the database is missing. Pure."""

from collections.abc import Iterable
from typing import Any

from common.sheets import Row
from crm.rules.duplicates import Fields
from crm.rules.import_matches import row_keys
from crm.rules.import_rows import ImportRow, References, RowParser, resolve
from crm.rules.search_columns import index_fields


class LineReader:
    """Does for each line all that needs no database: values, choices and owner, keys, search columns."""

    def __init__(self, parser: RowParser, references: References, fields: Fields) -> None:
        self.parser = parser
        self.references = references
        self.fields = fields

    def read(self, lines: Iterable[Row]) -> list[ImportRow]:
        """Rows ready for planning; messages are in the active language."""
        rows = [self.parser.parse(number, cells) for number, cells in lines]
        for row in rows:
            if not row.errors:
                resolve(row, self.references)
                row.resolved = True
            if not row.errors:
                row.keys = list(row_keys(row, self.fields))
                row.index = search_columns(row) if "code" in row.values else None
        return rows


def search_columns(row: ImportRow) -> dict[str, Any]:
    """What search reads of a new customer; needs its code."""
    columns = index_fields(
        code=row.values["code"],
        name=row.values["name"],
        phones=[raw for raw, _e164 in row.phones],
        contacts=[row.contact] if row.contact else [],
    )
    return dict(columns)
