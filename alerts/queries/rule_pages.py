"""What the pages of rules show: rules by kind, how many alerts each holds open, how they changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from alerts.models import Alert, AlertExemption, AlertRule, AlertRuleVersion
from alerts.queries.rules import line_of
from alerts.queries.words import short_day, who
from alerts.rules import KINDS, Kind
from common.punctuation import named
from crm.models import Customer


@dataclass(frozen=True)
class RuleRow:
    """One rule in words; `state`: on, off, or waiting (outside its dates)."""

    rule: AlertRule
    scope: str
    terms: str
    dates: str
    state: str


@dataclass(frozen=True)
class RuleGroup:
    """A kind, its rules in the order in which they go before one another, its open alerts in the company."""

    kind: Kind
    rows: list[RuleRow]
    open: int

    @property
    def is_judged(self) -> bool:
        return any(row.state == "on" for row in self.rows)


@dataclass(frozen=True)
class VersionRow:
    """One version of a rule in words, and what differs from the one before."""

    version: AlertRuleVersion
    scope: str
    terms: str
    dates: str
    is_enabled: bool


def rule_groups(today: dt.date) -> list[RuleGroup]:
    """Every kind with its rules; two statements."""
    rules = AlertRule.objects.select_related("department", "channel", "tag")
    counts = dict(
        Alert.objects.filter(closed_on__isnull=True).order_by().values_list("kind").annotate(n=Count("pk"))
    )
    by_kind: dict[str, list[AlertRule]] = {}
    for rule in rules:
        by_kind.setdefault(rule.kind, []).append(rule)
    groups = []
    for code, kind in KINDS.items():
        lines = sorted(by_kind.get(code, []), key=lambda r: (-line_of(r).specificity, r.period_days, r.pk))
        groups.append(RuleGroup(kind, [_row(rule, today) for rule in lines], counts.get(code, 0)))
    return groups


def _row(rule: AlertRule, today: dt.date) -> RuleRow:
    effective = line_of(rule).is_effective(today)
    state = "off" if not rule.is_enabled else "on" if effective else "waiting"
    terms = terms_in_words(rule.kind, rule.period_days, rule.working_days, rule.threshold)
    return RuleRow(rule, who(rule), terms, dates_in_words(rule.starts_on, rule.ends_on), state)


def terms_in_words(kind_code: str, period_days: int, working_days: bool, threshold: Decimal | None) -> str:
    """ "Days without: 14 working days", "From an overdue amount of: 100 ¥"."""
    kind, parts = KINDS[kind_code], []
    if kind.period:
        if working_days:
            days = ngettext("%(n)s working day", "%(n)s working days", period_days) % {"n": period_days}
        else:
            days = ngettext("%(n)s day", "%(n)s days", period_days) % {"n": period_days}
        parts.append(named(kind.period, days))
    if kind.threshold and threshold is not None:
        parts.append(f"{kind.threshold.label} {threshold.normalize():f} {kind.threshold.unit}")
    return " · ".join(parts)


def dates_in_words(starts_on: dt.date | None, ends_on: dt.date | None) -> str:
    """From when until when a rule is in force; "" for always."""
    if starts_on and ends_on:
        return f"{short_day(starts_on)} – {short_day(ends_on)}"
    if starts_on:
        return _("from %(day)s") % {"day": short_day(starts_on)}
    return _("until %(day)s") % {"day": short_day(ends_on)} if ends_on else ""


def versions_of(rule: AlertRule) -> list[VersionRow]:
    """The versions of a rule, newest first."""
    return [_version_row(row) for row in rule.versions.select_related("made_by").order_by("-number")]


def _version_row(version: AlertRuleVersion) -> VersionRow:
    values = version.values
    threshold = None if values["threshold"] is None else Decimal(values["threshold"])
    days = [
        dt.date.fromisoformat(values[name]) if values[name] else None for name in ("starts_on", "ends_on")
    ]
    return VersionRow(
        version=version,
        scope=who(version),
        terms=terms_in_words(values["kind"], values["period_days"], values["working_days"], threshold),
        dates=dates_in_words(*days),
        is_enabled=values["is_enabled"],
    )


def exemption_rows(user: User) -> QuerySet[Any]:
    """Exemptions of levels and tags, and of the customers that `user` sees."""
    mine = Q(customer__isnull=True) | Q(
        customer__in=Customer.objects.visible_to(user).order_by().values("pk")
    )
    return AlertExemption.objects.filter(mine).select_related("tag", "customer", "created_by")
