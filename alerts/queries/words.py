"""Alerts in words: why this customer, since when, by which rule."""

from __future__ import annotations

import datetime as dt

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from alerts.enums import AlertKind, BaseSource
from alerts.models import Alert, AlertRule
from alerts.rules import KINDS, base_date
from common import business_calendar
from crm.models import Customer


def short_day(value: dt.date) -> str:
    """03-01, with the year when it is not this year's."""
    return date_format(value, "m-d" if value.year == business_calendar.today().year else "Y-m-d")


def who(rule: AlertRule | None) -> str:
    """Whom a rule is for: "Level A customers of Sales 1"."""
    level = rule.level if rule else ""
    department = str(rule.department) if rule and rule.department else ""
    if level and department:
        return _("Level %(level)s customers of %(department)s") % {"level": level, "department": department}
    if level:
        return _("Level %(level)s customers") % {"level": level}
    if department:
        return _("Customers of %(department)s") % {"department": department}
    return _("Customers")


def last_event(customer: Customer, kind: AlertKind | str) -> dt.date | None:
    """The business day of the customer's last visit, order or sale."""
    value: dt.date | None = getattr(customer, KINDS[AlertKind(kind)].column)
    return value


def counted_from(customer: Customer, kind: AlertKind | str, base_on: dt.date) -> str:
    """Where a base date comes from: "last visit 03-01", or "never visited, with this owner since 03-01"."""
    texts = KINDS[AlertKind(kind)]
    present, source = base_date(last_event(customer, kind), customer.created_on, customer.received_on)
    shown = short_day(base_on)
    if present != base_on:
        # The customer moved on after this alert was judged; the next run closes it.
        return _("counted from %(day)s") % {"day": shown}
    if source == BaseSource.EVENT:
        return str(texts.last) % {"day": shown}
    if source == BaseSource.RECEIVED:
        return _("%(never)s, with this owner since %(day)s") % {"never": texts.never, "day": shown}
    return _("%(never)s, on file since %(day)s") % {"never": texts.never, "day": shown}


def reason(alert: Alert) -> str:
    """Why the alert is open, in one sentence; needs `customer` and `rule.department` loaded."""
    over = str(KINDS[AlertKind(alert.kind)].over) % {"who": who(alert.rule), "days": alert.period_days}
    base = counted_from(alert.customer, alert.kind, alert.base_on)
    return _("%(over)s: %(base)s, due %(due)s") % {"over": over, "base": base, "due": short_day(alert.due_on)}
