"""Two customers made one, and two again (B5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import today as business_today
from comms.enums import NoticeKind
from comms.services import Notice, notify
from crm.models import Contact, Customer, FollowUp, Merge, NotDuplicate, Phone
from crm.queries.merges import CHOICES, UNDO_DAYS, may_be_undone, relations
from crm.services.audit import Changes, log_changes, text
from crm.services.indexing import reindex
from crm.services.merge_conflicts import resolve_conflicts
from crm.services.merge_journal import (
    MergeJournal,
    bring_back,
    change_back,
    dump_row,
    load_row,
    missing_targets,
    move_back,
    restore_columns,
)
from crm.services.owners import require_room, room_of
from crm.signals import customers_merging

_NOTES_LENGTH: int = Customer._meta.get_field("notes").max_length or 0
_LATEST = ("last_visit_on", "last_order_on", "last_sale_on", "last_follow_up_on")


@transaction.atomic
def merge_customers(
    *,
    actor: User,
    keep: int,
    merge: int,
    values: Mapping[str, str] | None = None,
    today: dt.date | None = None,
    now: dt.datetime | None = None,
) -> Merge:
    """Make customer `merge` part of customer `keep`; every row of every app that points to it points to `keep` then.

    `keep` and `merge` are ids. `values` says for fields of `crm.queries.merges.CHOICES` whose value stays: "keep"
    (also when it is not named), "merge", or for notes "both". Code, owner and clocks are the kept one's; the last
    visit, order, sale and follow-up the later of both, the creation day the earlier. The merged row is deleted and
    stays, whole, in the journal of the returned Merge, from which `undo_merge` brings it back.
    Raises ValidationError when the actor may not merge or change both, or one of them is gone already.
    """
    day, at = today or business_today(), now or timezone.now()
    kept, merged = _lock_both(actor, keep, merge)
    journal = MergeJournal(keep_id=keep, merge_id=merge)
    row = dump_row(merged)
    resolve_conflicts(journal=journal)
    customers_merging.send(sender=Customer, journal=journal, today=day)
    moved = sum(journal.move(relation) for relation in relations())
    before, after, changes = _write_kept(kept, merged, values or {}, at)
    rows = Customer.objects.filter(pk=merge)
    # Nothing cascades: a row that was forgotten makes the database refuse the whole merge.
    rows._raw_delete(rows.db)
    record = Merge.objects.create(
        kept=kept,
        kept_name=kept.name,
        merged_id=merge,
        merged_code=merged.code,
        merged_name=merged.name,
        moved=moved,
        by=actor,
        journal=journal.as_json(merged=row, kept={"pk": keep, "before": before, "after": after}),
    )
    reindex(customer_ids=[keep])
    log_changes(
        actor=actor, changes=[(kept, {**changes, "merged": ["None", f"{merged.code} {merged.name}"]})]
    )
    _log(actor, merged, LogEntry.Action.DELETE, {"merged into": [merged.code, kept.code]})
    _tell_owner(actor, kept, merged, record)
    return record


def _lock_both(actor: User, keep: int, merge: int) -> tuple[Customer, Customer]:
    """Both rows, locked in the order of the key, so that two merges cannot wait for each other in a ring."""
    if not actor.has_perm("crm.merge_customer"):
        raise ValidationError(_("You may not merge customers."))
    if keep == merge:
        raise ValidationError(_("Choose two different customers."))
    locked = Customer.objects.select_for_update(of=("self",)).filter(pk__in=[keep, merge]).order_by("pk")
    found = {customer.pk: customer for customer in locked}
    if len(found) < 2:
        raise ValidationError(_("One of the customers is no longer here."))
    if Customer.objects.editable_by(actor).filter(pk__in=found).count() < 2:
        raise ValidationError(_("You may not change both customers."))
    return found[keep], found[merge]


def _write_kept(
    kept: Customer, merged: Customer, values: Mapping[str, str], at: dt.datetime
) -> tuple[dict[str, Any], dict[str, Any], Changes]:
    """Give the kept customer its chosen and joined values; returns its changed columns before and after."""
    wanted: dict[str, Any] = {**_chosen(kept, merged, values), **_joined(kept, merged)}
    before = dump_row(kept)
    changed = {name: value for name, value in wanted.items() if getattr(kept, name) != value}
    changed["updated_at"] = at
    for name, value in changed.items():
        setattr(kept, name, value)
    Customer.objects.filter(pk=kept.pk).update(**changed)
    after = dump_row(kept)
    changes = {name: [text(before[name]), text(after[name])] for name in changed if name != "updated_at"}
    return {name: before[name] for name in changed}, {name: after[name] for name in changed}, changes


def _chosen(kept: Customer, merged: Customer, values: Mapping[str, str]) -> dict[str, Any]:
    taken: dict[str, Any] = {}
    for field, choice in values.items():
        allowed = ("keep", "merge", "both") if field == "notes" else ("keep", "merge")
        if field not in CHOICES or choice not in allowed:
            raise ValidationError(_("“%(field)s” cannot be chosen like this."), params={"field": field})
        if choice == "both":
            parts = [notes for notes in (kept.notes, merged.notes) if notes]
            taken["notes"] = "\n".join(dict.fromkeys(parts))
            if len(taken["notes"]) > _NOTES_LENGTH:
                raise ValidationError(_("Both notes together are too long; choose one of them."))
        elif choice == "merge":
            taken |= {name: getattr(merged, name) for name in CHOICES[field]}
    return taken


def _joined(kept: Customer, merged: Customer) -> dict[str, Any]:
    """What nobody chooses: the later of the last events, the earlier creation, the next contact last agreed."""
    joined: dict[str, Any] = {"created_on": min(kept.created_on, merged.created_on)}
    for name in _LATEST:
        days = [day for day in (getattr(kept, name), getattr(merged, name)) if day]
        joined[name] = max(days, default=None)
    first, second = kept, merged
    if merged.last_follow_up_on and merged.last_follow_up_on > (kept.last_follow_up_on or dt.date.min):
        first, second = merged, kept
    joined["next_contact_at"] = first.next_contact_at or second.next_contact_at
    joined["extra"] = {**(merged.extra or {}), **(kept.extra or {})}
    return joined


def _log(actor: User, customer: Customer, action: int, changes: dict[str, list[str]]) -> None:
    LogEntry.objects.create(
        content_type=ContentType.objects.get_for_model(Customer),
        object_pk=str(customer.pk),
        object_id=customer.pk,
        object_repr=str(customer),
        action=action,
        changes=changes,
        actor=actor,
    )


def _tell_owner(actor: User, kept: Customer, merged: Customer, record: Merge) -> None:
    """Whoever loses a customer to a colleague hears of it."""
    if merged.owner_id is None or merged.owner_id in (kept.owner_id, actor.pk):
        return
    notice = Notice(
        recipient_id=merged.owner_id,
        kind=NoticeKind.CUSTOMER,
        title=lambda: _("Your customer %(name)s was merged") % {"name": merged.name},
        body=lambda: (
            _("%(person)s merged it with %(kept)s, which %(owner)s looks after.")
            % {"person": actor, "kept": kept.name, "owner": kept.owner or _("nobody")}
        ),
        key=f"merge:{record.pk}",
    )
    notify([notice])


# --- undo
@transaction.atomic
def undo_merge(*, actor: User, merge: Merge, now: dt.datetime | None = None) -> Customer:
    """Take two merged customers apart again, within 30 days; returns the one that is back, with its old key.

    Moved rows that still exist and still are the kept customer's go back, dropped ones return, changed columns get
    their old values where nobody changed them since. What was written after the merge stays with the kept customer.
    Raises ValidationError with the reason when that cannot be.
    """
    at = now or timezone.now()
    record = Merge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    journal = record.journal
    customer = load_row(Customer, journal["merged"])
    assert isinstance(customer, Customer)
    owner = User.objects.filter(pk=customer.owner_id or 0).first()
    if owner is not None:
        room_of(owner=owner)  # locks: whoever receives comes before the customers, as in owners
    kept = _check_undo(actor, record, at)
    _check_return(customer)
    if owner is not None:
        require_room(owner=owner, dealt=customer.last_order_on is not None)
    customer.save_base(raw=True, force_insert=True)
    move_back(journal["moved"], kept_id=kept.pk, merged_id=customer.pk)
    bring_back(journal["dropped"])
    change_back(journal["changed"])
    if kept.pk == journal["kept"]["pk"]:  # else it was merged on, and these are another record's values
        restore_columns(kept, before=journal["kept"]["before"], after=journal["kept"]["after"])
    _part(customer)
    reindex(customer_ids=[kept.pk, customer.pk])
    record.undone_at, record.undone_by = at, actor
    record.save(update_fields=["undone_at", "undone_by"])
    log_changes(actor=actor, changes=[(kept, {"merged": [f"{customer.code} {customer.name}", "None"]})])
    _log(actor, customer, LogEntry.Action.CREATE, {"merged into": [kept.code, customer.code]})
    return customer


def _check_undo(actor: User, record: Merge, now: dt.datetime) -> Customer:
    if not actor.has_perm("crm.merge_customer"):
        raise ValidationError(_("You may not merge customers."))
    if record.undone_at is not None:
        raise ValidationError(_("This merge is undone already."))
    kept = Customer.objects.select_for_update(of=("self",)).filter(pk=record.kept_id or 0).first()
    if kept is None:
        raise ValidationError(_("The kept customer is no longer here."))
    if not Customer.objects.editable_by(actor).filter(pk=kept.pk).exists():
        raise ValidationError(_("You may not change this customer."))
    if not may_be_undone(record, now):
        raise ValidationError(_("A merge can be undone for %(days)s days."), params={"days": UNDO_DAYS})
    return kept


def _check_return(customer: Customer) -> None:
    """The merged customer's code must still be free and its owner still here; other links that went are cut."""
    if Customer.objects.filter(code=customer.code).exists():
        raise ValidationError(
            _("Another customer has the code %(code)s now."), params={"code": customer.code}
        )
    for field in missing_targets(customer):
        if field.name == "owner":
            raise ValidationError(_("The owner of the merged customer is no longer here."))
        setattr(customer, field.attname, None)


def _part(customer: Customer) -> None:
    """What was linked across both while they were one: phones follow their contact, other links are cut."""
    Phone.objects.filter(contact__customer=customer).exclude(customer=customer).update(customer=customer)
    _cut_across(Contact.objects.all(), "reports_to", customer)
    _cut_across(FollowUp.objects.filter(customer__isnull=False), "contact", customer)


def _cut_across(rows: QuerySet[Any], link: str, customer: Customer) -> None:
    """Empty `link` of rows where it leads from this customer to another one, or from another one to it."""
    here, there = Q(customer=customer), Q(**{f"{link}__customer": customer})
    across = rows.filter(**{f"{link}__isnull": False}).filter((here & ~there) | (~here & there))
    rows.filter(pk__in=list(across.values_list("pk", flat=True))).update(**{link: None})


# --- not the same after all
@transaction.atomic
def dismiss_duplicates(*, actor: User, customers: list[int]) -> int:
    """Remember that these customers, each against each, are not one; returns how many pairs are new.

    Raises ValidationError without the permission or when the actor does not see all of them.
    """
    ids = sorted(set(customers))
    if not actor.has_perm("crm.merge_customer"):
        raise ValidationError(_("You may not merge customers."))
    if len(ids) < 2 or Customer.objects.visible_to(actor).filter(pk__in=ids).count() < len(ids):
        raise ValidationError(_("One of the customers is no longer here."))
    before = NotDuplicate.objects.count()
    pairs = [
        NotDuplicate(low_id=low, high_id=high, by=actor)
        for place, low in enumerate(ids)
        for high in ids[place + 1 :]
    ]
    NotDuplicate.objects.bulk_create(pairs, ignore_conflicts=True)
    return NotDuplicate.objects.count() - before
