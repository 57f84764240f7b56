"""The recycle bin of leads: into it, out of it, and gone for good (C2)."""

import datetime as dt
from collections.abc import Iterable

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from crm.enums import LeadEventKind, LeadStage
from crm.models import FollowUp, FollowUpPhoto, Lead
from crm.queries import leads as queries
from crm.querysets import LeadQuerySet
from crm.services.audit import log_changes, log_deletions, text
from crm.services.leads.base import LeadOutcome, chunks, event, not_yours, write_events


@transaction.atomic
def delete_leads(*, actor: User, leads: Iterable[int], now: dt.datetime | None = None) -> LeadOutcome:
    """Move these leads to the recycle bin, each one checked by itself; those that became customers stay."""
    now = now or timezone.now()
    outcome = LeadOutcome()
    for ids in chunks(leads):
        found = {lead.pk: lead for lead in _locked(Lead.objects.visible_to(actor), ids)}
        moving = []
        for pk in ids:
            lead = found.get(pk)
            if lead is None:
                outcome.refused[pk] = not_yours()
            elif lead.stage == LeadStage.CONVERTED:
                outcome.refused[pk] = _("“%(name)s” is a customer already.") % {"name": lead.name}
            else:
                moving.append(lead)
        moved = [lead.pk for lead in moving]
        Lead.objects.filter(pk__in=moved).update(deleted_at=now, deleted_by=actor)
        write_events(
            [
                event(lead, LeadEventKind.DELETED, by=actor, to_user_id=lead.owner_id, at=now)
                for lead in moving
            ]
        )
        log_changes(actor=actor, changes=[(lead, {"deleted_at": [text(None), text(now)]}) for lead in moving])
        outcome.changed += moved
    return outcome


@transaction.atomic
def restore_leads(*, actor: User, leads: Iterable[int], now: dt.datetime | None = None) -> LeadOutcome:
    """Take leads out of the recycle bin, back to their owner, or to the pool when he is no longer active."""
    now = now or timezone.now()
    outcome = LeadOutcome()
    for ids in chunks(leads):
        moving = _locked(queries.bin_rows(actor), ids)
        moved = [lead.pk for lead in moving]
        restored = Lead.objects.filter(pk__in=moved)
        restored.update(deleted_at=None, deleted_by=None)
        gone = set(restored.filter(owner__is_active=False).values_list("pk", flat=True))
        Lead.objects.filter(pk__in=gone).update(
            last_owner=F("owner"), owner=None, received_on=None, pooled_at=now
        )
        write_events(
            [
                event(
                    lead,
                    LeadEventKind.RESTORED,
                    by=actor,
                    to_user_id=None if lead.pk in gone else lead.owner_id,
                    at=now,
                )
                for lead in moving
            ]
        )
        log_changes(
            actor=actor,
            changes=[(lead, {"deleted_at": [text(lead.deleted_at), text(None)]}) for lead in moving],
        )
        outcome.changed += moved
        outcome.refused.update({pk: _not_in_bin() for pk in ids if pk not in set(moved)})
    return outcome


@transaction.atomic
def purge_leads(*, actor: User, leads: Iterable[int]) -> LeadOutcome:
    """Delete leads of the recycle bin for good, with contacts, history, follow-ups, photos and voice notes.

    Only what lies in the bin can go. The files are removed once the transaction holds.
    """
    outcome = LeadOutcome()
    files: list[str] = []
    for ids in chunks(leads):
        going = _locked(queries.bin_rows(actor), ids)
        gone = [lead.pk for lead in going]
        files += _files_of(gone)
        log_deletions(actor=actor, rows=going)
        Lead.objects.filter(pk__in=gone).delete()
        outcome.changed += gone
        outcome.refused.update({pk: _not_in_bin() for pk in ids if pk not in set(gone)})
    transaction.on_commit(lambda: _remove(files))
    return outcome


def _locked(rows: LeadQuerySet, ids: list[int]) -> list[Lead]:
    return list(rows.filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk"))


def _not_in_bin() -> str:
    return _("This lead is not in your recycle bin.")


def _files_of(ids: list[int]) -> list[str]:
    photos = FollowUpPhoto.objects.filter(follow_up__lead__in=ids).values_list("image", flat=True)
    voices = FollowUp.objects.filter(lead__in=ids).exclude(voice="").values_list("voice", flat=True)
    return [*photos, *voices]


def _remove(names: list[str]) -> None:
    for name in names:
        default_storage.delete(name)
