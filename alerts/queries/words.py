"""Alerts in words: why this customer, since when, by which rule."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from alerts.models import Alert, AlertRule, AlertRuleVersion
from alerts.rules import KINDS, label_of
from common import business_calendar
from common.money import round_money
from common.templatetags.paodian import money
from crm.models import Customer


def short_day(value: dt.date) -> str:
    """03-01, with the year when it is not this year's."""
    return date_format(value, "m-d" if value.year == business_calendar.this_year() else "Y-m-d")


def money_words(amount: object) -> str:
    """An amount in CNY from a fact (a JSON number) in words."""
    return str(money(round_money(Decimal(str(amount)))))


def who(rule: AlertRule | AlertRuleVersion | None) -> str:
    """Whom a rule, as it stands or as it stood, is for: "Level A customers of Sales 1 · Supermarkets"."""
    level, department, others = "", "", []
    if isinstance(rule, AlertRuleVersion):
        names = rule.values["names"]
        level, department = rule.values["level"], names["department"]
        others = [names["channel"], names["tag"]]
    elif rule is not None:
        level, department = rule.level, str(rule.department or "")
        others = [str(rule.channel or ""), str(rule.tag or "")]
    if level and department:
        text = _("Level %(level)s customers of %(department)s") % {"level": level, "department": department}
    elif level:
        text = _("Level %(level)s customers") % {"level": level}
    elif department:
        text = _("Customers of %(department)s") % {"department": department}
    else:
        text = _("Customers") if any(others) else _("All customers")
    return " · ".join([text, *(name for name in others if name)])


def last_event(customer: Customer, kind: str) -> dt.date | None:
    """The business day of the customer's last visit, order or sale; None for kinds that count from something else."""
    column = KINDS[kind].column if kind in KINDS else ""
    value: dt.date | None = getattr(customer, column) if column else None
    return value


def reason(alert: Alert) -> str:
    """Why the alert is open, in one sentence; needs `customer` and `version` loaded."""
    return KINDS[alert.kind].reason(alert) if alert.kind in KINDS else label_of(alert.kind)
