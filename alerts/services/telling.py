"""Who hears of newly opened alerts: each owner once a run, and whoever stands above them a summary (E6)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from alerts.models import Alert
from alerts.rules import KINDS, label_of
from comms.enums import NoticeKind
from comms.services import Notice, notify

# {owner: {kind: number}}
Counts = dict[int, dict[str, int]]


def tell_owners(*, run_id: int, after: int, today: dt.date) -> int:
    """Tell each owner of alerts with a key over `after` how many of which kind there are and the most urgent.

    Two statements and the notices, whatever the number of alerts. In the run's transaction and under its key: a
    run that is repeated tells nothing twice. Returns how many were told.
    """
    new = Alert.objects.filter(pk__gt=after, owner__is_active=True)
    counts: Counts = defaultdict(dict)
    rows = new.order_by().values_list("owner_id", "kind").annotate(n=Count("pk"))
    for owner_id, kind, n in rows:
        counts[owner_id][kind] = n
    if not counts:
        return 0
    urgent = _most_urgent(new)
    people = User.objects.in_bulk(list(counts))
    return notify(
        _to_owner(people[pk], by_kind, urgent.get(pk), run_id, today)
        for pk, by_kind in sorted(counts.items())
    )


def tell_superiors(*, run_id: int, after: int) -> int:
    """Tell each superior how many alerts his people got in this run, who the most. Returns how many were told."""
    new = Alert.objects.filter(pk__gt=after, owner__superior__is_active=True)
    by_superior: dict[int, list[tuple[str, int]]] = defaultdict(list)
    rows = new.order_by().values_list("owner__superior_id", "owner__name").annotate(n=Count("pk"))
    for superior_id, name, n in rows:
        by_superior[superior_id].append((name, n))
    people = User.objects.in_bulk(list(by_superior))
    return notify(_to_superior(people[pk], lines, run_id) for pk, lines in sorted(by_superior.items()))


def _most_urgent(new: QuerySet[Any]) -> dict[int, Any]:
    first = Window(RowNumber(), partition_by=[F("owner_id")], order_by=[F("due_on").asc(), F("pk").asc()])
    rows = new.annotate(place=first).filter(place=1).select_related("customer")
    return {alert.owner_id: alert for alert in rows}


def _language(person: User) -> Any:
    return translation.override(person.language or translation.get_language())


def _to_owner(person: User, by_kind: dict[str, int], first: Any, run_id: int, today: dt.date) -> Notice:
    with _language(person):
        total = sum(by_kind.values())
        title = ngettext("%(n)s new alert", "%(n)s new alerts", total) % {"n": total}
        body = kinds_in_words(by_kind)
        if first is not None:
            body += _("; most urgent: %(customer)s, %(kind)s, %(days)s") % {
                "customer": first.customer,
                "kind": label_of(first.kind),
                "days": KINDS[first.kind].days_words((today - first.due_on).days),
            }
        url, key = reverse("alerts:my_alerts"), f"alert-run-{run_id}"
        return Notice(person.pk, NoticeKind.ALERT, title, body, url, key)


def _to_superior(person: User, lines: Iterable[tuple[str, int]], run_id: int) -> Notice:
    with _language(person):
        most = sorted(lines, key=lambda line: (-line[1], line[0]))
        total = sum(n for _name, n in most)
        title = ngettext("%(n)s new alert of your people", "%(n)s new alerts of your people", total)
        body = ", ".join(f"{name} {n}" for name, n in most)
        key = f"alert-run-{run_id}-people"
        return Notice(
            person.pk, NoticeKind.ALERT, title % {"n": total}, body, reverse("alerts:alert_list"), key
        )


def kinds_in_words(by_kind: dict[str, int]) -> str:
    """ "Not visited 12, Not ordered 3", in the order of the kinds."""
    return ", ".join(f"{KINDS[code].label} {by_kind[code]}" for code in KINDS if code in by_kind)
