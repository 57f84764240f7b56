"""A person's day as his leader sees it (H4): its figures and what they mean. No ORM."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ZERO = Decimal(0)


@dataclass(slots=True)
class DayFigures:
    """One person and business day. Money in CNY; mileage in metres, None without a track."""

    new_customers: int = 0
    leads: int = 0
    contacted: int = 0
    planned: int = 0
    done: int = 0
    visits: int = 0
    valid: int = 0
    quotes: int = 0
    quoted: Decimal = ZERO
    orders: int = 0
    ordered: Decimal = ZERO
    receipts: int = 0
    received: Decimal = ZERO
    mileage_m: float | None = None
    first_at: dt.datetime | None = None
    last_at: dt.datetime | None = None
    report_pk: int = 0
    unanswered: int = 0

    @property
    def reported(self) -> int:
        return int(self.report_pk > 0)


SUMMED = (
    "new_customers", "leads", "contacted", "planned", "done", "visits", "valid", "quotes", "quoted", "orders", "ordered",
    "receipts", "received", "unanswered",
)  # fmt: skip


@dataclass(slots=True)
class Totals(DayFigures):
    """The sum over people; `sent` of them have sent the day's report."""

    people: int = 0
    sent: int = 0


def total(rows: Iterable[DayFigures]) -> Totals:
    found = Totals()
    for row in rows:
        for name in SUMMED:
            setattr(found, name, getattr(found, name) + getattr(row, name))
        if row.mileage_m is not None:
            found.mileage_m = (found.mileage_m or 0) + row.mileage_m
        found.people += 1
        found.sent += row.reported
    return found


@dataclass(frozen=True, slots=True)
class Measure:
    """A column of the team's day. `kind` says how it is drawn; who lacks `permission` does not see it."""

    key: str
    label: str | Promise
    meaning: str | Promise
    permission: str
    kind: str = "number"  # number, money, metres, clock, sent


MEASURES = (
    Measure(
        "new_customers",
        _("New customers"),
        _("Customers created on this day who are his."),
        "crm.view_customer",
    ),
    Measure(
        "leads",
        _("Leads followed"),
        _("Different leads with a follow-up of his on this day."),
        "crm.view_followup",
    ),
    Measure(
        "contacted",
        _("Customers contacted"),
        _("Different customers with a follow-up of his on this day; visits are counted apart."),
        "crm.view_followup",
    ),
    Measure("planned", _("Planned"), _("Stops planned for this day."), "visits.view_visittask"),
    Measure("done", _("Done"), _("Of these, stops with a valid visit at an open shop."), "visits.view_visittask"),
    Measure("visits", _("Visits"), _("Visits that began on this day."), "visits.view_visit"),
    Measure("valid", _("Valid"), _("Of these, with check-in and check-out."), "visits.view_visit"),
    Measure("quotes", _("Quotations"), _("Quotations of this day, latest versions."), "sales.view_quote"),
    Measure("quoted", _("Quoted"), _("Sum of these quotations."), "sales.view_quote", "money"),
    Measure("orders", _("Orders"), _("Orders of this day, submitted and not cancelled."), "sales.view_salesorder"),
    Measure("ordered", _("Ordered"), _("Sum of these orders."), "sales.view_salesorder", "money"),
    Measure("received", _("Received"), _("Receipts of this day that stand."), "sales.view_receipt", "money"),
    Measure(
        "mileage_m",
        _("Mileage"),
        _("Length of the track; holes in it are not counted."),
        "territory.view_trackpoint",
        "metres",
    ),
    Measure("first_at", _("First check-in"), _("When his first visit began."), "visits.view_visit", "clock"),
    Measure("last_at", _("Last check-in"), _("When his last visit began."), "visits.view_visit", "clock"),
    Measure(
        "reported",
        _("Daily report"),
        _("Whether he has sent the report of this day."),
        "visits.view_dailyreport",
        "sent",
    ),
    Measure(
        "unanswered",
        _("Unanswered"),
        _("Instructions to him, of any day, that wait for his answer."),
        "team.view_instruction",
    ),
)  # fmt: skip
COMPARED = ("new_customers", "contacted", "done", "visits", "ordered", "received")
# What a card on the phone leaves out: the person's page has it.
OFF_PHONE = ("planned", "valid", "quotes", "orders", "first_at")
