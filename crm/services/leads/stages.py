"""How far a lead has come: the one door of its state machine (C2). Only convert_lead makes it a customer."""

import datetime as dt
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from crm.enums import LeadEventKind, LeadStage
from crm.models import Lead
from crm.rules.leads import next_stages
from crm.services.audit import log_changes
from crm.services.leads.base import LeadOutcome, chunks, event, not_yours, visible_lead, write_events
from crm.services.leads.writing import require_not_converted


@transaction.atomic
def change_stage(
    *, actor: User | None, lead: Lead, stage: str, lost_reason: str = "", now: dt.datetime | None = None
) -> Lead:
    """Move a lead forward, back, to "lost" (with a reason) or from there back onto its path.

    The same stage again changes nothing. Raises ValidationError on a move the stages do not allow, on "lost" without
    a reason, and on a lead the actor does not see.
    """
    stored = visible_lead(actor, lead)
    require_not_converted(stored)
    if stored.stage == stage:
        return stored
    if stage not in next_stages(stored.stage):
        raise ValidationError({"stage": _("A lead cannot be moved to this stage.")})
    _move(actor, stored, LeadStage(stage), _reason(stage, lost_reason), now)
    return stored


@transaction.atomic
def change_stages(
    *,
    actor: User | None,
    leads: Iterable[int],
    stage: str,
    lost_reason: str = "",
    now: dt.datetime | None = None,
) -> LeadOutcome:
    """`change_stage` for many, each one judged by itself. Raises ValidationError for what is wrong for all of them."""
    reason = _reason(stage, lost_reason)
    now = now or timezone.now()
    rows = Lead.objects.all() if actor is None else Lead.objects.visible_to(actor)
    outcome = LeadOutcome()
    for ids in chunks(leads):
        # In the order of the key, so that two bulk actions cannot wait for each other in a ring.
        locked = rows.filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk")
        found = {lead.pk: lead for lead in locked.only("pk", "name", "stage", "owner_id")}
        for pk in ids:
            if refusal := _stage_refusal(found.get(pk), stage):
                outcome.refused[pk] = refusal
        moving = [lead for lead in found.values() if lead.pk not in outcome.refused]
        _move_all(actor, moving, LeadStage(stage), reason, now)
        outcome.changed += [lead.pk for lead in moving]
    return outcome


def _stage_refusal(lead: Lead | None, stage: str) -> str:
    if lead is None:
        return not_yours()
    if lead.stage == LeadStage.CONVERTED:
        return _("“%(name)s” is a customer already.") % {"name": lead.name}
    if lead.stage == stage:
        return _("It has this stage already.")
    return "" if stage in next_stages(lead.stage) else _("A lead cannot be moved to this stage.")


def _reason(stage: str, lost_reason: str) -> str:
    """Why it was lost, empty for another stage. Raises ValidationError when it is missing or too long."""
    reason = lost_reason.strip()
    if stage == LeadStage.LOST and not reason:
        raise ValidationError({"lost_reason": _("Say why the lead was lost.")})
    if len(reason) > 200:
        raise ValidationError({"lost_reason": _("At most 200 characters.")})
    return reason if stage == LeadStage.LOST else ""


@transaction.atomic
def note_contact(*, actor: User | None, lead_id: int, now: dt.datetime | None = None) -> bool:
    """A follow-up was recorded: a new lead counts as contacted from then on. Returns whether that moved it."""
    stored = Lead.objects.select_for_update(of=("self",)).filter(pk=lead_id, stage=LeadStage.NEW).first()
    if stored is None:
        return False
    _move(actor, stored, LeadStage.CONTACTED, "", now)
    return True


def _move(actor: User | None, lead: Lead, stage: LeadStage, reason: str, now: dt.datetime | None) -> None:
    """Write the move of a lead whose row is locked."""
    before = lead.stage
    moved = Lead.objects.filter(pk=lead.pk, stage=before).update(stage=stage, lost_reason=reason)
    if not moved:
        raise ValidationError(_("Somebody else has just moved this lead; look again."))
    _tell_history(actor, [lead], stage, reason, now)
    lead.stage, lead.lost_reason = stage, reason


def _move_all(
    actor: User | None, leads: list[Lead], stage: LeadStage, reason: str, now: dt.datetime | None
) -> None:
    """Write the move of leads whose rows are locked."""
    Lead.objects.filter(pk__in=[lead.pk for lead in leads]).update(stage=stage, lost_reason=reason)
    _tell_history(actor, leads, stage, reason, now)


def _tell_history(
    actor: User | None, leads: list[Lead], stage: LeadStage, reason: str, now: dt.datetime | None
) -> None:
    """A line of history and one of the audit for each lead, which still has the stage it comes from."""
    write_events(
        [
            event(
                lead,
                LeadEventKind.STAGE,
                by=actor,
                to_user_id=lead.owner_id,
                from_stage=lead.stage,
                to_stage=stage,
                note=reason,
                at=now,
            )
            for lead in leads
        ]
    )
    log_changes(actor=actor, changes=[(lead, {"stage": [str(lead.stage), stage.value]}) for lead in leads])
