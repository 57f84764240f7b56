"""A new customer of an import as a row of its table. Pure."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from common.copy_text import copy_lines, json_text
from common.geo.cells import cell_of
from crm.rules.import_rows import ImportRow
from crm.rules.search_columns import index_fields_of_each, key_and_text

# Columns that are not in the line itself, in the order in which `values` gives them after those that are.
_MADE = (
    *(
        "owner_id",
        "extra",
        "name_key",
        "search_text",
        "search_grams",
        "location_status",
        "cell",
        "received_on",
        "pooled_at",
    ),
    *("created_on", "created_at", "updated_at", "created_by_id", "import_job_id"),
)

# The tables beside the customers' that a new customer brings rows into, and their columns after the customer's key.
BESIDE = {
    "phones": ("raw", "e164", "position"),
    "contacts": ("name", "is_primary"),
    "owner_changes": ("to_user_id", "by_id", "reason", "at"),
}
_Values = tuple[Any, ...]


@dataclass(frozen=True)
class Records:
    """How the rows of one import look. `defaults` are the columns a line can fill, with what an empty cell means."""

    defaults: dict[str, Any]
    placed: str  # location status of a customer with coordinates
    unplaced: str
    today: dt.date
    now: dt.datetime
    actor_id: int | None
    job_id: int
    owner_id: int | None  # of lines that name none
    reason: str  # why the owner has it

    @property
    def columns(self) -> list[str]:
        return [*self.defaults, *_MADE]

    def values(self, rows: Sequence[ImportRow]) -> list[list[Any]]:
        """The values of `columns` of each row; the rows have their codes."""
        add_search_columns([row for row in rows if row.index is None])
        return list(map(self._values, rows))

    def _values(self, row: ImportRow) -> list[Any]:
        values, index = row.values, row.index
        owned = row.owner_id or self.owner_id
        return [
            *(self.defaults | values).values(),
            owned,
            row.extra,
            index["name_key"],
            index["search_text"],
            index["search_grams"],
            self.placed if "latitude" in values else self.unplaced,
            cell_of(values.get("latitude"), values.get("longitude")),
            self.today if owned else None,
            None if owned else self.now,
            self.today,
            self.now,
            self.now,
            self.actor_id,
            self.job_id,
        ]

    def beside(self, row: ImportRow) -> tuple[list[_Values], ...]:
        """What a new customer brings into the tables of `BESIDE`: for each the values of its columns, row by row."""
        owner_id = row.owner_id or self.owner_id
        return (
            [(raw, e164, position) for position, (raw, e164) in enumerate(row.phones)],
            [(row.contact, True)] if row.contact else [],
            [(owner_id, self.actor_id, self.reason, self.now)] if owner_id else [],
        )

    def make(self, rows: Sequence[ImportRow]) -> None:
        """Give the rows COPY's text of all they bring, which only the customer's key is missing from.

        `made` becomes [the customer's line, then for each table of `BESIDE` a list of lines].
        """
        columns: list[Sequence[Any]] = list(zip(*self.values(rows), strict=True))
        if columns:
            extra = self.columns.index("extra")
            columns[extra] = [json_text(value) for value in columns[extra]]
        beside = [_lines(found) for found in zip(*map(self.beside, rows), strict=True)]
        for row, *made in zip(rows, copy_lines(columns), *beside, strict=True):
            row.made, row.index = made, None


def _lines(found: Sequence[list[_Values]]) -> list[list[bytes]]:
    """Each row's values as lines for COPY."""
    lines = iter(copy_lines(list(zip(*chain.from_iterable(found), strict=True))))
    return [list(islice(lines, len(values))) for values in found]


def add_search_columns(rows: Sequence[ImportRow]) -> None:
    """Give new customers what search reads of them; they have their codes."""
    found = [
        key_and_text(
            row.values["code"],
            row.values["name"],
            [raw for raw, _e164 in row.phones],
            [row.contact] if row.contact else [],
        )
        for row in rows
    ]
    for row, index in zip(rows, index_fields_of_each(found), strict=True):
        row.index = index
