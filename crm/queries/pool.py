"""Who goes to the public pool, when and why, as expressions of the database (C4, C6, domain-rules §5).

`crm.rules.pool` says it for one customer, this says it for all of them in one statement: the nightly job, the warnings,
the dry run, the list "soon" and the preview of a rule read the same columns. Each rule becomes a WHEN with its days
written in, in the order in which rules go before one another.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    DateField,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Greatest, Least

from accounts.models import Department, SystemOptions
from crm.enums import PoolClock
from crm.models import Customer, PoolRule
from crm.rules.pool import RuleLine, department_chains, in_order, level_list
from crm.signals import receivable_asked

# A rule that is not saved yet comes after those that are.
NEW_RULE = 2_147_483_647


class AddDays(Func):
    """A date and a number of days."""

    output_field = DateField()

    def __init__(self, date: Any, days: int) -> None:
        super().__init__(date)
        self.days = int(days)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        text, params = compiler.compile(self.source_expressions[0])
        return f"({text} + {self.days})", params

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        text, params = compiler.compile(self.source_expressions[0])
        return f"date({text}, '{self.days:+d} days')", params

    @property
    def identity(self) -> Any:
        return (*super().identity, self.days)


# --- rules
def rule_line(rule: PoolRule) -> RuleLine:
    return RuleLine(
        pk=rule.pk or NEW_RULE,
        name=rule.name,
        department_id=rule.department_id,
        level=rule.level,
        no_follow_up_days=rule.no_follow_up_days,
        no_order_days=rule.no_order_days,
        max_hold_days=rule.max_hold_days,
        initial_days=rule.initial_days,
        renew_days=rule.renew_days,
        warns_on=tuple(rule.warns_on),
        exempt_with_receivable=rule.exempt_with_receivable,
    )


def rule_lines() -> list[RuleLine]:
    """The rules in use."""
    return [rule_line(rule) for rule in PoolRule.objects.filter(is_active=True)]


def department_parents() -> dict[int, int | None]:
    return dict(Department.objects.order_by().values_list("pk", "parent_id"))


class Clocks:
    """The rules in use, read once, as conditions and expressions over Customer."""

    def __init__(self, rules: Sequence[RuleLine] | None = None, options: SystemOptions | None = None) -> None:
        self.options = options or SystemOptions.load()
        lines = rule_lines() if rules is None else rules
        by_department = any(line.department_id is not None for line in lines)
        chains = department_chains(department_parents()) if by_department else {}
        depths = {pk: len(chain) for pk, chain in chains.items()}
        self.rules = in_order(lines, depths)
        # {department: itself and all below}
        self.below = {top: [pk for pk, chain in chains.items() if top in chain] for top in chains}

    # --- who is judged
    def held(self, rows: QuerySet[Any] | None = None) -> QuerySet[Any]:
        """Those of `rows` (default: all) that a clock may take: owned, not locked, of no exempt level.

        Inactive customers are among them: §5 exempts none, and "inactive" must be no way to keep a customer.
        """
        rows = Customer.objects.all() if rows is None else rows
        rows = rows.filter(owner__isnull=False, pool_locked=False)
        if exempt := level_list(self.options.exempt_levels):
            rows = rows.exclude(level__in=exempt)
        return rows

    def _fits(self, rule: RuleLine) -> Q:
        condition = Q(level=rule.level) if rule.level else Q()
        if rule.department_id is not None:
            condition &= Q(owner__department_id__in=self.below.get(rule.department_id, []))
        return condition

    def _by_rule(self, value: Any, output_field: Any) -> Combinable:
        """CASE over the rules: `value(rule)`, an expression or None for NULL, of the one that counts."""
        whens: list[When] = []
        for rule in self.rules:
            then = value(rule)
            fits = self._fits(rule)
            if rule.exempt_with_receivable and rule.has_clock:
                whens.append(When(fits & Q(owes_asked=True), then=_null(output_field)))
            result = _null(output_field) if then is None else then
            if not fits:  # everybody: the rules after it are never asked
                return Case(*whens, default=result, output_field=output_field) if whens else result
            whens.append(When(fits, then=result))
        nothing = _null(output_field)
        return Case(*whens, default=nothing, output_field=output_field) if whens else nothing

    # --- expressions
    def judged(self, rows: QuerySet[Any] | None = None) -> QuerySet[Any]:
        """`held(rows)` with `recycle_on`, the last day before recycling (NULL: no clock), as an annotation."""
        held = self.held(rows)
        if any(rule.exempt_with_receivable for rule in self.rules):
            held = held.alias(owes_asked=owes_money())
        judged: QuerySet[Any] = held.annotate(recycle_on=self._by_rule(_recycle_on, DateField()))
        return judged

    def with_clock(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Judged rows with `pool_clock` (PoolClock) and `pool_rule` (its key)."""
        with_clock: QuerySet[Any] = rows.annotate(
            pool_clock=self._by_rule(_first_clock, TextField()),
            pool_rule=self._by_rule(lambda rule: Value(rule.pk), IntegerField()),
        )
        return with_clock

    def due(self, day: dt.date, rows: QuerySet[Any] | None = None) -> QuerySet[Any]:
        """Those that the run of business day `day` recycles."""
        due: QuerySet[Any] = self.judged(rows).filter(recycle_on__lt=day)
        return due

    def stage(self, day: dt.date) -> Combinable:
        """The number of days before of the warning that is due on `day` (crm.rules.pool.stage_of); NULL: none."""

        def of_rule(rule: RuleLine) -> Combinable | None:
            whens = [
                When(recycle_on__lte=day + dt.timedelta(days=days), then=Value(days))
                for days in sorted(rule.warns_on)
            ]
            return Case(*whens, default=None, output_field=IntegerField()) if whens else None

        return self._by_rule(of_rule, IntegerField())

    @property
    def longest_warning(self) -> int:
        return max((days for rule in self.rules for days in rule.warns_on), default=-1)


def owes_money() -> Combinable:
    """Whether the customer of the row still owes money: the upper app that keeps the accounts says so."""
    answers = [answer for _receiver, answer in receivable_asked.send(sender=Customer, outer="pk")]
    condition = reduce(or_, (Q(answer) for answer in answers)) if answers else Q(pk__isnull=True)
    return ExpressionWrapper(condition, output_field=BooleanField())


def _null(field: Any) -> Combinable:
    # Cast, because PostgreSQL takes a CASE of bare NULLs for text.
    return Cast(Value(None), field)


def _latest(*columns: str) -> Combinable:
    """The latest of the received date and these last events; an event before it is another owner's."""
    received = F("received_on")
    return Greatest(received, *(Coalesce(F(column), received) for column in columns))


def _ends(rule: RuleLine) -> list[tuple[PoolClock, Combinable]]:
    """crm.rules.pool.clock_ends as expressions."""
    received = F("received_on")
    active = _latest("last_follow_up_on", "last_visit_on")
    ends: list[tuple[PoolClock, Combinable]] = []
    if rule.no_follow_up_days is not None:
        ends.append((PoolClock.NO_FOLLOW_UP, AddDays(active, rule.no_follow_up_days)))
    if rule.no_order_days is not None:
        ends.append((PoolClock.NO_ORDER, AddDays(_latest("last_order_on"), rule.no_order_days)))
    if rule.max_hold_days is not None:
        ends.append((PoolClock.MAX_HOLD, AddDays(received, rule.max_hold_days)))
    if rule.initial_days is not None:
        end: Combinable = AddDays(received, rule.initial_days)
        if rule.renew_days is not None:
            was_active = Q(last_follow_up_on__gte=received) | Q(last_visit_on__gte=received)
            renewed = Case(When(was_active, then=AddDays(active, rule.renew_days)), default=end)
            end = Greatest(end, renewed)
        ends.append((PoolClock.PROTECTION, end))
    return ends


def _recycle_on(rule: RuleLine) -> Combinable | None:
    ends = [end for _clock, end in _ends(rule)]
    if not ends:
        return None
    return ends[0] if len(ends) == 1 else Least(*ends, output_field=DateField())


def _first_clock(rule: RuleLine) -> Combinable | None:
    ends = _ends(rule)
    if not ends:
        return None
    whens = [When(recycle_on=end, then=Value(clock.value)) for clock, end in ends]
    return Case(*whens, default=Value(""), output_field=TextField())
