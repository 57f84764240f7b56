"""Who changed? Triggers of the database mark customers to be judged anew, in the transaction that changes them.

Every door is watched alike: a service, an import of a million rows, the administration, plain SQL. On PostgreSQL a
trigger runs once a statement and writes its marks in one INSERT. Which tables matter, the kinds say (`watches`);
the triggers are made and renewed after each `migrate`, and are gone while one runs, because SQLite cannot alter a
column that a trigger names.
"""

# ruff: noqa: S608 - names of tables, columns and kinds are ours

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db import connection

from accounts.models import Department, User
from alerts.models import AlertExemption, AlertMark, AlertRule
from alerts.rules import KINDS, Watch
from common import triggers
from crm.models import Customer

PREFIX = "alerts_mark_"
# What the job reads of a customer for every kind, and what decides which rule he falls under.
ALWAYS = (
    Watch(
        Customer,
        "id",
        (
            *("owner_id", "level", "channel_id", "status", "alerts_exempt", "created_on", "received_on"),
            *("last_visit_on", "last_order_on", "last_sale_on"),
        ),
        events=("insert", "update"),
    ),
    Watch(Customer.tags.through),
    Watch(User, "", ("department_id",)),
    Watch(Department, "", ("parent_id",)),
    Watch(AlertRule, ""),
    Watch(AlertExemption, ""),
)


def watched() -> list[Watch]:
    """One watch for each table and way to the customer; the columns of several are joined, none means every."""
    found: dict[tuple[str, str, Any], Watch] = {}
    for watch in (*ALWAYS, *(each for kind in KINDS.values() for each in kind.watches)):
        key = (watch.model._meta.db_table, watch.key, watch.via)
        other = found.get(key)
        columns, events = watch.columns, watch.events
        if other is not None:
            both = watch.columns and other.columns
            columns = tuple(sorted({*watch.columns, *other.columns})) if both else ()
            events = tuple(sorted({*watch.events, *other.events}))
        found[key] = Watch(watch.model, watch.key, columns, watch.via, events)
    return list(found.values())


def install() -> tuple[int, int]:
    """Make the triggers that are missing and drop those nobody asks for; returns (made, dropped)."""
    return triggers.install(PREFIX, dict(_definitions()))


def remove() -> None:
    """Drop all of them, so that tables can be altered."""
    triggers.remove(PREFIX)


def _definitions() -> Iterator[tuple[str, list[str]]]:
    """(name, statements) of every trigger."""
    write = _postgres if connection.vendor == "postgresql" else _sqlite
    for watch in watched():
        for event in watch.events:
            make = partial(write, watch=watch, event=event)
            yield triggers.named(PREFIX, watch.model._meta.db_table, event, make)


def _key(watch: Watch, row: str) -> str:
    return f"{row}.{watch.key}" if watch.key else "0"


def _postgres(name: str, watch: Watch, event: str) -> list[str]:
    table, marks = watch.model._meta.db_table, AlertMark._meta.db_table
    new, old = "REFERENCING NEW TABLE AS rows_new", "REFERENCING OLD TABLE AS rows_old"
    if event == "update":
        pk = watch.model._meta.pk.column
        join, columns = f"rows_new n JOIN rows_old o ON o.{pk} = n.{pk}", watch.columns
        differ = ""
        if columns:
            left, right = ", ".join(f"n.{c}" for c in columns), ", ".join(f"o.{c}" for c in columns)
            differ = f" WHERE ({left}) IS DISTINCT FROM ({right})"
        rows = " UNION ".join(_select(watch, row, join, differ) for row in ("n", "o"))
        referencing = f"{new} {old.removeprefix('REFERENCING ')}"
    else:
        row, source, referencing = ("n", "rows_new n", new) if event == "insert" else ("o", "rows_old o", old)
        rows = _select(watch, row, source, "")
    body = f"INSERT INTO {marks} (customer_id) SELECT k FROM ({rows}) f WHERE k IS NOT NULL"
    run = f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    # A session keeps the plan of its first UPDATE: made for one row, its nested loop over two times 10,000 takes minutes.
    # Where a parent is looked up, the loop is what finds it by its index.
    planned = " SET enable_nestloop = off" if event == "update" and watch.via is None else ""
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql{planned} AS $$ BEGIN {body}; RETURN NULL; END $$",
        f'CREATE TRIGGER {name} AFTER {event} ON "{table}" {referencing} {run}',
    ]


def _select(watch: Watch, row: str, source: str, where: str) -> str:
    if watch.via is None:
        # A row's own key stands once among those that come or go.
        distinct = "" if watch.key == watch.model._meta.pk.column and not where else "DISTINCT "
        return f"SELECT {distinct}{_key(watch, row)}::bigint AS k FROM {source}{where}"
    column, model, key = watch.via
    parent = f'JOIN "{model._meta.db_table}" p ON p.{model._meta.pk.column} = {row}.{column}'
    return f"SELECT DISTINCT p.{key}::bigint AS k FROM {source} {parent}{where}"


def _sqlite(name: str, watch: Watch, event: str) -> list[str]:
    table, marks = watch.model._meta.db_table, AlertMark._meta.db_table
    when = ""
    if event == "update" and watch.columns:
        when = "WHEN " + " OR ".join(f"NEW.{c} IS NOT OLD.{c}" for c in watch.columns)
    rows = {"insert": ["NEW"], "delete": ["OLD"], "update": ["NEW", "OLD"]}[event]
    if not watch.key:
        rows = rows[:1]
    statements = []
    for row in rows:
        # Once is enough for a row that stays with its customer.
        moved = f" AND OLD.{watch.key} IS NOT NEW.{watch.key}" if row == "OLD" and event == "update" else ""
        if watch.via is None:
            key = _key(watch, row)
            statements.append(
                f"INSERT INTO {marks} (customer_id) SELECT {key} WHERE {key} IS NOT NULL{moved};"
            )
        else:
            column, model, key = watch.via
            parent, pk = model._meta.db_table, model._meta.pk.column
            statements.append(
                f'INSERT INTO {marks} (customer_id) SELECT {key} FROM "{parent}" WHERE {pk} = {row}.{column};'
            )
    return [
        f'CREATE TRIGGER {name} AFTER {event} ON "{table}" FOR EACH ROW {when} BEGIN {" ".join(statements)} END'
    ]
