"""Lines of a customer file from cells to rows that only the database is missing; and across a pipe. Pure."""

import marshal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from typing import Any

from common.sheets import Row
from crm.rules.duplicates import Fields
from crm.rules.import_batches import Asked, Batch, asked_by
from crm.rules.import_matches import Place, row_keys
from crm.rules.import_records import Records, add_search_columns
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
        coded = [row for row in rows if not row.errors and "code" in row.values]
        add_search_columns(coded)
        if self.records is not None:
            whole = [row for row in coded if not row.new_choices]
            self.records.make(whole)
        return Batch(rows, asked_by(rows))


# What a whole new customer is planned and written by; the rest of him is wanted only when he turns out to be none.
_FIRST = ("number", "tags", "owner_id", "route", "keys", "name_key", "made")
_REST = ("cells", "values", "choices", "phones", "contact", "owner", "extra", "warnings", "place")
_TOGETHER = 50  # rows whose rest is unpacked at once
_ALL = (*_FIRST, *_REST, "new_choices", "errors", "index")
_first, _rest, _all = attrgetter(*_FIRST), attrgetter(*_REST), attrgetter(*_ALL)


def pack(batch: Batch) -> bytes:
    """A batch as bytes for another process of ours; a third of pickle's time to read."""
    rest: list[tuple[Any, ...]] = []
    packed = []
    for row in batch.rows:
        _simplify(row)
        if row.made is None:
            packed.append(_all(row))
        else:
            packed.append(_first(row))
            rest.append(_rest(row))
    asked = batch.asked
    # As lists: marshal sorts sets, which takes as long as all the rest.
    kinds = {kind: list(values) for kind, values in asked.values.items()}
    whole = (kinds, list(asked.names), list(asked.repeated), list(asked.repeated_names))
    kept = [
        marshal.dumps(rest[start : start + _TOGETHER], _VERSION) for start in range(0, len(rest), _TOGETHER)
    ]
    return marshal.dumps((packed, whole, kept), _VERSION)


def unpack(data: bytes) -> Batch:
    """What `pack` was given."""
    # Written by our own child a moment ago, never by a user.
    packed, whole, kept = marshal.loads(data)  # noqa: S302
    groups = list(map(_Rest, kept))
    rows, held_back = [], 0
    for values in packed:
        row = ImportRow.__new__(ImportRow)
        if len(values) == len(_FIRST):
            row.number, row.tags, row.owner_id, row.route, row.keys, row.name_key, row.made = values
            row.new_choices, row.errors, row.index = [], [], None
            row.rest = (groups[held_back // _TOGETHER], held_back % _TOGETHER)
            held_back += 1
        else:
            row.rest = None
            _fill(row, _ALL, values)
        rows.append(row)
    kinds, *sets = whole
    return Batch(rows, Asked({kind: set(values) for kind, values in kinds.items()}, *map(set, sets)))


@dataclass(slots=True)
class _Rest:
    """What is still packed of a few rows. It does not know them: a ring of objects would outlive its batch."""

    packed: bytes
    values: list[tuple[Any, ...]] = field(default_factory=list)

    def bring(self, row: ImportRow, position: int) -> None:
        """Give the row that is at this position its own."""
        if not self.values:
            self.values = marshal.loads(self.packed)  # noqa: S302 - see `unpack`
        row.rest = None
        _fill(row, _REST, self.values[position])


def _simplify(row: ImportRow) -> None:
    """Into types that can be packed."""
    if _MONEY in row.values:
        row.values[_MONEY] = str(row.values[_MONEY])
    if row.place:
        row.place = tuple(row.place)


def _fill(row: ImportRow, names: Sequence[str], values: Sequence[Any]) -> None:
    for name, value in zip(names, values, strict=True):
        setattr(row, name, value)
    if _MONEY in row.values:
        row.values[_MONEY] = Decimal(row.values[_MONEY])
    if row.place:
        row.place = Place(*row.place)
