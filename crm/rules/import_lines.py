"""Lines of a customer file from cells to rows that only the database is missing; and across a pipe. Pure."""

import marshal
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from common.sheets import Row
from crm.rules.duplicates import Fields
from crm.rules.import_matches import Place, row_keys
from crm.rules.import_rows import ImportRow, References, RowParser, resolve
from crm.rules.search_columns import index_fields

_MONEY = "credit_limit"
# Without references between equal objects, which cost more to find than to write again.
_VERSION = 3


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


def pack(rows: Sequence[ImportRow]) -> bytes:
    """Rows as bytes for another process of ours; a third of pickle's time to read."""
    packed = []
    for row in rows:
        values = row.values
        if _MONEY in values:
            values = {**values, _MONEY: str(values[_MONEY])}
        packed.append(
            (
                row.number, row.cells, values, row.choices, row.phones, row.tags, row.contact, row.owner,
                row.route, row.extra, row.errors, row.warnings, row.resolved, row.keys,
                tuple(row.place) if row.place else None, row.name_key, row.index,
            )
        )  # fmt: skip
    return marshal.dumps(packed, _VERSION)


def unpack(data: bytes) -> list[ImportRow]:
    """What `pack` was given."""
    # Written by our own child a moment ago, never by a user.
    rows = []
    for (
        number, cells, values, choices, phones, tags, contact, owner,
        route, extra, errors, warnings, resolved, keys, place, name_key, index,
    ) in marshal.loads(data):  # noqa: S302  # fmt: skip
        if _MONEY in values:
            values[_MONEY] = Decimal(values[_MONEY])
        rows.append(
            ImportRow(
                number, cells, values, choices, phones, tags, contact, owner, route, extra, errors, warnings,
                resolved, keys, Place(*place) if place else None, name_key, index,
            )
        )  # fmt: skip
    return rows
