"""How far a lead has come: the one door of its state machine (C2). Only convert_lead makes it a customer."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from crm.enums import LeadEventKind, LeadStage
from crm.models import Lead
from crm.rules.leads import next_stages
from crm.services.audit import log_changes
from crm.services.leads.base import event, visible_lead
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
    reason = lost_reason.strip()
    if stage == LeadStage.LOST and not reason:
        raise ValidationError({"lost_reason": _("Say why the lead was lost.")})
    if len(reason) > 200:
        raise ValidationError({"lost_reason": _("At most 200 characters.")})
    _move(actor, stored, LeadStage(stage), reason if stage == LeadStage.LOST else "", now)
    return stored


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
    lead.stage, lead.lost_reason = stage, reason
    event(
        lead,
        LeadEventKind.STAGE,
        by=actor,
        to_user_id=lead.owner_id,
        from_stage=before,
        to_stage=stage,
        note=reason,
        at=now,
    ).save()
    log_changes(actor=actor, changes=[(lead, {"stage": [str(before), stage.value]})])
