"""A batch of lines as a whole: what it asks of the database, and which of its lines have to do with each other. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from crm.rules.import_matches import Key
from crm.rules.import_rows import ImportRow

T = TypeVar("T")


@dataclass(slots=True)
class Asked:
    """The keys {kind: values} and name keys of the lines that may go in, and those that stand in more than one place."""

    values: dict[str, set[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    repeated: set[Key] = field(default_factory=set)
    repeated_names: set[str] = field(default_factory=set)

    def meets(self, other: "Asked") -> bool:
        """Whether a line here may be the customer of a line there: they share a key or a name."""
        return not self.names.isdisjoint(other.names) or any(
            not values.isdisjoint(other.values.get(kind, ())) for kind, values in self.values.items()
        )


@dataclass(slots=True)
class Batch:
    rows: list[ImportRow]
    asked: Asked

    def __len__(self) -> int:
        return len(self.rows)


def asked_by(rows: Iterable[ImportRow]) -> Asked:
    """What the rows ask, which have their keys (crm.rules.import_matches.row_keys)."""
    keys: list[Key] = []
    names: list[str] = []
    for row in rows:
        if not row.errors:
            keys += row.keys or ()
            if row.name_key:
                names.append(row.name_key)
    values: dict[str, set[str]] = defaultdict(set)
    for kind, value in keys:
        values[kind].add(value)
    return Asked(dict(values), set(names), _repeated(keys), _repeated(names))


def _repeated(items: list[T]) -> set[T]:
    if len(set(items)) == len(items):
        return set()
    return {item for item, count in Counter(items).items() if count > 1}
