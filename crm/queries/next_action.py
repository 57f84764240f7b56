"""What is known of one customer, from crm and the apps above, and the next best action (B7)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from accounts.models import User
from common.business_calendar import business_day
from crm.enums import LocationStatus
from crm.models import Customer
from crm.queries.pool import Clocks
from crm.rules.facts import AlertFacts, MoneyFacts, VisitFacts
from crm.rules.next_action import CustomerFacts
from crm.signals import collecting_facts


def customer_facts(customer: Customer, user: User, today: dt.date) -> CustomerFacts:
    """The facts of `customer` that `user` may know, as of business day `today`.

    The caller has made sure that he sees the customer. What a permission hides is None.
    """
    answers: list[tuple[Any, Any]] = collecting_facts.send(
        sender=Customer, customer=customer, user=user, today=today
    )
    known = {type(answer): answer for _receiver, answer in answers if answer is not None}
    next_at = customer.next_contact_at
    return CustomerFacts(
        level=customer.level,
        has_owner=customer.owner_id is not None,
        is_active=customer.status == "active",
        created_on=customer.created_on,
        last_visit_on=customer.last_visit_on,
        last_order_on=customer.last_order_on,
        last_sale_on=customer.last_sale_on,
        next_contact_on=None if next_at is None else business_day(next_at),
        recycle_on=_recycle_on(customer),
        has_location=customer.has_location,
        to_confirm=customer.location_status == LocationStatus.TO_CONFIRM,
        money=known.get(MoneyFacts),
        visits=known.get(VisitFacts),
        alerts=known.get(AlertFacts),
    )


def _recycle_on(customer: Customer) -> dt.date | None:
    """The last day before the public pool takes it; None when no clock runs (C4)."""
    if customer.owner_id is None or customer.pool_locked:
        return None
    rows = Clocks().judged(Customer.objects.filter(pk=customer.pk))
    day: dt.date | None = rows.values_list("recycle_on", flat=True).first()
    return day
