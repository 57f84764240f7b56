"""The rules of customer alerts, as the job and the screens read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Department
from alerts.models import AlertExemption, AlertRule, AlertRuleVersion
from alerts.rules import RuleLine, SparedLine

# One bit each in a number of 63 (alerts.services.engine).
MOST_TAGS = 60
COLUMNS = ("kind", "period_days", "working_days", "level", "is_enabled")
RELATIONS = ("department", "channel", "tag")


def line_of(rule: AlertRule, version_id: int | None = None) -> RuleLine:
    """A rule as the decisions need it."""
    return RuleLine(
        pk=rule.pk or 0,
        kind=rule.kind,
        period_days=rule.period_days,
        level=rule.level,
        department_id=rule.department_id,
        channel_id=rule.channel_id,
        tag_id=rule.tag_id,
        working_days=rule.working_days,
        threshold=rule.threshold,
        version_id=version_id,
        starts_on=rule.starts_on,
        ends_on=rule.ends_on,
    )


def rule_lines(today: dt.date, versions: Mapping[int, int] | None = None) -> list[RuleLine]:
    """The customer alert rules in use on `today`. `versions`: {rule: its present version}."""
    lines = [
        line_of(rule, (versions or {}).get(rule.pk))
        for rule in AlertRule.objects.filter(is_enabled=True).order_by("pk")
    ]
    return [line for line in lines if line.is_effective(today)]


def exemptions(today: dt.date) -> QuerySet[AlertExemption]:
    """Exemptions in force on `today`."""
    return AlertExemption.objects.filter(Q(until__isnull=True) | Q(until__gte=today))


def spared_lines(today: dt.date) -> list[SparedLine]:
    """The exemptions of levels and tags in force on `today`; those of single customers stay in the database."""
    rows = exemptions(today).filter(customer__isnull=True).order_by("pk")
    return [SparedLine(row.kind, row.level, row.tag_id) for row in rows]


def named_tag_ids(without: int | None = None) -> set[int]:
    """The tags that rules (but the rule `without`) and exemptions name."""
    rules = AlertRule.objects.filter(tag__isnull=False).exclude(pk=without or 0)
    rows = AlertExemption.objects.filter(tag__isnull=False)
    return {*rules.values_list("tag_id", flat=True), *rows.values_list("tag_id", flat=True)}


def department_parents() -> dict[int, int | None]:
    """{department: parent} of the whole company."""
    return dict(Department.objects.order_by().values_list("pk", "parent_id"))


def snapshot(rule: AlertRule) -> dict[str, Any]:
    """What a version keeps of a rule, for JSON."""
    values: dict[str, Any] = {name: getattr(rule, name) for name in COLUMNS}
    values |= {name: getattr(rule, f"{name}_id") for name in RELATIONS}
    values["threshold"] = None if rule.threshold is None else f"{rule.threshold:.2f}"
    for name in ("starts_on", "ends_on"):
        day = getattr(rule, name)
        values[name] = day.isoformat() if day else None
    values["names"] = {name: str(getattr(rule, name) or "") for name in RELATIONS}
    return values


def same_rule(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two snapshots judge alike, whatever departments and tags are called."""
    return {k: v for k, v in one.items() if k != "names"} == {k: v for k, v in other.items() if k != "names"}


def latest_versions() -> dict[int, AlertRuleVersion]:
    """{rule: its newest version}."""
    rows = AlertRuleVersion.objects.filter(rule__isnull=False).order_by("number")
    return {row.rule_id: row for row in rows if row.rule_id}
