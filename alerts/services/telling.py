"""Who hears of newly opened alerts: each owner once a run, and whoever stands above them a summary (E6)."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Min, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from alerts.models import Alert
from alerts.rules import KINDS, label_of
from alerts.services.engine import Outcome
from common.punctuation import listed
from comms.enums import NoticeKind
from comms.services import Notice, notify

# {owner: {kind: number}}
Counts = dict[int, dict[str, int]]


def tell_owners(*, run_id: int, outcome: Outcome, today: dt.date) -> int:
    """Tell each owner of new alerts how many of which kind there are and the most urgent.

    Three statements and the notices, whatever the number of alerts. In the run's transaction and under its key: a
    run that is repeated tells nothing twice. Returns how many were told.
    """
    counts: Counts = defaultdict(dict)
    first_due: dict[int, dt.date] = {}
    for each in outcome.new:
        if each.owner_id is not None:
            counts[each.owner_id][each.kind] = each.number
            first_due[each.owner_id] = min(each.first_due_on, first_due.get(each.owner_id, each.first_due_on))
    people = User.objects.filter(is_active=True).in_bulk(list(counts))
    urgent = _most_urgent(outcome.last_old, {pk: first_due[pk] for pk in people})
    return notify(
        _to_owner(person, counts[pk], urgent.get(pk), run_id, today) for pk, person in sorted(people.items())
    )


def tell_superiors(*, run_id: int, outcome: Outcome) -> int:
    """Tell each superior how many alerts his people got in this run, who the most. Returns how many were told."""
    totals: Counter[int] = Counter()
    for each in outcome.new:
        if each.owner_id is not None:
            totals[each.owner_id] += each.number
    owners = User.objects.filter(pk__in=list(totals), superior__is_active=True).select_related("superior")
    by_superior: dict[User, list[tuple[str, int]]] = defaultdict(list)
    for owner in owners.order_by("superior_id", "pk"):
        assert owner.superior is not None  # the filter asks for one
        by_superior[owner.superior].append((owner.name, totals[owner.pk]))
    return notify(_to_superior(superior, lines, run_id) for superior, lines in by_superior.items())


def _most_urgent(after: int, first_due: dict[int, dt.date]) -> dict[int, Alert]:
    """{owner: his alert that is due first}, of those with a key over `after`; `first_due` says when that is."""
    owners: dict[dt.date, list[int]] = defaultdict(list)
    for owner_id, day in first_due.items():
        owners[day].append(owner_id)
    if not owners:
        return {}
    first = reduce(or_, (Q(due_on=day, owner_id__in=found) for day, found in sorted(owners.items())))
    rows = Alert.objects.filter(first, pk__gt=after, closed_on__isnull=True).order_by()
    keys = rows.values_list("owner_id").annotate(first=Min("pk")).values_list("first", flat=True)
    alerts = Alert.objects.select_related("customer").in_bulk(list(keys))
    return {alert.owner_id: alert for alert in alerts.values() if alert.owner_id is not None}


def _to_owner(person: User, by_kind: dict[str, int], first: Any, run_id: int, today: dt.date) -> Notice:
    total = sum(by_kind.values())

    def body() -> str:
        words = kinds_in_words(by_kind)
        if first is None:
            return words
        return words + _("; most urgent: %(customer)s, %(kind)s, %(days)s") % {
            "customer": first.customer,
            "kind": label_of(first.kind),
            "days": KINDS[first.kind].days_words((today - first.due_on).days),
        }

    return Notice(
        person.pk,
        NoticeKind.ALERT,
        lambda: ngettext("%(n)s new alert", "%(n)s new alerts", total) % {"n": total},
        body,
        reverse("alerts:my_alerts"),
        f"alert-run-{run_id}",
    )


def _to_superior(person: User, lines: Iterable[tuple[str, int]], run_id: int) -> Notice:
    most = sorted(lines, key=lambda line: (-line[1], line[0]))
    total = sum(n for _name, n in most)

    def title() -> str:
        words = ngettext("%(n)s new alert of your people", "%(n)s new alerts of your people", total)
        return words % {"n": total}

    return Notice(
        person.pk,
        NoticeKind.ALERT,
        title,
        lambda: listed(f"{name} {n}" for name, n in most),
        reverse("alerts:alert_list"),
        f"alert-run-{run_id}-people",
    )


def kinds_in_words(by_kind: dict[str, int]) -> str:
    """ "Not visited 12, Not ordered 3", in the order of the kinds."""
    return listed(f"{KINDS[code].label} {by_kind[code]}" for code in KINDS if code in by_kind)
