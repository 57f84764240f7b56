"""Why a customer has an alert or has none (domain-rules §3), for people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alerts.enums import AlertKind, BaseSource
from alerts.models import Alert, AlertRule
from alerts.queries.customers import department_parents
from alerts.queries.words import counted_from, last_event, short_day, who
from alerts.rules import RuleLine, base_date, department_paths, due_date, ranked
from crm.enums import CustomerStatus
from crm.models import Customer


@dataclass(frozen=True)
class Loser:
    """A rule that does not judge this customer, and why."""

    rule: AlertRule
    why: str


@dataclass(frozen=True)
class Explanation:
    """One kind of one customer on one day; the dates are None where nothing is judged."""

    kind: AlertKind
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
            "kind": self.kind.value,
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


def explain(customer: Customer, today: dt.date) -> list[Explanation]:
    """For each kind: the rule that judges the customer and why the others do not, R and its source, D, the state."""
    rules = list(AlertRule.objects.select_related("department").order_by("pk"))
    department_id = customer.owner.department_id if customer.owner else None
    path = department_paths(department_parents()).get(department_id or 0, frozenset())
    opened = set(
        Alert.objects.filter(customer=customer, closed_on__isnull=True).values_list("kind", flat=True)
    )
    return [
        _explain_kind(
            customer, kind, [rule for rule in rules if rule.kind == kind], path, today, kind in opened
        )
        for kind in AlertKind
    ]


def not_judged(customer: Customer) -> str:
    """Why the customer is not judged at all; "" when he is."""
    if customer.owner_id is None:
        return _("In the public pool: nobody answers for this customer.")
    if customer.status != CustomerStatus.ACTIVE:
        return _("Inactive customers are not judged.")
    if customer.alerts_exempt:
        return _("Exempt from alerts in the customer's file.")
    return ""


def _explain_kind(
    customer: Customer,
    kind: AlertKind,
    rules: Sequence[AlertRule],
    path: frozenset[int],
    today: dt.date,
    is_open: bool,
) -> Explanation:
    lines = {
        rule.pk: RuleLine(rule.pk, rule.kind, rule.period_days, rule.level, rule.department_id)
        for rule in rules
    }
    by_pk = {rule.pk: rule for rule in rules}
    order = ranked([lines[rule.pk] for rule in rules if rule.is_enabled], customer.level, path)
    chosen = by_pk[order[0].pk] if order else None
    losers = tuple(_losers(rules, lines, order, customer.level, path))
    refusal = not_judged(customer) or ("" if chosen else _("No rule fits this customer."))
    if refusal or chosen is None:
        return Explanation(
            kind,
            chosen,
            losers,
            refusal,
            None,
            None,
            None,
            0,
            False,
            is_open,
            _with_state(refusal, False, is_open),
        )
    base_on, source = base_date(last_event(customer, kind), customer.created_on, customer.received_on)
    due_on = due_date(base_on, chosen.period_days)
    days, is_due = (today - due_on).days, today > due_on
    facts = _("%(who)s, %(days)s days: %(base)s, due %(due)s, %(state)s.") % {
        "who": who(chosen),
        "days": chosen.period_days,
        "base": counted_from(customer, kind, base_on),
        "due": short_day(due_on),
        "state": _days_in_words(days),
    }
    text = _with_state(facts, is_due, is_open)
    return Explanation(kind, chosen, losers, "", base_on, source, due_on, days, is_due, is_open, text)


def _losers(
    rules: Iterable[AlertRule],
    lines: dict[int, RuleLine],
    order: Sequence[RuleLine],
    level: str,
    path: frozenset[int],
) -> Iterable[Loser]:
    for rule in rules:
        line = lines[rule.pk]
        if order and line == order[0]:
            continue
        if not rule.is_enabled:
            why = _("switched off")
        elif line.level not in ("", level):
            why = _("for level %(level)s only") % {"level": line.level}
        elif not line.fits(level, path):
            why = _("for owners in %(department)s only") % {"department": rule.department}
        elif line.specificity < order[0].specificity:
            why = _("less specific")
        elif line.period_days > order[0].period_days:
            why = _("as specific, but longer")
        else:
            why = _("the same as the one that counts")
        yield Loser(rule, why)


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
