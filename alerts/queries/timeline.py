"""Alerts on the customer's page: open ones as a fact, all of them in the timeline (crm.signals)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db.models import Value
from django.utils.translation import gettext as _

from accounts.models import User
from alerts.enums import AlertKind
from alerts.models import Alert
from alerts.queries.words import short_day
from alerts.rules import KINDS, label_of
from crm.enums import TimelineKind
from crm.models import Customer
from crm.queries.timeline import moment_of, page_rows
from crm.rules.facts import AlertFacts
from crm.rules.timeline import TimelineEvent, Wish


def alert_facts(customer: Customer, today: dt.date) -> AlertFacts:
    """The customer's open alerts."""
    due = dict(Alert.objects.open().filter(customer=customer).values_list("kind", "due_on"))
    unvisited = due.get(AlertKind.UNVISITED)
    return AlertFacts(open=len(due), unvisited_days=(today - unvisited).days if unvisited else None)


def open_alert_words(customer_ids: Collection[int], today: dt.date) -> dict[int, list[str]]:
    """Open alerts of these customers that are not put off, in a few words ("Unvisited 12 days"), in one statement."""
    found: dict[int, list[str]] = {}
    for alert in Alert.objects.open().awake(today).filter(customer__in=customer_ids).order_by("due_on", "pk"):
        text = label_of(alert.kind)
        if alert.kind in KINDS:
            days = KINDS[alert.kind].days_words((today - alert.due_on).days)
            text = _("%(kind)s, %(days)s") % {"kind": text, "days": days}
        found.setdefault(alert.customer_id, []).append(text)
    return found


def timeline_events(customer: Customer, user: User, wish: Wish) -> list[TimelineEvent]:
    """When alerts of the customer were opened, and closed; nobody did it, so a filter by person shows none."""
    if (
        not wish.wants(TimelineKind.ALERT)
        or wish.person_id is not None
        or not user.has_perm("alerts.view_alert")
    ):
        return []
    rows = Alert.objects.visible_to(user).filter(customer=customer).order_by()
    opened = page_rows(rows, "opened_on", wish, is_day=True).annotate(is_closing=Value(False))
    closed = page_rows(rows, "closed_on", wish, is_day=True).annotate(is_closing=Value(True))
    return [
        _closed(alert) if alert.is_closing else _opened(alert) for alert in opened.union(closed, all=True)
    ]


def _opened(alert: Alert) -> TimelineEvent:
    values = {"base": short_day(alert.base_on), "days": alert.period_days, "due": short_day(alert.due_on)}
    return TimelineEvent(
        at=moment_of(alert.opened_on, None)[0],
        ref=f"alert-{alert.pk}-opened",
        kind=TimelineKind.ALERT,
        title=_("Alert: %(kind)s") % {"kind": label_of(alert.kind)},
        text=_("Counted from %(base)s, %(days)s days, due %(due)s") % values,
        is_timed=False,
    )


def _closed(alert: Alert) -> TimelineEvent:
    assert alert.closed_on is not None
    return TimelineEvent(
        at=moment_of(alert.closed_on, None)[0],
        ref=f"alert-{alert.pk}-closed",
        kind=TimelineKind.ALERT,
        title=_("Alert over: %(kind)s") % {"kind": label_of(alert.kind)},
        is_timed=False,
    )
