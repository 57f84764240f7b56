"""Notices of birthdays (B2) and of customers and leads to contact again (B6): few statements over all rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import SystemOptions
from common.business_calendar import today as business_today
from common.templatetags.paodian import moment
from comms.enums import NoticeKind
from comms.models import Notification
from comms.services import Notice, notify
from crm.models import Contact, Customer, Lead
from crm.rules.follow_ups import birth_dates, next_birthday

# A contact that came due while the jobs were down is told late; older ones only stand in the list of due contacts.
CATCH_UP = dt.timedelta(days=7)
_CHUNK = 1000


def remind_birthdays(*, today: dt.date | None = None, now: dt.datetime | None = None) -> int:
    """Tell the owners of active customers whose contacts have a birthday in the next `birthday_days` days.

    One notice for each contact, owner and birthday, however often this runs; returns how many were new. Born on
    29 February: told for the 28th in other years (crm.rules.follow_ups).
    """
    now = now or timezone.now()
    day = today or business_today(now)
    dates = birth_dates(day, SystemOptions.load().birthday_days)
    born = Q()
    for month, days in dates.items():
        born |= Q(birthday__month=month, birthday__day__in=sorted(days))
    people = Contact.objects.filter(
        born, birthday__lte=day, customer__status="active", customer__owner__is_active=True
    )
    rows = people.order_by("pk").values_list(
        "pk", "name", "birthday", "customer_id", "customer__name", "customer__owner_id"
    )
    return _send_new(
        (
            _birthday_notice(pk, name, next_birthday(birthday, day), customer_id, customer, owner)
            for pk, name, birthday, customer_id, customer, owner in rows.iterator(_CHUNK)
            if birthday is not None
        ),
        now,
    )


def _birthday_notice(pk: int, name: str, on: dt.date, customer_id: int, customer: str, owner: int) -> Notice:
    return Notice(
        recipient_id=owner,
        kind=NoticeKind.BIRTHDAY,
        title=lambda: (
            _("Birthday of %(person)s on %(month)s-%(day)s")
            % {"person": name, "month": f"{on.month:02}", "day": f"{on.day:02}"}
        ),
        body=customer,
        url=f"/customers/{customer_id}/",
        key=f"birthday-{pk}-{on.year}",
    )


def remind_contacts(*, now: dt.datetime | None = None) -> int:
    """Tell the owners of customers and leads that the time of the next contact has come; once for each such time.

    Not for inactive customers, leads that are lost or became customers, and the pools. Returns how many were new.
    """
    now = now or timezone.now()
    due = Q(next_contact_at__lte=now, next_contact_at__gt=now - CATCH_UP, owner__is_active=True)
    sent = 0
    for kind, rows in (("customer", Customer.objects.active()), ("lead", Lead.objects.open())):
        values = rows.filter(due).order_by("pk").values_list("pk", "name", "owner_id", "next_contact_at")
        sent += _send_new(
            (
                _contact_notice(kind, pk, name, owner, at)
                for pk, name, owner, at in values.iterator(_CHUNK)
                if owner is not None and at is not None
            ),
            now,
        )
    return sent


def _contact_notice(kind: str, pk: int, name: str, owner: int, at: dt.datetime) -> Notice:
    return Notice(
        recipient_id=owner,
        kind=NoticeKind.REMINDER,
        title=lambda: _("Time to contact %(name)s") % {"name": name},
        body=lambda: _("You planned it for %(time)s.") % {"time": moment(at)},
        url=f"/{kind}s/{pk}/",
        key=f"contact-{kind}-{pk}-{int(at.timestamp())}",
    )


def _send_new(notices: Iterable[Notice], now: dt.datetime) -> int:
    """Send those whose key the recipient has not got yet. Two runs at once: the key's constraint lets one through."""
    sent = 0
    batch: list[Notice] = []
    for notice in notices:
        batch.append(notice)
        if len(batch) == _CHUNK:
            sent += _send_batch(batch, now)
            batch = []
    return sent + _send_batch(batch, now)


def _send_batch(batch: Sequence[Notice], now: dt.datetime) -> int:
    if not batch:
        return 0
    keys = [notice.key for notice in batch]
    known = set(
        Notification.objects.filter(
            recipient_id__in={notice.recipient_id for notice in batch}, key__in=keys
        ).values_list("recipient_id", "key")
    )
    return notify([notice for notice in batch if (notice.recipient_id, notice.key) not in known], now=now)
