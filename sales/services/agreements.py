"""Agreements with dealers and agents: written, put into force, renewed, ended, reminded of (G3)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common import business_calendar
from common.markup import clean_text
from comms.enums import NoticeKind
from comms.services import Notice, notify
from crm.models import Customer
from sales.enums import AgreementKind, AgreementStatus
from sales.models import Agreement
from sales.queries import agreements as queries
from sales.rules import MAX_AMOUNT
from sales.rules import agreements as rules
from sales.rules.agreements import AgreementState
from sales.services import common
from sales.services.agreement_files import delete_files

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class AgreementInput:
    """What an agreement says; amounts in CNY, `clauses` as typed (they are sanitised here)."""

    title: str
    starts_on: dt.date
    ends_on: dt.date
    kind: str = AgreementKind.DEALER
    territory: str = ""
    clauses: str = ""
    yearly_amount: Decimal | None = None
    deposit: Decimal | None = None
    remind_days: int = 30
    note: str = ""


@transaction.atomic
def create_agreement(*, actor: User, customer: Customer, values: AgreementInput) -> Agreement:
    """Write a draft. ValidationError for a customer out of the actor's scope or values that cannot be."""
    common.check_customer(actor=actor, customer=customer)
    agreement = Agreement(
        customer=customer, rep=common.rep_for(actor=actor, customer=customer), created_by=actor
    )
    _take(agreement, values)
    agreement.number = common.next_number(prefix="HT", day=business_calendar.today())
    agreement.save(force_insert=True)
    return agreement


@transaction.atomic
def update_agreement(*, actor: User, agreement: Agreement, values: AgreementInput) -> Agreement:
    """Change a draft; one that is in force is changed by a renewal."""
    agreement = _locked(agreement)
    _require(agreement, AgreementState.DRAFT)
    _take(agreement, values)
    agreement.save()
    return agreement


@transaction.atomic
def sign_agreement(
    *, actor: User, agreement: Agreement, signed_on: dt.date | None = None, signed_by: str
) -> Agreement:
    """Draft → in force, with the day of signing (today unless given) and who signed for the customer."""
    agreement = _locked(agreement)
    _require(agreement, AgreementState.DRAFT)
    if not signed_by.strip():
        raise ValidationError({"signed_by": _("Say who signed for the customer.")})
    _move(
        actor=actor,
        agreement=agreement,
        to=AgreementStatus.ACTIVE,
        signed_on=common.business_date(signed_on),
        signed_by=signed_by.strip()[:60],
    )
    return agreement


@transaction.atomic
def end_agreement(
    *, actor: User, agreement: Agreement, ended_on: dt.date | None = None, reason: str
) -> Agreement:
    """End it before its term is over; the reason is needed, the day is today unless it was earlier."""
    agreement = _locked(agreement)
    _require(agreement, AgreementState.UPCOMING, AgreementState.RUNNING, AgreementState.EXPIRING)
    if not reason.strip():
        raise ValidationError({"reason": _("Say why it ends early.")})
    _move(
        actor=actor,
        agreement=agreement,
        to=AgreementStatus.ENDED,
        ended_on=common.business_date(ended_on),
        end_reason=reason.strip()[:200],
    )
    return agreement


@transaction.atomic
def renew_agreement(*, actor: User, agreement: Agreement) -> Agreement:
    """A draft for the term after this one that takes over what stays; an agreement is renewed once."""
    agreement = _locked(agreement)
    if queries.state_of(agreement, business_calendar.today()) == AgreementState.DRAFT:
        raise _refusal(agreement)
    common.check_customer(actor=actor, customer=agreement.customer)
    starts_on, ends_on = rules.renewed_term(agreement.starts_on, agreement.ends_on)
    renewal = Agreement(
        customer=agreement.customer,
        rep=common.rep_for(actor=actor, customer=agreement.customer),
        kind=agreement.kind,
        title=agreement.title,
        territory=agreement.territory,
        clauses=agreement.clauses,
        starts_on=starts_on,
        ends_on=ends_on,
        yearly_amount=agreement.yearly_amount,
        deposit=agreement.deposit,
        remind_days=agreement.remind_days,
        renews=agreement,
        created_by=actor,
    )
    try:
        with transaction.atomic():
            renewal.number = common.next_number(prefix="HT", day=business_calendar.today())
            renewal.save(force_insert=True)
    except IntegrityError as error:
        raise ValidationError(
            _("%(number)s has been renewed already.") % {"number": agreement.number}, code="state"
        ) from error
    return renewal


@transaction.atomic
def discard_agreement(*, actor: User, agreement: Agreement) -> None:
    """Delete a draft; what it was to renew can be renewed again."""
    agreement = _locked(agreement)
    _require(agreement, AgreementState.DRAFT)
    delete_files(agreement)
    agreement.delete()


# --- the reminder
def remind_of_ends(*, today: dt.date | None = None, now: dt.datetime | None = None) -> int:
    """Tell owner and superior of agreements that end within `remind_days`; once for each agreement.

    Marked and told in one transaction, in few statements; two runs at once tell nobody twice, because each notice
    has a key. Returns how many agreements were told of.
    """
    at = now or timezone.now()
    day = today or business_calendar.today(at)
    told = 0
    batch: list[queries.Ending] = []
    for row in list(queries.ending(day)):
        batch.append(row)
        if len(batch) == _CHUNK:
            told += _tell(batch, day, at)
            batch = []
    return told + (_tell(batch, day, at) if batch else 0)


@transaction.atomic
def _tell(batch: list[queries.Ending], day: dt.date, at: dt.datetime) -> int:
    notify(
        (
            _ending_notice(row, recipient, (row.ends_on - day).days)
            for row in batch
            for recipient in sorted(row.recipients)
        ),
        now=at,
    )
    marked = Agreement.objects.filter(pk__in=[row.pk for row in batch], reminded_at__isnull=True)
    return marked.update(reminded_at=at)


def _ending_notice(row: queries.Ending, recipient: int, left: int) -> Notice:
    return Notice(
        recipient_id=recipient,
        kind=NoticeKind.REMINDER,
        title=lambda: (
            _("Agreement with %(customer)s ends on %(day)s")
            % {"customer": row.customer, "day": f"{row.ends_on:%Y-%m-%d}"}
        ),
        body=lambda: (
            _("%(number)s %(title)s, %(n)s days left. Renew it or let it end.")
            % {"number": row.number, "title": row.title, "n": left}
        ),
        url=f"/agreements/{row.pk}/",
        key=f"agreement-end-{row.pk}-{row.ends_on:%Y%m%d}",
    )


# --- parts
def _locked(agreement: Agreement) -> Agreement:
    row: Agreement = (
        Agreement.objects.select_for_update(of=("self",))
        .select_related("customer__owner")
        .get(pk=agreement.pk)
    )
    return row


def _require(agreement: Agreement, *states: AgreementState) -> None:
    if queries.state_of(agreement, business_calendar.today()) not in states:
        raise _refusal(agreement)


def _refusal(agreement: Agreement) -> ValidationError:
    state = queries.state_of(agreement, business_calendar.today())
    return ValidationError(
        _("%(number)s is “%(state)s”; this cannot be done.")
        % {"number": agreement.number, "state": state.label},
        code="state",
    )


def _move(*, actor: User, agreement: Agreement, to: AgreementStatus, **fields: Any) -> None:
    """The one door through which an agreement's status changes."""
    old = agreement.status
    changed = Agreement.objects.filter(pk=agreement.pk, status=old).update(status=to, **fields)
    if changed != 1:
        raise ValidationError(
            _("Somebody else has just changed %(number)s.") % {"number": agreement.number}, code="state"
        )
    for name, value in {"status": str(to), **fields}.items():
        setattr(agreement, name, value)
    common.audit(actor=actor, row=agreement, changes={"status": [old, str(to)]})


def _take(agreement: Agreement, values: AgreementInput) -> None:
    title = values.title.strip()
    if not title:
        raise ValidationError({"title": _("The agreement needs a title.")})
    if values.ends_on < values.starts_on:
        raise ValidationError({"ends_on": _("The agreement ends before it begins.")})
    for name, value in (("yearly_amount", values.yearly_amount), ("deposit", values.deposit)):
        if value is not None and not (value.is_finite() and 0 <= value <= MAX_AMOUNT):
            raise ValidationError({name: _("This amount cannot be.")})
    if len(values.clauses) > rules.MAX_CLAUSES:
        raise ValidationError(
            {"clauses": _("The clauses are longer than %(n)s characters.") % {"n": rules.MAX_CLAUSES}}
        )
    agreement.kind, agreement.title = values.kind, title[:120]
    agreement.starts_on, agreement.ends_on = values.starts_on, values.ends_on
    agreement.territory = values.territory.strip()[:200]
    agreement.clauses = clean_text(values.clauses)
    agreement.yearly_amount, agreement.deposit = values.yearly_amount, values.deposit
    agreement.remind_days = values.remind_days
    agreement.note = values.note.strip()[:300]
