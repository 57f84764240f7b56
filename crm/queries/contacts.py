"""Reads for the list of contacts (B2)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db.models import F, Q

from accounts.models import User
from common.names import fold
from crm.models import Contact, Phone
from crm.rules.follow_ups import birth_dates

if TYPE_CHECKING:
    from crm.querysets import ByCustomerQuerySet


def list_rows(user: User) -> ByCustomerQuerySet:
    """People at the customers `user` sees, with the names and phones the list draws."""
    rows: ByCustomerQuerySet = Contact.objects.visible_to(user)
    named: ByCustomerQuerySet = rows.annotate(
        customer_name=F("customer__name"),
        owner_name=F("customer__owner__name"),
        superior_name=F("reports_to__name"),
    ).prefetch_related("phones")
    return named


def search(rows: ByCustomerQuerySet, text: str) -> ByCustomerQuerySet:
    """People where each word is part of the name, position, phone, or the customer's name, initials or code."""
    for word in fold(text).split()[:8]:
        phones = Phone.objects.filter(Q(raw__contains=word) | Q(e164__contains=word), contact__isnull=False)
        rows = rows.filter(
            Q(name__icontains=word)
            | Q(position__icontains=word)
            | Q(pk__in=phones.values("contact_id"))
            | Q(customer__name__icontains=word)
            | Q(customer__code__icontains=word)
        )
    return rows


def with_birthday(rows: ByCustomerQuerySet, today: dt.date, days: int) -> ByCustomerQuerySet:
    """People whose birthday is from `today` to `days` days after."""
    born = Q()
    for month, dates in birth_dates(today, days).items():
        born |= Q(birthday__month=month, birthday__day__in=sorted(dates))
    return rows.filter(born)
