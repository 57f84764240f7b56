"""What two customers have of crm's own that one customer may have only once (B5)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from crm.models import (
    BulkItem,
    Contact,
    Customer,
    CustomerShare,
    GeocodeItem,
    NotDuplicate,
    Phone,
    PoolWarning,
)
from crm.services.merge_journal import MergeJournal


def resolve_conflicts(*, journal: MergeJournal) -> None:
    """Make room in crm's tables for the merged customer's rows; the upper apps hear `customers_merging`."""
    _shares(journal)
    _contacts(journal)
    _phones(journal)
    _tags(journal)
    _warnings(journal)
    _once_a_job(journal, BulkItem)
    _once_a_job(journal, GeocodeItem)
    _dismissals(journal)


def _shares(journal: MergeJournal) -> None:
    """Shared with the same colleague twice: the wider of both rights, for the longer time."""
    kept = {share.user_id: share for share in CustomerShare.objects.filter(customer_id=journal.keep_id)}
    for share in CustomerShare.objects.filter(customer_id=journal.merge_id).order_by("pk"):
        twin = kept.get(share.user_id)
        if twin is None:
            continue
        if share.can_write and not twin.can_write:
            journal.change(twin, can_write=True)
        if twin.expires_at and (share.expires_at is None or share.expires_at > twin.expires_at):
            journal.change(twin, expires_at=share.expires_at)
        journal.drop(share)


def _contacts(journal: MergeJournal) -> None:
    """The kept customer's main contact stays the main one."""
    primary = Contact.objects.filter(is_primary=True)
    if primary.filter(customer_id=journal.keep_id).exists():
        for contact in list(primary.filter(customer_id=journal.merge_id)):
            journal.change(contact, is_primary=False)


def _phones(journal: MergeJournal) -> None:
    """The same number of the shop itself is kept once; the others go behind."""
    own = Phone.objects.filter(contact__isnull=True)
    kept = list(own.filter(customer_id=journal.keep_id))
    numbers = {phone.e164 or phone.raw for phone in kept}
    behind = max((phone.position for phone in kept), default=-1) + 1
    for phone in list(own.filter(customer_id=journal.merge_id)):
        if (phone.e164 or phone.raw) in numbers:
            journal.drop(phone)
        elif behind:
            journal.change(phone, position=phone.position + behind)


def _tags(journal: MergeJournal) -> None:
    through = Customer.tags.through._base_manager
    kept = through.filter(customer_id=journal.keep_id).values("tag_id")
    for row in list(through.filter(customer_id=journal.merge_id, tag_id__in=kept).order_by("pk")):
        journal.drop(row)


def _warnings(journal: MergeJournal) -> None:
    told = {
        (warning.owner_id, warning.recycle_on, warning.days_before)
        for warning in PoolWarning.objects.filter(customer_id=journal.keep_id)
    }
    for warning in PoolWarning.objects.filter(customer_id=journal.merge_id).order_by("pk"):
        if (warning.owner_id, warning.recycle_on, warning.days_before) in told:
            journal.drop(warning)


def _once_a_job(journal: MergeJournal, model: type[BulkItem | GeocodeItem]) -> None:
    """A job has a customer once: what it did to the kept one stands."""
    rows: QuerySet[Any] = model._default_manager.all()
    kept = rows.filter(customer_id=journal.keep_id).values("job_id")
    for item in list(rows.filter(customer_id=journal.merge_id, job_id__in=kept).order_by("pk")):
        journal.drop(item)


def _dismissals(journal: MergeJournal) -> None:
    """ "Not a duplicate" was said of the merged record, not of what both are now."""
    for column in ("low_id", "high_id"):
        for pair in list(NotDuplicate.objects.filter(**{column: journal.merge_id}).order_by("pk")):
            journal.drop(pair)
