"""Why a customer has an alert or has none (domain-rules §3), for people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, DecimalField, Exists, OuterRef, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alerts.enums import BaseSource
from alerts.models import Alert, AlertExemption, AlertRule
from alerts.queries.last_event import LastEventKind
from alerts.queries.rules import department_parents, exemptions, line_of
from alerts.queries.words import last_event, short_day, who
from alerts.rules import (
    KINDS,
    Kind,
    RuleLine,
    Scope,
    base_date,
    deadline,
    department_paths,
    is_open_on,
    ranked,
)
from crm.enums import CustomerStatus
from crm.models import Customer


@dataclass(frozen=True)
class Loser:
    """A rule that does not judge this customer, and why."""

    rule: AlertRule
    why: str


@dataclass(frozen=True)
class Explanation:
    """One kind of one customer on one day; the dates are None where nothing is judged or found."""

    kind: Kind
    rule: AlertRule | None
    losers: tuple[Loser, ...]
    not_judged: str  # "" when judged
    base_on: dt.date | None
    base_source: BaseSource | None
    due_on: dt.date | None
    days_overdue: int  # negative: days left
    is_due: bool  # what the next run makes of it
    is_open: bool  # an alert is open now
    text: str

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "kind": self.kind.code,
            "rule": self.rule.pk if self.rule else None,
            "period_days": self.rule.period_days if self.rule else None,
            "base": self.base_on,
            "base_source": self.base_source.value if self.base_source else None,
            "due": self.due_on,
            "days_overdue": self.days_overdue if self.is_due else 0,
            "is_due": self.is_due,
            "is_open": self.is_open,
            "not_judged": self.not_judged,
            "losers": [{"rule": loser.rule.pk, "why": loser.why} for loser in self.losers],
            "text": self.text,
        }


@dataclass(frozen=True)
class _Case:
    """One customer, and what all kinds ask of him."""

    customer: Customer
    path: frozenset[int]
    tags: frozenset[int]  # those of his that a rule or an exemption names
    spared: Sequence[AlertExemption]
    today: dt.date

    def ranked(self, lines: Iterable[RuleLine]) -> list[RuleLine]:
        return ranked(lines, self.customer.level, self.path, self.customer.channel_id, self.tags)

    def refusal(self, kind: str) -> str:
        """Why this kind leaves the customer alone; "" when it does not."""
        if text := not_judged(self.customer):
            return text
        for row in self.spared:
            if row.kind not in ("", kind):
                continue
            if row.customer_id == self.customer.pk or row.tag_id in self.tags:
                return _exempt(row)
            if row.level and row.level == self.customer.level:
                return _exempt(row)
        return ""


def _exempt(row: AlertExemption) -> str:
    if row.until is None:
        return _("Exempt: %(reason)s.") % {"reason": row.reason}
    return _("Exempt until %(day)s: %(reason)s.") % {"day": short_day(row.until), "reason": row.reason}


def explain(customer: Customer, today: dt.date, opened: Collection[str] | None = None) -> list[Explanation]:
    """For each kind that has a rule or an open alert, and those of §3 always: the rule that judges the customer and why
    the others do not, R and its source, D, the state. `opened`: the kinds of his open alerts, asked for when None."""
    named = AlertRule.objects.select_related("department", "channel", "tag")
    rules: list[Any] = list(named.annotate(has_tag=_has_tag(customer)).order_by("pk"))
    spared: list[Any] = list(exemptions(today).annotate(has_tag=_has_tag(customer)))
    department_id = customer.owner.department_id if customer.owner else None
    case = _Case(
        customer=customer,
        path=department_paths(department_parents()).get(department_id or 0, frozenset()),
        tags=frozenset(row.tag_id for row in [*rules, *spared] if row.has_tag),
        spared=spared,
        today=today,
    )
    if opened is None:
        opened = set(
            Alert.objects.filter(customer=customer, closed_on__isnull=True).values_list("kind", flat=True)
        )
    told = [
        kind
        for kind in KINDS.values()
        if kind.column or kind.code in opened or any(r.kind == kind.code and r.is_enabled for r in rules)
    ]
    judged = [_judge(case, kind, [rule for rule in rules if rule.kind == kind.code]) for kind in told]
    rows = _rows(case, judged)
    return [_explain_kind(case, each, rows.get(each.kind.code), each.kind.code in opened) for each in judged]


def _has_tag(customer: Customer) -> Exists:
    """Whether the customer has the tag that a rule or an exemption names."""
    return Exists(Customer.tags.through.objects.filter(customer_id=customer.pk, tag_id=OuterRef("tag_id")))


def not_judged(customer: Customer) -> str:
    """Why the customer is not judged at all; "" when he is."""
    if customer.owner_id is None:
        return _("In the public pool: nobody answers for this customer.")
    if customer.status != CustomerStatus.ACTIVE:
        return _("Inactive customers are not judged.")
    if customer.alerts_exempt:
        return _("Exempt from alerts in the customer's file.")
    return ""


@dataclass(frozen=True)
class _Judged:
    """Which rule of a kind judges the customer, and why the others, or all of them, do not."""

    kind: Kind
    chosen: AlertRule | None
    losers: tuple[Loser, ...]
    refusal: str  # "" when he is judged


def _judge(case: _Case, kind: Kind, rules: Sequence[AlertRule]) -> _Judged:
    lines = {rule.pk: line_of(rule) for rule in rules}
    by_pk = {rule.pk: rule for rule in rules}
    usable = [lines[rule.pk] for rule in rules if rule.is_enabled and lines[rule.pk].is_effective(case.today)]
    order = case.ranked(usable)
    chosen = by_pk[order[0].pk] if order else None
    losers = tuple(_losers(case, rules, lines, order))
    refusal = case.refusal(kind.code) or ("" if chosen else _("No rule fits this customer."))
    return _Judged(kind, chosen, losers, refusal)


def _rows(case: _Case, judged: Iterable[_Judged]) -> dict[str, Mapping[str, Any]]:
    """What the kinds that count from no column say of the customer, by kind; one statement for all of them."""
    number: DecimalField[Any, Any] = DecimalField(max_digits=20, decimal_places=4)
    asked = [
        each.kind.rows(Scope(case.today, [case.customer.pk], each.chosen.period_days))
        .annotate(kind=Value(each.kind.code, output_field=CharField()), number=Cast("value", number))
        .values("kind", "base_on", "number", "facts")
        for each in judged
        if each.chosen and not each.refusal and not each.kind.column
    ]
    if not asked:
        return {}
    return {row["kind"]: row for row in asked[0].union(*asked[1:], all=True)}


def _explain_kind(case: _Case, judged: _Judged, row: Mapping[str, Any] | None, is_open: bool) -> Explanation:
    kind, chosen, losers, refusal = judged.kind, judged.chosen, judged.losers, judged.refusal
    if refusal or chosen is None:
        text = _with_state(refusal, False, is_open)
        return Explanation(kind, chosen, losers, refusal, None, None, None, 0, False, is_open, text)
    found = _found(case, kind, chosen, row)
    if found is None:
        text = _with_state(_("Nothing of this kind."), False, is_open)
        return Explanation(kind, chosen, losers, "", None, None, None, 0, False, is_open, text)
    base_on, source, words = found
    dates = {"working_days": chosen.working_days and bool(kind.period)}
    due_on = deadline(kind.timing, base_on, chosen.period_days, **dates)
    is_due = is_open_on(kind.timing, base_on, case.today, chosen.period_days, **dates)
    days = (case.today - due_on).days
    text = _with_state(_facts(kind, chosen, words, due_on, days), is_due, is_open)
    return Explanation(kind, chosen, losers, "", base_on, source, due_on, days, is_due, is_open, text)


def _found(
    case: _Case, kind: Kind, rule: AlertRule, row: Mapping[str, Any] | None
) -> tuple[dt.date, BaseSource | None, str] | None:
    """Base date, its source and its words; None when there is nothing, or less than the threshold."""
    customer = case.customer
    if isinstance(kind, LastEventKind):
        base_on, source = base_date(
            last_event(customer, kind.code), customer.created_on, customer.received_on
        )
        return base_on, source, kind.base_words(customer, base_on)
    if row is None or (kind.threshold and rule.threshold is not None and row["number"] < rule.threshold):
        return None
    return row["base_on"], None, kind.finding(row["base_on"], row["facts"])


def _facts(kind: Kind, rule: AlertRule, words: str, due_on: dt.date, days: int) -> str:
    if not kind.column:
        return _("%(who)s: %(base)s.") % {"who": who(rule), "base": words}
    period = rule.period_days
    length = (
        _("%(days)s working days") % {"days": period}
        if rule.working_days
        else _("%(days)s days") % {"days": period}
    )
    return _("%(who)s, %(period)s: %(base)s, due %(due)s, %(state)s.") % {
        "who": who(rule),
        "period": length,
        "base": words,
        "due": short_day(due_on),
        "state": _days_in_words(days),
    }


def _losers(
    case: _Case, rules: Iterable[AlertRule], lines: dict[int, RuleLine], order: Sequence[RuleLine]
) -> Iterable[Loser]:
    for rule in rules:
        line = lines[rule.pk]
        if not (order and line == order[0]):
            yield Loser(rule, _why_not(case, rule, line, order))


def _why_not(case: _Case, rule: AlertRule, line: RuleLine, order: Sequence[RuleLine]) -> str:
    if not rule.is_enabled:
        return _("switched off")
    if not line.is_effective(case.today):
        return _("not in force today")
    if line.level not in ("", case.customer.level):
        return _("for level %(level)s only") % {"level": line.level}
    if line.department_id is not None and line.department_id not in case.path:
        return _("for owners in %(department)s only") % {"department": rule.department}
    if line.channel_id not in (None, case.customer.channel_id):
        return _("for the channel %(channel)s only") % {"channel": rule.channel}
    if line.tag_id is not None and line.tag_id not in case.tags:
        return _("for customers tagged %(tag)s only") % {"tag": rule.tag}
    if line.specificity < order[0].specificity:
        return _("less specific")
    if line.period_days > order[0].period_days:
        return _("as specific, but longer")
    return _("the same as the one that counts")


def _days_in_words(days: int) -> str:
    if days > 0:
        return ngettext("%(n)s day overdue", "%(n)s days overdue", days) % {"n": days}
    if days == 0:
        return _("due today")
    return ngettext("%(n)s day left", "%(n)s days left", -days) % {"n": -days}


def _with_state(text: str, is_due: bool, is_open: bool) -> str:
    if is_due == is_open:
        return text
    later = _("The next run opens the alert.") if is_due else _("The next run closes the alert.")
    return f"{text} {later}"
