"""Who goes to the public pool soon, in lists and numbers (C4, C6, domain-rules §5): the job's own columns, read only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Greatest

from accounts.models import SystemOptions, User
from accounts.querysets import scope_q
from crm.enums import PoolClock
from crm.models import Customer, PoolRule
from crm.queries.pool import Clocks, owes_money, rule_line, rule_lines
from crm.rules.pool import level_list

FORECAST_DAYS = 30


def soon_rows(user: User, rules: Iterable[PoolRule] | None = None) -> QuerySet[Any]:
    """Customers of `user` and his people that some clock takes, with recycle_on, pool_clock, pool_rule, owner_name.

    `rules`: those in use, when the caller has read them.
    """
    clocks = Clocks(None if rules is None else [rule_line(rule) for rule in rules])
    mine = Customer.objects.filter(scope_q(user, "owner"))
    rows: QuerySet[Any] = clocks.with_clock(clocks.judged(mine)).filter(recycle_on__isnull=False)
    soon: QuerySet[Any] = rows.annotate(owner_name=F("owner__name")).order_by("recycle_on", "pk")
    return soon


# --- one customer
@dataclass(frozen=True)
class Outlook:
    """What becomes of one customer. `state`: pool, locked, level, owes, none (no rule or no clock), due."""

    state: str
    recycle_on: dt.date | None = None
    clock: str = ""
    rule: PoolRule | None = None


def outlook(customer: Customer) -> Outlook:
    """When this customer goes to the pool, by which clock and rule, or why it does not."""
    if customer.owner_id is None:
        return Outlook("pool")
    if customer.pool_locked:
        return Outlook("locked")
    options = SystemOptions.load()
    if customer.level and customer.level in level_list(options.exempt_levels):
        return Outlook("level")
    clocks = Clocks(options=options)
    judged = clocks.with_clock(clocks.judged(Customer.objects.filter(pk=customer.pk)))
    row = judged.values_list("recycle_on", "pool_clock", "pool_rule").first()
    recycle_on, clock, rule_pk = row or (None, "", None)
    rule = PoolRule.objects.filter(pk=rule_pk).first() if rule_pk else None
    if recycle_on is not None:
        return Outlook("due", recycle_on, clock, rule)
    # A rule with a clock that yields no day: it spares who owes money.
    kept = any(line.exempt_with_receivable and line.has_clock for line in clocks.rules)
    if kept and Customer.objects.alias(owes=owes_money()).filter(pk=customer.pk, owes=True).exists():
        return Outlook("owes", rule=rule)
    return Outlook("none", rule=rule)


# --- forecast
@dataclass(frozen=True)
class ForecastRow:
    """So many customers of one person go in the run of `day`, by one clock. Overdue ones go in the next run."""

    day: dt.date
    owner_id: int
    owner: str
    clock: str
    count: int


def forecast(user: User, today: dt.date, days: int = FORECAST_DAYS) -> list[ForecastRow]:
    """What the runs from `today` to `days` days later would take from `user` and his people, if nobody did anything."""
    last_kept = today + dt.timedelta(days=days - 1)
    first = today - dt.timedelta(days=1)
    rows = soon_rows(user).filter(recycle_on__lte=last_kept).order_by()
    sums = (
        rows.annotate(last_on=Greatest("recycle_on", first))
        .values("last_on", "owner_id", "owner_name", "pool_clock")
        .annotate(n=Count("pk"))
    )
    found = [
        ForecastRow(
            row["last_on"] + dt.timedelta(days=1),
            row["owner_id"],
            row["owner_name"],
            row["pool_clock"],
            row["n"],
        )
        for row in sums
    ]
    clocks = list(PoolClock.values)
    return sorted(found, key=lambda row: (row.day, row.owner, row.owner_id, clocks.index(row.clock)))


# --- preview of a rule
@dataclass(frozen=True)
class Preview:
    """What the run of one day would take with a rule that is not saved yet.

    `count` and `most` (of one person): by this rule. `owners`: how many people it takes from. `covers`: how many
    customers it is the rule of. `before`, `after`: what all rules together take without and with it.
    """

    count: int
    most: int
    owners: int
    covers: int
    before: int
    after: int


def preview(rule: PoolRule, day: dt.date) -> Preview:
    """What the run of `day` would take if `rule`, saved or not, were in use as it stands; writes nothing."""
    line = rule_line(rule)
    old = rule_lines()
    options = SystemOptions.load()
    clocks = Clocks([*(other for other in old if other.pk != line.pk), line], options)
    judged = clocks.with_clock(clocks.judged()).order_by()
    mine = judged.filter(pool_rule=line.pk)
    by_owner = mine.filter(recycle_on__lt=day).values_list("owner_id").annotate(n=Count("pk"))
    counts = [count for _owner, count in by_owner]
    totals = judged.aggregate(
        after=Count("pk", filter=Q(recycle_on__lt=day)), covers=Count("pk", filter=Q(pool_rule=line.pk))
    )
    before = Clocks(old, options).due(day).order_by().count()
    return Preview(
        sum(counts), max(counts, default=0), len(counts), totals["covers"], before, totals["after"]
    )
