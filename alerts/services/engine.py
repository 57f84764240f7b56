"""Customer alerts, set by set: who is due goes into a temporary table, from which one statement closes, one brings up
to date, one opens (§3).

The rules become a small table of (kind, department, level, channel, tags) → period and dates that is joined to the
customers, so the kinds that read nothing but a column of the customer are one scan for the whole company whatever the
number of rules. Each other kind is one statement around its own query. The SQL is the same on SQLite and PostgreSQL
but for adding days to a date.
"""

# ruff: noqa: S608 - names of tables, columns and kinds are ours

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models.expressions import RawSQL

from alerts.models import AlertExemption
from alerts.queries.rules import department_parents, spared_lines
from alerts.rules import (
    KINDS,
    Choice,
    Kind,
    RuleLine,
    Scope,
    SparedLine,
    Timing,
    choice_table,
    due_date,
    named_tags,
    open_range,
    scanned,
)
from alerts.rules.choosing import department_classes
from alerts.services import statements as sql
from crm.enums import CustomerStatus, Level

LEVELS = ("", *Level.values)


@dataclass(frozen=True)
class NewAlerts:
    """The alerts of one kind that one owner got, and the first due date among them."""

    owner_id: int | None
    kind: str
    number: int
    first_due_on: dt.date


@dataclass
class Outcome:
    """What a judging did: {kind: number} closed, what was opened for whom, and after which alert the new ones begin."""

    closed: Counter[str] = field(default_factory=Counter)
    new: list[NewAlerts] = field(default_factory=list)
    last_old: int = 0

    @property
    def opened(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for each in self.new:
            counts[each.kind] += each.number
        return counts


@dataclass(frozen=True)
class RuleSet:
    """The rules and exemptions that judge on a day."""

    today: dt.date
    lines: Sequence[RuleLine]
    spared: Sequence[SparedLine] = ()

    @classmethod
    def of(cls, today: dt.date, lines: Iterable[RuleLine]) -> RuleSet:
        """These rules, those of kinds that no longer exist left out, and the exemptions of the database."""
        return cls(today, [line for line in lines if line.kind in KINDS], spared_lines(today))


def judge_customers(rules: RuleSet, *, only_touched: bool = False) -> Outcome:
    """Close and open the alerts as of `rules.today`: of all customers, or of those in the table alerts_touched.

    Run inside a transaction, after `touch`. A second run on the same data does nothing.
    """
    fill(rules, only_touched=only_touched)
    names = {**sql.TABLES, **sql.WORDS[connection.vendor]}
    mine = " AND customer_id IN (SELECT customer_id FROM alerts_touched)" if only_touched else ""
    outcome = Outcome()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COALESCE(MAX(id), 0) FROM {sql.TABLES['alert']}")
        outcome.last_old = cursor.fetchone()[0]
        outcome.closed = _counted(cursor, sql.CLOSE.format(**names, touched=mine), [_date(rules.today)])
        cursor.execute(sql.REFRESH.format(**names))
        cursor.execute(sql.OPEN.format(**names), [_date(rules.today)])
        if cursor.rowcount:
            # Not RETURNING, which would keep a first run's million rows a second time; and once for all who ask.
            cursor.execute(
                f"SELECT owner_id, kind, COUNT(*), MIN(due_on) FROM {sql.TABLES['alert']} WHERE id > %s GROUP BY 1, 2",
                [outcome.last_old],
            )
            outcome.new = [
                NewAlerts(owner, kind, number, _as_date(due))
                for owner, kind, number, due in cursor.fetchall()
            ]
    clear()
    return outcome


def touch(customer_ids: Collection[int] | None = None) -> int | None:
    """Take the marks away and put their customers into alerts_touched; returns how many, None for "everybody".

    With `customer_ids`, those instead, and the marks stay. Who reads the customers after this sees at least what the
    marks were made for; a mark that is committed later stays for the next run.
    """
    marks = sql.TABLES["mark"]
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE alerts_touched (customer_id bigint NOT NULL PRIMARY KEY) "
            + sql.WORDS[connection.vendor]["drop"]
        )
        if customer_ids is not None:
            values = [(pk,) for pk in sorted(set(customer_ids))]
            cursor.executemany("INSERT INTO alerts_touched (customer_id) VALUES (%s)", values)
        elif connection.vendor == "postgresql":
            # One statement: a mark that appears in between would be lost between two.
            cursor.execute(
                f"WITH taken AS (DELETE FROM {marks} RETURNING customer_id)"
                " INSERT INTO alerts_touched SELECT DISTINCT customer_id FROM taken"
            )
        else:
            cursor.execute(f"INSERT INTO alerts_touched SELECT DISTINCT customer_id FROM {marks}")
            cursor.execute(f"DELETE FROM {marks}")
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE alerts_touched")
        cursor.execute("SELECT COUNT(*), MIN(customer_id) FROM alerts_touched")
        count, first = cursor.fetchone()
    return None if first == 0 else int(count)


def follow_owners() -> None:
    """Write the present owner on the open alerts of the touched customers."""
    with connection.cursor() as cursor:
        cursor.execute(sql.FOLLOW.format(**sql.TABLES, **sql.WORDS[connection.vendor]))


def untouch() -> None:
    """Drop alerts_touched, for callers that judge twice in one transaction."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE alerts_touched")


def plan_for_whole_tables() -> None:
    """Keep PostgreSQL from nested loops, which it takes when the alerts' statistics are old or those of an empty table.

    Looking through the rows just inserted for each further row kept a first run of 200,000 customers from ending within ten minutes.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL enable_nestloop = off; SET LOCAL jit = off; SET LOCAL work_mem = '64MB'"
            )


def fill(rules: RuleSet, *, only_touched: bool = False) -> None:
    """Put everybody who is due by `rules` into the temporary table alerts_due; `clear` drops it."""
    parents = department_parents()
    tags = named_tags(rules.lines, rules.spared)
    words = sql.WORDS[connection.vendor]
    with connection.cursor() as cursor:
        for statement in sql.CREATE:
            cursor.execute(statement.format(**words))
        tag_sets = _tag_customers(cursor, tags)
        choices = choice_table(rules.lines, parents, LEVELS, tag_sets, rules.spared)
        if not choices:
            return
        rows = [_choice_row(choice, tags, rules.today) for choice in choices]
        marks = ", ".join(["%s"] * len(rows[0]))
        cursor.executemany(f"INSERT INTO alerts_choice VALUES ({marks})", rows)
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE alerts_choice")
        judged = _Judged(rules, parents, tags, only_touched)
        kinds = {choice.kind for choice in choices}
        if columns := [kind for kind in scanned() if kind.code in kinds]:
            cursor.execute(*judged.scan(columns))
        for code in sorted(kinds):
            if not KINDS[code].column:
                cursor.execute(*judged.ask(KINDS[code]))
        if any(choice.rule.working_days for choice in choices):
            _date_working_days(cursor)


def clear() -> None:
    """Drop what `fill` made; at a rollback, or on PostgreSQL at the end of the transaction, it is gone anyway."""
    with connection.cursor() as cursor:
        for table in ("alerts_choice", "alerts_due", "alerts_tagged"):
            cursor.execute(f"DROP TABLE IF EXISTS {table}")


def _counted(cursor: Any, statement: str, params: Sequence[Any]) -> Counter[str]:
    """Run an UPDATE … RETURNING kind; {kind: rows}."""
    if connection.vendor == "postgresql":
        cursor.execute(f"WITH gone AS ({statement}) SELECT kind, COUNT(*) FROM gone GROUP BY kind", params)
        return Counter(dict(cursor.fetchall()))
    cursor.execute(statement, params)
    return Counter(kind for (kind,) in cursor.fetchall())


def _bit(tags: Sequence[int], tag: int) -> int:
    return 1 << tags.index(tag)


def _tag_customers(cursor: Any, tags: Sequence[int]) -> list[frozenset[int]]:
    """Which of the tags that matter each customer has, as bits, in alerts_tagged; returns the sets that exist."""
    if not tags:
        return [frozenset()]
    cursor.execute(
        "CREATE TEMPORARY TABLE alerts_tagged (customer_id bigint NOT NULL PRIMARY KEY, tags bigint NOT NULL) "
        + sql.WORDS[connection.vendor]["drop"]
    )
    cases = " ".join(f"WHEN {int(tag)} THEN {_bit(tags, tag)}" for tag in tags)
    named = ", ".join(str(int(tag)) for tag in tags)
    cursor.execute(
        f"INSERT INTO alerts_tagged SELECT customer_id, CAST(SUM(CASE tag_id {cases} END) AS bigint)"
        f" FROM {sql.TABLES['tagged']} WHERE tag_id IN ({named}) GROUP BY customer_id"
    )
    cursor.execute("SELECT DISTINCT tags FROM alerts_tagged")
    masks = [0, *(row[0] for row in cursor.fetchall())]
    return [frozenset(tag for tag in tags if mask & _bit(tags, tag)) for mask in masks]


def _choice_row(choice: Choice, tags: Sequence[int], today: dt.date) -> tuple[Any, ...]:
    rule, kind = choice.rule, KINDS[choice.kind]
    working = rule.working_days and bool(kind.period)
    first, last = open_range(kind.timing, today, rule.period_days, working_days=working)
    after = kind.timing is Timing.AFTER
    sticky = 2 if kind.timing is Timing.STATE else int(kind.is_sticky)
    return (
        choice.kind,
        choice.department_id,
        choice.level,
        choice.channel_id,
        sum(_bit(tags, tag) for tag in choice.tags),
        rule.pk or None,
        rule.version_id,
        rule.period_days,
        rule.period_days if after else 0,
        int(working and after),
        sticky,
        rule.threshold if kind.threshold else None,
        _date(first),
        _date(last),
    )


@dataclass(frozen=True)
class _Judged:
    """The parts of statements that depend on which rules there are."""

    rules: RuleSet
    parents: dict[int, int | None]
    tags: Sequence[int]
    only_touched: bool

    def scan(self, kinds: Sequence[Kind]) -> tuple[str, list[Any]]:
        words = {**sql.TABLES, **sql.WORDS[connection.vendor]}
        who, params = self._who()
        text = sql.SCAN.format(
            columns=sql.COLUMNS,
            due=words["due"].format(base="r.base_on"),
            cases=" ".join(f"WHEN '{kind.code}' THEN c.{kind.column}" for kind in kinds),
            kinds=", ".join(["%s"] * len(kinds)),
            judged=self._joins(),
            who=who,
        )
        return text, [*(kind.code for kind in kinds), *params]

    def ask(self, kind: Kind) -> tuple[str, list[Any]]:
        touched = RawSQL("SELECT customer_id FROM alerts_touched", []) if self.only_touched else None
        longest = max(line.period_days for line in self.rules.lines if line.kind == kind.code)
        rows = kind.rows(Scope(self.rules.today, touched, longest))
        found, found_params = rows.query.sql_with_params()
        who, params = self._who()
        due = sql.WORDS[connection.vendor]["due"].format(base="k.base_on")
        text = sql.ASK.format(rows=found, columns=sql.COLUMNS, due=due, judged=self._joins(), who=who)
        return text, [*found_params, kind.code, *params]

    def _joins(self) -> str:
        lines = self.rules.lines
        classes: dict[int, list[int]] = {}
        for pk, (first, _path) in department_classes(lines, self.parents).items():
            classes.setdefault(first, []).append(pk)
        channels = sorted({line.channel_id for line in lines if line.channel_id is not None})
        more = []
        if self.tags:
            more.append("LEFT JOIN alerts_tagged g ON g.customer_id = c.id")
        if self.only_touched:
            more.append("JOIN alerts_touched t ON t.customer_id = c.id")
        return sql.JUDGED.format(
            **sql.TABLES,
            more=" ".join(more),
            department=_classed("u.department_id", classes),
            channel=_classed("c.channel_id", {pk: [pk] for pk in channels}),
            tags="COALESCE(g.tags, 0)" if self.tags else "0",
        )

    def _who(self) -> tuple[str, list[Any]]:
        spared, params = "", [CustomerStatus.ACTIVE.value]
        single = AlertExemption.objects.filter(customer__isnull=False)
        if single.exists():
            spared = (
                f" AND NOT EXISTS (SELECT 1 FROM {sql.TABLES['spared']} e WHERE e.customer_id = c.id"
                " AND e.kind IN ('', r.kind) AND (e.until IS NULL OR e.until >= %s))"
            )
            params.append(_date(self.rules.today))
        return sql.WHO.format(spared=spared), params


def _classed(column: str, classes: dict[int, list[int]]) -> str:
    """SQL that maps a key to the first of its class, others to 0. The keys are our own numbers."""
    if not classes:
        return "0"
    cases = " ".join(
        f"WHEN {column} IN ({', '.join(map(str, members))}) THEN {first}"
        for first, members in sorted(classes.items())
    )
    return f"CASE {cases} ELSE 0 END"


def _date_working_days(cursor: Any) -> None:
    """Due dates in working days: counted here once for each base date and period, whatever the number of customers."""
    cursor.execute("SELECT DISTINCT base_on, period_days FROM alerts_due WHERE is_working = 1")
    found = [(_as_date(base), period) for base, period in cursor.fetchall()]
    cursor.executemany(
        "UPDATE alerts_due SET due_on = %s WHERE is_working = 1 AND base_on = %s AND period_days = %s",
        [(_date(due_date(base, period, working_days=True)), _date(base), period) for base, period in found],
    )


def _as_date(value: Any) -> dt.date:
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def _date(value: dt.date) -> Any:
    return connection.ops.adapt_datefield_value(value)
