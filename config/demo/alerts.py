"""What became of alerts before today: those that a visit closed, since when the open ones are open, and some put off."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from itertools import pairwise
from random import Random

from django.utils import timezone

from accounts.models import User
from alerts.models import Alert
from alerts.queries import rule_lines
from alerts.rules import KINDS, Timing
from alerts.services import snooze
from crm.models import Customer
from visits.models import Visit

_DAY = dt.timedelta(days=1)
REASONS = ("装修歇业", "店主外出", "已电话确认，库存充足")


def make_alert_history(rng: Random, team: list[User], since: dt.date, now: dt.datetime) -> None:
    """As if the job had run every night since `since`."""
    today = timezone.localtime(now).date()
    _open_since_due(since, today)
    _closed_by_visits(since, today)
    for rep in team:
        mine = list(Alert.objects.open().filter(owner=rep).order_by("pk").values_list("pk", flat=True))
        chosen = rng.sample(mine, min(len(mine), 2))
        if chosen:
            until = today + _DAY * rng.randint(2, 12)
            snooze(actor=rep, alerts=chosen, until=until, reason=rng.choice(REASONS), today=today, now=now)


def _open_since_due(since: dt.date, today: dt.date) -> None:
    after = [kind.code for kind in KINDS.values() if kind.timing is Timing.AFTER]
    alerts = list(Alert.objects.open().filter(kind__in=after, due_on__lt=today))
    for alert in alerts:
        alert.opened_on = max(alert.due_on, since) + _DAY
    Alert.objects.bulk_update(alerts, ["opened_on"], batch_size=500)


def _closed_by_visits(since: dt.date, today: dt.date) -> None:
    """Between two visits that lay further apart than the rule of the customer's level allows there was an alert."""
    lines = [line for line in rule_lines(today) if line.kind == "unvisited" and line.department_id is None]
    periods = {line.level: line for line in lines}
    days: dict[int, list[dt.date]] = defaultdict(list)
    for customer_id, day in Visit.objects.valid().order_by("day").values_list("customer_id", "day"):
        days[customer_id].append(day)
    customers = Customer.objects.in_bulk(days)
    found = []
    for customer_id, visited in days.items():
        customer = customers[customer_id]
        line = periods.get(customer.level) or periods.get("")
        if line is None or customer.owner_id is None:
            continue
        for base, came in pairwise(visited):
            due = base + _DAY * line.period_days
            if came > due:
                found.append(
                    Alert(
                        customer_id=customer_id,
                        kind=line.kind,
                        owner_id=customer.owner_id,
                        rule_id=line.pk,
                        base_on=base,
                        period_days=line.period_days,
                        due_on=due,
                        opened_on=due + _DAY,
                        closed_on=came,
                    )
                )
    Alert.objects.bulk_create(found, batch_size=500)
