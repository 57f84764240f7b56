"""A new customer of an import as a row of its table. Pure."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from common.copy_text import copy_lines, json_text
from common.geo.cells import cell_of
from crm.rules.import_rows import ImportRow
from crm.rules.search_columns import IndexFields, index_fields

# Columns that are not in the line itself, in the order in which `values` gives them after those that are.
_MADE = (
    *(
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

    @property
    def columns(self) -> list[str]:
        return [*self.defaults, *_MADE]

    def values(self, row: ImportRow) -> list[Any]:
        """The values of `columns`; the row has its code."""
        values = row.values
        index = row.index or search_columns(row)
        owned = values.get("owner_id") or self.owner_id
        return [
            *(self.defaults | values | {"owner_id": owned}).values(),
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

    def lines(self, rows: Sequence[ImportRow]) -> list[bytes]:
        """The rows as COPY's text of `columns`."""
        columns: list[Sequence[Any]] = list(zip(*map(self.values, rows), strict=True))
        if columns:
            extra = len(self.defaults)
            columns[extra] = [json_text(value) for value in columns[extra]]
        return copy_lines(columns)


def search_columns(row: ImportRow) -> IndexFields:
    """What search reads of a new customer; needs its code."""
    return index_fields(
        code=row.values["code"],
        name=row.values["name"],
        phones=[raw for raw, _e164 in row.phones],
        contacts=[row.contact] if row.contact else [],
    )
