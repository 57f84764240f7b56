"""Collecting what is overdue (催收): what was said, what was promised, and a reminder on the promised day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common import business_calendar
from common.templatetags.paodian import money
from comms.enums import NoticeKind
from comms.services import Notice, notify
from crm.models import Customer
from sales.models import CollectionNote, Receipt
from sales.queries.receivables import receivables
from sales.services import common
from sales.services.amounts import checked_amount

_CHUNK = 1000


@transaction.atomic
def note_collection(
    *,
    actor: User,
    customer: Customer,
    text: str,
    promised_on: dt.date | None = None,
    promised_amount: Decimal | None = None,
) -> CollectionNote:
    """Write down one attempt to collect, and what the customer promised: the writer is reminded on that day.

    ValidationError for a customer out of scope, no text, a promise for a day gone by, an amount without a day.
    """
    common.check_customer(actor=actor, customer=customer)
    if not text.strip():
        raise ValidationError(_("Say what was said."), code="text")
    if promised_on is not None and promised_on < business_calendar.today():
        raise ValidationError(_("A promise is for today or a later day."), code="promised_on")
    if promised_amount is not None:
        if promised_on is None:
            raise ValidationError(_("Say by which day this amount was promised."), code="promised_on")
        promised_amount = checked_amount(promised_amount)
    return CollectionNote.objects.create(
        customer=customer,
        rep=actor,
        text=text.strip()[:500],
        promised_on=promised_on,
        promised_amount=promised_amount,
    )


def remind_promises(*, today: dt.date | None = None, now: dt.datetime | None = None) -> int:
    """Remind those who noted a promise that its day has come, once; returns how many notices were sent.

    A customer that owes nothing any more needs no reminder. A few statements for each 1,000 promises; a note is
    claimed by the UPDATE that marks it, so two runs at once remind once.
    """
    now = now or timezone.now()
    day = today or business_calendar.today(now)
    sent = 0
    while True:
        with transaction.atomic():
            due = CollectionNote.objects.filter(promised_on__lte=day, reminded_at__isnull=True)
            rows = due.select_for_update(skip_locked=True, of=("self",)).select_related("customer", "rep")
            notes = list(rows.order_by("pk")[:_CHUNK])
            if not notes:
                return sent
            sent += notify(_reminders(notes), now=now)
            CollectionNote.objects.filter(pk__in=[note.pk for note in notes]).update(reminded_at=now)


def _reminders(notes: Sequence[CollectionNote]) -> list[Notice]:
    owed = receivables({note.customer_id for note in notes})
    paid = _paid_since(notes)
    return [
        _reminder(note, note.rep_id, paid.get(note.pk, Decimal(0)), owed[note.customer_id])
        for note in notes
        if note.rep_id is not None
        and note.rep is not None
        and note.rep.is_active
        and owed[note.customer_id] > 0
    ]


def _reminder(note: CollectionNote, rep_id: int, paid: Decimal, owed: Decimal) -> Notice:
    return Notice(
        recipient_id=rep_id,
        kind=NoticeKind.REMINDER,
        title=lambda: (
            _("%(customer)s promised to pay by %(day)s")
            % {"customer": note.customer.name, "day": f"{note.promised_on:%m-%d}"}
        ),
        body=lambda: (
            _("Promised %(promised)s, paid since %(paid)s, still owed %(owed)s.")
            % {"promised": money(note.promised_amount), "paid": money(paid), "owed": money(owed)}
        ),
        url=f"/customers/{note.customer_id}/",
        key=f"promise-{note.pk}",
    )


def _paid_since(notes: Sequence[CollectionNote]) -> dict[int, Decimal]:
    """What each note's customer has paid since the day it was written, by note id."""
    first = min(business_calendar.business_day(note.created_at) for note in notes)
    rows = (
        Receipt.objects.posted()
        .filter(customer_id__in={note.customer_id for note in notes}, received_on__gte=first)
        .order_by()
        .values_list("customer_id", "received_on")
        .annotate(sum=Sum("amount"))
    )
    days: dict[int, list[tuple[dt.date, Decimal]]] = {}
    for customer_id, day, amount in rows:
        days.setdefault(customer_id, []).append((day, amount))
    return {
        note.pk: sum(
            (
                amount
                for day, amount in days.get(note.customer_id, [])
                if day >= business_calendar.business_day(note.created_at)
            ),
            Decimal(0),
        )
        for note in notes
    }
