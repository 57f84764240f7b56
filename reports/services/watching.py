"""Triggers that mark the days whose slips changed, whatever door the change came through (see common.triggers)."""

# ruff: noqa: S608 - names of tables, columns and facts are ours

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from django.db import connection

import reports.queries.facts  # noqa: F401 - fills the register
from common import triggers
from reports.models import DayMark
from reports.queries.measures import Fact
from reports.queries.summed import summed_facts

PREFIX = "reports_mark_"
EVENTS = ("insert", "update", "delete")


def install() -> tuple[int, int]:
    """Make the triggers that are missing and drop those nobody asks for; returns (made, dropped)."""
    return triggers.install(PREFIX, dict(_definitions()))


def remove() -> None:
    triggers.remove(PREFIX)


def _definitions() -> Iterator[tuple[str, list[str]]]:
    write = _postgres if connection.vendor == "postgresql" else _sqlite
    for fact in summed_facts():
        for event in EVENTS:
            yield triggers.named(
                PREFIX, fact.model._meta.db_table, event, partial(write, fact=fact, event=event)
            )


def _postgres(name: str, fact: Fact, event: str) -> list[str]:
    """Once a statement, in one INSERT: an import of a million slips marks each of its days once."""
    table, marks = fact.model._meta.db_table, DayMark._meta.db_table
    sides = {"insert": ["new"], "delete": ["old"], "update": ["new", "old"]}[event]
    rows = " UNION ".join(f"SELECT {fact.day} AS day FROM rows_{side}" for side in sides)
    referencing = " ".join(f"{side.upper()} TABLE AS rows_{side}" for side in sides)
    body = f"INSERT INTO {marks} (fact, day) SELECT '{fact.code}', day FROM ({rows}) f WHERE day IS NOT NULL"
    run = f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NULL; END $$",
        f'CREATE TRIGGER {name} AFTER {event} ON "{table}" REFERENCING {referencing} {run}',
    ]


def _sqlite(name: str, fact: Fact, event: str) -> list[str]:
    """One mark for a day and row; a day that is marked already gets no second one."""
    table, marks = fact.model._meta.db_table, DayMark._meta.db_table
    sides = {"insert": ["NEW"], "delete": ["OLD"], "update": ["NEW", "OLD"]}[event]
    inserts = " ".join(
        f"INSERT INTO {marks} (fact, day) SELECT '{fact.code}', {side}.{fact.day} WHERE {side}.{fact.day} IS NOT NULL"
        f" AND NOT EXISTS (SELECT 1 FROM {marks} WHERE fact = '{fact.code}' AND day = {side}.{fact.day});"
        for side in sides
    )
    return [f'CREATE TRIGGER {name} AFTER {event} ON "{table}" FOR EACH ROW BEGIN {inserts} END']
