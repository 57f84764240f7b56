"""Lines of a customer file from cells to rows that only the database is missing; and across a pipe. Pure."""

import marshal
from collections.abc import Iterable
from decimal import Decimal

from common.sheets import Row
from crm.rules.duplicates import Fields
from crm.rules.import_batches import Asked, Batch, asked_by
from crm.rules.import_matches import Place, row_keys
from crm.rules.import_records import Records, search_columns
from crm.rules.import_rows import ImportRow, References, RowParser, resolve

_MONEY = "credit_limit"
_VERSION = 4  # with references: a cell and the value made of it are one text; short texts in fewer bytes


class LineReader:
    """Does for each line all that needs no database: values, choices and owner, keys, search columns.

    With `records` it also writes the lines of new customers for COPY, those that nothing is missing from.
    """

    def __init__(
        self, parser: RowParser, references: References, fields: Fields, records: Records | None = None
    ) -> None:
        self.parser = parser
        self.references = references
        self.fields = fields
        self.records = records

    def read(self, lines: Iterable[Row]) -> Batch:
        """A batch ready for planning; messages are in the active language."""
        rows = [self.parser.parse(number, cells) for number, cells in lines]
        for row in rows:
            resolve(row, self.references)
            if not row.errors:
                row.keys = list(row_keys(row, self.fields))
                row.index = search_columns(row) if "code" in row.values else None
        if self.records is not None:
            whole = [row for row in rows if row.index is not None and not row.new_choices]
            for row, line in zip(whole, self.records.lines(whole), strict=True):
                row.line, row.index = line, None
        return Batch(rows, asked_by(rows))


def pack(batch: Batch) -> bytes:
    """A batch as bytes for another process of ours, the fields of each row in their order; a third of pickle's time to read."""
    packed = []
    for row in batch.rows:
        values = row.values
        if _MONEY in values:
            values = {**values, _MONEY: str(values[_MONEY])}
        packed.append(
            (
                row.number, row.cells, values, row.choices, row.new_choices, row.phones, row.tags, row.contact,
                row.owner, row.route, row.extra, row.errors, row.warnings, row.keys,
                tuple(row.place) if row.place else None, row.name_key, row.index, row.line,
            )
        )  # fmt: skip
    asked = batch.asked
    whole = (asked.values, asked.names, asked.repeated, asked.repeated_names)
    return marshal.dumps((packed, whole), _VERSION)


def unpack(data: bytes) -> Batch:
    """What `pack` was given."""
    # Written by our own child a moment ago, never by a user.
    packed, whole = marshal.loads(data)  # noqa: S302
    rows = [ImportRow(*fields) for fields in packed]
    for row in rows:
        if _MONEY in row.values:
            row.values[_MONEY] = Decimal(row.values[_MONEY])
        if row.place:
            row.place = Place(*row.place)
    return Batch(rows, Asked(*whole))
