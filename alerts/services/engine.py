"""Customer alerts, set by set: who is due goes into a temporary table, from which one statement closes, one opens (§3).

It reads the last-event columns of Customer and nothing else. The rules become a small table of (kind, department,
level) → period that is joined to the customers, so the whole company is one scan whatever the number of rules and
kinds. The SQL is the same on SQLite and PostgreSQL but for adding days to a date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection

from accounts.models import User
from alerts.models import Alert
from alerts.queries import department_parents, rule_lines
from alerts.rules import KINDS, Choice, choice_table
from crm.enums import CustomerStatus, Level
from crm.models import Customer

_TABLES = {
    "alert": Alert._meta.db_table,
    "customer": Customer._meta.db_table,
    "person": User._meta.db_table,
}
LEVELS = ("", *Level.values)
# What the two databases do not share: how a date is passed, R + P, and the key that lets SQLite find a row; PostgreSQL
# hashes both sides and would only pay for an index.
_DATE = {"postgresql": "%s::date", "sqlite": "%s"}
_DUE = {
    "postgresql": "j.base_on + j.period_days",
    "sqlite": "date(j.base_on, '+' || j.period_days || ' days')",
}
_PRIMARY_KEY = {"postgresql": "", "sqlite": ", PRIMARY KEY (customer_id, kind)"}

# Every customer and kind that is overdue, once. Both statements after it read this instead of judging again.
_CREATE = """
CREATE TEMPORARY TABLE alerts_due (
    customer_id bigint NOT NULL, kind varchar(12) NOT NULL, rule_id bigint NOT NULL, period_days integer NOT NULL,
    base_on date NOT NULL{key})
"""
# The base date R is compared with cutoff = today − P, so that only what gets opened needs arithmetic on dates.
_JUDGE = """
INSERT INTO alerts_due (customer_id, kind, rule_id, period_days, base_on)
SELECT j.customer_id, j.kind, j.rule_id, j.period_days, j.base_on
FROM (
    SELECT c.id AS customer_id, r.kind, r.rule_id, r.period_days, r.cutoff,
           COALESCE(CASE r.kind {columns} END,
                    CASE WHEN c.received_on > c.created_on THEN c.received_on ELSE c.created_on END) AS base_on
    FROM {customer} c
    JOIN {person} u ON u.id = c.owner_id
    JOIN ({chosen}) r ON r.level = c.level AND r.department_id = {department}
    WHERE c.status = %s AND NOT c.alerts_exempt
) j
WHERE j.base_on < j.cutoff
"""
# Both databases call the columns of VALUES column1, column2 …
_CHOSEN = """
    SELECT column1 AS kind, column2 AS department_id, column3 AS level, column4 AS rule_id, column5 AS period_days,
           column6 AS cutoff
    FROM (VALUES {values}) AS v"""
# Also closes what is still overdue but counted from another day or with another period: the same run opens it anew.
_CLOSE = """
UPDATE {alert} SET closed_on = {today}
WHERE closed_on IS NULL AND NOT EXISTS (
    SELECT 1 FROM alerts_due j
    WHERE j.customer_id = {alert}.customer_id AND j.kind = {alert}.kind
      AND j.base_on = {alert}.base_on AND j.period_days = {alert}.period_days)
"""
_OPEN = """
INSERT INTO {alert} (customer_id, kind, rule_id, base_on, period_days, due_on, opened_on)
SELECT j.customer_id, j.kind, j.rule_id, j.base_on, j.period_days, {due}, {today}
FROM alerts_due j
WHERE NOT EXISTS (
    SELECT 1 FROM {alert} a WHERE a.customer_id = j.customer_id AND a.kind = j.kind AND a.closed_on IS NULL)
ON CONFLICT DO NOTHING
"""


def judge_customers(today: dt.date) -> tuple[int, int]:
    """Close and open the alerts of all customers as of `today`; returns (opened, closed).

    Run inside a transaction. A second run on the same data does nothing.
    """
    _plan_for_whole_tables()
    table = choice_table(rule_lines(), department_parents(), LEVELS)
    if not table:
        return 0, Alert.objects.filter(closed_on__isnull=True).update(closed_on=today)
    with connection.cursor() as cursor:
        cursor.execute(_CREATE.format(key=_PRIMARY_KEY[connection.vendor]))
        cursor.execute(*_judge(table, today))
        names = {**_TABLES, "today": _DATE[connection.vendor], "due": _DUE[connection.vendor]}
        cursor.execute(_CLOSE.format(**names), [_date(today)])
        closed = int(cursor.rowcount)
        cursor.execute(_OPEN.format(**names), [_date(today)])
        opened = int(cursor.rowcount)
        cursor.execute("DROP TABLE alerts_due")
    return opened, closed


def _plan_for_whole_tables() -> None:
    """Keep PostgreSQL from nested loops, which it takes when the alerts' statistics are old or those of an empty table.

    Looking through the rows just inserted for each further row kept a first run of 200,000 customers from ending within ten minutes.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL enable_nestloop = off; SET LOCAL jit = off; SET LOCAL work_mem = '64MB'"
            )


def _judge(table: Sequence[Choice], today: dt.date) -> tuple[str, list[Any]]:
    named = sorted({choice.department_id for choice in table} - {0})
    department = "0"
    if named:
        marks = ", ".join(["%s"] * len(named))
        department = f"CASE WHEN u.department_id IN ({marks}) THEN u.department_id ELSE 0 END"
    columns = " ".join(f"WHEN '{kind.kind.value}' THEN c.{kind.column}" for kind in KINDS.values())
    chosen, params = _chosen(table, today)
    text = _JUDGE.format(columns=columns, chosen=chosen, department=department, **_TABLES)
    return text, [*params, *named, CustomerStatus.ACTIVE.value]


def _chosen(table: Sequence[Choice], today: dt.date) -> tuple[str, list[Any]]:
    row = f"(%s, %s, %s, %s, %s, {_DATE[connection.vendor]})"
    params: list[Any] = []
    for choice in table:
        cutoff = _date(today - dt.timedelta(days=choice.period_days))
        params += [
            choice.kind,
            choice.department_id,
            choice.level,
            choice.rule_id,
            choice.period_days,
            cutoff,
        ]
    return _CHOSEN.format(values=", ".join([row] * len(table))), params


def _date(value: dt.date) -> Any:
    return connection.ops.adapt_datefield_value(value)
