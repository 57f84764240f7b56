"""Follow-ups with customers and leads (B6): recording, correcting, deleting."""

from __future__ import annotations

import datetime as dt
import uuid as uuids
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import business_day
from common.geo import valid_coordinates
from common.photos import PreparedPhoto, Upload, prepare_photos
from crm.enums import DictionaryKind, LeadStage
from crm.models import Contact, Customer, Dictionary, FollowUp, Lead
from crm.models.follow_up import MAX_PHOTOS, MAX_TEXT
from crm.queries import follow_ups as queries
from crm.querysets import FollowUpQuerySet
from crm.rules import follow_ups as rules
from crm.services.audit import audited
from crm.services.events import record_event, set_last_event
from crm.services.follow_up_files import PreparedVoice, prepare_voice, remove_files, store_files
from crm.services.leads.stages import note_contact
from crm.signals import follow_up_recorded


@dataclass(frozen=True, slots=True)
class _Files:
    photos: list[PreparedPhoto]
    voice: PreparedVoice | None


def record_follow_up(
    *,
    actor: User,
    customer: Customer | None = None,
    lead: Lead | None = None,
    text: str,
    at: dt.datetime | None = None,
    method: Dictionary | None = None,
    stage: Dictionary | None = None,
    contact: Contact | None = None,
    next_at: dt.datetime | None = None,
    photos: Sequence[Upload] = (),
    voice: Upload | None = None,
    voice_seconds: int | None = None,
    materials: Iterable[Dictionary] = (),
    latitude: float | None = None,
    longitude: float | None = None,
    accuracy_m: float | None = None,
    uuid: uuids.UUID | None = None,
    posted: Mapping[str, list[str]] | None = None,
    now: dt.datetime | None = None,
) -> FollowUp:
    """Record one contact with a customer or a lead that the actor may change (B6).

    `at` defaults to now, at most 10 minutes ahead and a year back; `next_at` must lie after it. Degrees are WGS-84,
    `accuracy_m` metres. A `uuid` that this actor sent before answers the follow-up it made and changes nothing.
    Moves the last follow-up and the next contact of the customer or lead, and a new lead to "contacted". `posted` are
    fields that apps above put into the form; they hear of them (crm.signals.follow_up_recorded).
    Raises ValidationError by field; then nothing is kept, no file either.
    """
    now = now or timezone.now()
    if (customer is None) == (lead is None):
        raise ValidationError({"target": _("Choose the customer or the lead you talked to.")})
    row = FollowUp(
        uuid=uuid or uuids.uuid4(),
        customer=customer,
        lead=lead,
        contact=contact,
        rep=actor,
        created_by=actor,
        method=method,
        stage=stage,
        at=at or now,
        text=clean_text(text),
        next_at=next_at,
        latitude=latitude,
        longitude=longitude,
        accuracy_m=accuracy_m if latitude is not None else None,
    )
    chosen = list(materials)
    _check(row, chosen, now)
    # Decoding is slow and must hold no lock, so it comes before the transaction.
    files = _Files(
        prepare_photos(photos, most=MAX_PHOTOS),
        prepare_voice(voice, voice_seconds) if voice is not None else None,
    )
    try:
        return _record(actor, row, chosen, files, now, posted or {})
    except IntegrityError as error:
        # The same uuid at the same moment for two records: no one lock stands in between.
        raise ValidationError(_("This follow-up is being saved already.")) from error


@transaction.atomic
def _record(
    actor: User,
    row: FollowUp,
    materials: list[Dictionary],
    files: _Files,
    now: dt.datetime,
    posted: Mapping[str, list[str]],
) -> FollowUp:
    _lock_target(actor, row)
    if known := FollowUp.objects.filter(uuid=row.uuid).first():
        return _same(known, row)
    row.day = business_day(row.at)
    with audited(actor):
        row.save(force_insert=True)
        if materials:
            row.materials.set(materials)
    store_files(row, photos=files.photos, voice=files.voice)
    if row.customer_id:
        record_event(customer_id=row.customer_id, kind="follow_up", day=row.day)
    else:
        older = Q(last_follow_up_on__isnull=True) | Q(last_follow_up_on__lt=row.day)
        Lead.objects.filter(older, pk=_lead_id(row)).update(last_follow_up_on=row.day)
        note_contact(actor=actor, lead_id=_lead_id(row), now=now)
    _refresh_next_contact(row)
    follow_up_recorded.send(FollowUp, follow_up=row, actor=actor, posted=posted)
    return row


@transaction.atomic
def update_follow_up(
    *, actor: User, follow_up: FollowUp, now: dt.datetime | None = None, **fields: Any
) -> FollowUp:
    """Correct a follow-up: text, stage, next_at. For its author and for those who lead him; every change is audited.

    Raises ValidationError by field, TypeError on a field that is not corrected.
    """
    if unknown := set(fields) - {"text", "stage", "next_at"}:
        raise TypeError(f"Not fields to correct: {', '.join(sorted(unknown))}")
    now = now or timezone.now()
    stored = _locked(actor, follow_up)
    if not queries.may_change(actor, stored):
        raise ValidationError(_("Only its author and those who lead him may change a follow-up."))
    if "text" in fields:
        fields["text"] = clean_text(fields["text"])
    changed = [name for name, value in fields.items() if getattr(stored, name) != value]
    for name in changed:
        setattr(stored, name, fields[name])
    if "stage" in changed:
        _check_kind("stage", stored.stage, DictionaryKind.FOLLOW_STAGE)
    if "next_at" in changed:
        _check_next(stored)
    if changed:
        with audited(actor):
            stored.save(update_fields=[*changed, "updated_at"])
        _refresh_next_contact(stored)
    return stored


@transaction.atomic
def delete_follow_up(*, actor: User, follow_up: FollowUp, now: dt.datetime | None = None) -> None:
    """Delete a follow-up with its files: its author within a day, who leads him and may delete at any time.

    The last follow-up and the next contact are those of what is left. Raises ValidationError.
    """
    now = now or timezone.now()
    stored = _locked(actor, follow_up)
    if not queries.may_delete(actor, stored, now):
        raise ValidationError(_("A follow-up may be deleted by its author within a day, later by a manager."))
    files = [str(photo.image.name) for photo in stored.photos.all()]
    if stored.voice:
        files.append(str(stored.voice.name))
    with audited(actor):
        stored.delete()
    transaction.on_commit(lambda: remove_files(files))
    _refresh_last_day(stored)
    _refresh_next_contact(stored)


def clean_text(text: str) -> str:
    """The text as it is kept: browsers send two signs for a new line and count one. Raises ValidationError."""
    cleaned = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not cleaned:
        raise ValidationError({"text": _("Write down what was said and agreed.")})
    if len(cleaned) > MAX_TEXT:
        raise ValidationError(
            {
                "text": _("At most %(most)s characters; these are %(count)s.")
                % {"most": MAX_TEXT, "count": len(cleaned)}
            }
        )
    return cleaned


# --- checks
def _check(row: FollowUp, materials: list[Dictionary], now: dt.datetime) -> None:
    if rules.is_too_late(row.at, now):
        raise ValidationError({"at": _("This time lies in the future.")})
    if rules.is_too_early(row.at, now):
        raise ValidationError({"at": _("A follow-up can be entered for the last year at most.")})
    _check_next(row)
    _check_kind("method", row.method, DictionaryKind.FOLLOW_METHOD)
    _check_kind("stage", row.stage, DictionaryKind.FOLLOW_STAGE)
    for entry in materials:
        _check_kind("materials", entry, DictionaryKind.MATERIAL)
    if row.contact is not None and row.contact.customer_id != row.customer_id:
        raise ValidationError({"contact": _("This person belongs to another customer.")})
    _check_place(row)


def _check_next(row: FollowUp) -> None:
    if row.next_at is not None and row.next_at <= row.at:
        raise ValidationError({"next_at": _("The next contact must come after this one.")})


def _check_kind(field: str, entry: Dictionary | None, kind: DictionaryKind) -> None:
    if entry is not None and entry.kind != kind:
        raise ValidationError({field: _("Choose one of the list.")})


def _check_place(row: FollowUp) -> None:
    if row.latitude is None and row.longitude is None:
        return
    whole = row.latitude is not None and row.longitude is not None
    if not whole or not valid_coordinates(row.latitude, row.longitude):
        raise ValidationError({"latitude": _("This position is no place on Earth.")})
    if row.accuracy_m is not None and not 0 <= row.accuracy_m < 1e7:
        raise ValidationError({"latitude": _("This position is no place on Earth.")})


def _lock_target(actor: User, row: FollowUp) -> None:
    """Lock the customer or lead, after asking whether the actor may follow it up at all."""
    if row.customer_id:
        customers = Customer.objects.editable_by(actor).select_for_update(of=("self",))
        customer = customers.only("pk", "owner").filter(pk=row.customer_id).first()
        if customer is None:
            raise ValidationError(_("You may not record follow-ups for this customer."))
        if customer.owner_id is None:
            raise ValidationError(_("This customer is in the public pool; claim it first."))
        return
    leads = Lead.objects.visible_to(actor).select_for_update(of=("self",))
    lead = leads.only("pk", "owner", "stage").filter(pk=_lead_id(row)).first()
    if lead is None:
        raise ValidationError(_("You may not record follow-ups for this lead."))
    if lead.owner_id is None:
        raise ValidationError(_("This lead is in the lead pool; claim it first."))
    if lead.stage == LeadStage.CONVERTED:
        raise ValidationError(_("This lead became a customer; record the follow-up there."))


def _same(known: FollowUp, row: FollowUp) -> FollowUp:
    """What a repeated request gets: the follow-up it made the first time, if it is the same person's and place's."""
    if known.created_by_id != row.created_by_id or (known.customer_id, known.lead_id) != (
        row.customer_id,
        row.lead_id,
    ):
        raise ValidationError(_("This follow-up is being saved already."))
    return known


def _locked(actor: User, follow_up: FollowUp) -> FollowUp:
    """The follow-up as it is stored, behind the lock of its customer or lead, which every writer takes first."""
    stored: FollowUp | None = FollowUp.objects.visible_to(actor).filter(pk=follow_up.pk).first()
    if stored is None:
        raise ValidationError(_("This follow-up is not among those you see."))
    target: Customer | Lead | None
    if stored.customer_id:
        customers = Customer.objects.editable_by(actor).select_for_update(of=("self",))
        target = customers.only("pk").filter(pk=stored.customer_id).first()
    else:
        leads = Lead.objects.visible_to(actor).select_for_update(of=("self",))
        target = leads.only("pk").filter(pk=_lead_id(stored)).first()
    if target is None:
        raise ValidationError(_("You may only read this customer's follow-ups."))
    # Read again: the row may have changed, or gone, while the lock was waited for.
    again: FollowUp | None = FollowUp.objects.filter(pk=stored.pk).first()
    if again is None:
        raise ValidationError(_("This follow-up is not among those you see."))
    return again


def _lead_id(row: FollowUp) -> int:
    """The lead of a follow-up that has no customer: the constraint says it has one then."""
    assert row.lead_id is not None
    return row.lead_id


def _siblings(row: FollowUp) -> FollowUpQuerySet:
    """The follow-ups of the same customer or lead."""
    if row.customer_id:
        return FollowUp.objects.filter(customer_id=row.customer_id)
    return FollowUp.objects.filter(lead_id=_lead_id(row))


def _refresh_next_contact(row: FollowUp) -> None:
    """The next contact is the one the latest follow-up names, if it names one."""
    next_at = _siblings(row).order_by("-at", "-pk").values_list("next_at", flat=True).first()
    if row.customer_id:
        Customer.objects.filter(pk=row.customer_id).update(next_contact_at=next_at)
    else:
        Lead.objects.filter(pk=_lead_id(row)).update(next_contact_at=next_at)


def _refresh_last_day(row: FollowUp) -> None:
    """After a deletion: the day of the last follow-up that is left, if any."""
    day: dt.date | None = _siblings(row).aggregate(day=Max("day"))["day"]
    if row.customer_id:
        set_last_event(customer_id=row.customer_id, kind="follow_up", day=day)
    else:
        Lead.objects.filter(pk=_lead_id(row)).update(last_follow_up_on=day)
