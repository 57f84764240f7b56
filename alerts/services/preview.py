"""What a rule would do today, by the engine that will do it: judged into a temporary table, nothing is written."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection, transaction

from accounts.models import User
from alerts.models import AlertRule
from alerts.queries.rules import line_of, rule_lines
from alerts.services import statements as sql
from alerts.services.engine import RuleSet, clear, fill, plan_for_whole_tables

# What `judge_customers` would open: due and not open already as the same alert.
_NEW = """
SELECT j.owner_id, COUNT(*) FROM alerts_due j
WHERE {mine} AND NOT EXISTS (
    SELECT 1 FROM {alert} a WHERE a.customer_id = j.customer_id AND a.kind = j.kind AND a.closed_on IS NULL
        AND (j.sticky > 0 OR a.base_on = j.base_on AND a.period_days = j.period_days AND a.due_on = j.due_on))
GROUP BY j.owner_id
"""
_GONE = """
SELECT COUNT(*) FROM {alert} a WHERE a.closed_on IS NULL AND a.kind = %s AND NOT EXISTS (
    SELECT 1 FROM alerts_due j WHERE j.customer_id = a.customer_id AND j.kind = a.kind)
"""


@dataclass(frozen=True)
class Preview:
    """What a run today would do if the rule were in use as it stands.

    `opens`: new alerts by this rule, for `reps` people, `most` of them for one (`busiest`). `closes`: open alerts of
    the kind that would end. `before`, `after`: open alerts of the kind now and then.
    """

    opens: int
    reps: int
    most: int
    busiest: str
    closes: int
    before: int
    after: int


def preview_rule(*, rule: AlertRule, today: dt.date) -> Preview:
    """Judge the whole company with `rule`, saved or not, in place of what it was; everything is rolled back."""
    others = [line for line in rule_lines(today) if line.kind == rule.kind and line.pk != rule.pk]
    line = line_of(rule)
    lines = [*others, line] if rule.is_enabled and line.is_effective(today) else others
    with transaction.atomic():
        plan_for_whole_tables()
        fill(RuleSet.of(today, lines))
        found = _count(rule)
        clear()
        transaction.set_rollback(True)
    return found


def _count(rule: AlertRule) -> Preview:
    alert = sql.TABLES["alert"]
    mine = "j.rule_id IS NULL" if rule.pk is None else f"j.rule_id = {int(rule.pk)}"
    with connection.cursor() as cursor:
        cursor.execute(_NEW.format(alert=alert, mine=mine))
        by_owner = dict(cursor.fetchall())
        cursor.execute(_GONE.format(alert=alert), [rule.kind])
        closes = cursor.fetchone()[0]
        cursor.execute(f"SELECT COUNT(*) FROM {alert} WHERE closed_on IS NULL AND kind = %s", [rule.kind])  # noqa: S608
        before = cursor.fetchone()[0]
        cursor.execute("SELECT COUNT(*) FROM alerts_due")
        after = cursor.fetchone()[0]
    most = max(by_owner.values(), default=0)
    busiest = next((pk for pk, n in sorted(by_owner.items()) if n == most), None)
    person = User.objects.filter(pk=busiest).first() if busiest else None
    return Preview(
        opens=sum(by_owner.values()),
        reps=len(by_owner),
        most=most,
        busiest=str(person or ""),
        closes=closes,
        before=before,
        after=after,
    )
