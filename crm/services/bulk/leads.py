"""Bulk actions on leads, and the way back: each lead is judged by the service that does it for one as well."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from crm.enums import BulkKind, LeadEventKind
from crm.models import BulkItem, Lead, LeadEvent
from crm.queries import leads as queries
from crm.services import leads as services
from crm.services.bulk.actions import Outcome

Kept = dict[int, str]  # {lead id: why it stays as the action made it}
Params = Mapping[str, Any]
Act = Callable[[User, Params, list[int], dt.datetime], services.LeadOutcome]
Undo = Callable[[User, Params, dict[int, BulkItem], dt.datetime], Kept]
# What a kind overwrites, kept for undoing.
_BEFORE: Mapping[BulkKind, tuple[str, ...]] = {
    BulkKind.LEAD_ASSIGN: ("owner_id", "received_on"),
    BulkKind.LEAD_RELEASE: ("owner_id", "received_on"),
    BulkKind.LEAD_STAGE: ("stage", "lost_reason"),
}


def apply(*, actor: User, kind: str, params: Params, ids: list[int], now: dt.datetime) -> Outcome:
    """Do it to the leads among `ids`, each one judged by itself. The caller holds the transaction."""
    columns = _BEFORE.get(BulkKind(kind), ())
    before = _before(ids, columns) if columns else {}
    done = _ACTIONS[BulkKind(kind)](actor, params, ids, now)
    for values in before.values():
        values["at"] = now.isoformat()  # the line of history that is taken back with it
    return Outcome({pk: before.get(pk, {}) for pk in done.changed}, done.refused)


def _before(ids: list[int], columns: tuple[str, ...]) -> dict[int, dict[str, Any]]:
    # Locked, in the order the services lock in: nobody changes them between this look and the action.
    rows = Lead.objects.filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk")
    return {
        pk: {
            name: value.isoformat() if isinstance(value, dt.date) else value
            for name, value in zip(columns, values, strict=True)
        }
        for pk, *values in rows.values_list("pk", *columns)
    }


# --- doing
def _assign(actor: User, params: Params, ids: list[int], now: dt.datetime) -> services.LeadOutcome:
    owner = User.objects.filter(pk=params["owner"]).first()
    if owner is None:
        raise ValidationError(_("This person does not exist any more."))
    # He is told of the whole action at its end.
    return services.assign_leads(
        actor=actor, leads=ids, owner=owner, note=params.get("note", ""), now=now, quiet=True
    )


def _release(actor: User, params: Params, ids: list[int], now: dt.datetime) -> services.LeadOutcome:
    return services.release_leads(actor=actor, leads=ids, note=params.get("note", ""), now=now)


def _stage(actor: User, params: Params, ids: list[int], now: dt.datetime) -> services.LeadOutcome:
    return services.change_stages(
        actor=actor, leads=ids, stage=params["stage"], lost_reason=params.get("lost_reason", ""), now=now
    )


def _delete(actor: User, params: Params, ids: list[int], now: dt.datetime) -> services.LeadOutcome:
    return services.delete_leads(actor=actor, leads=ids, now=now)


def _restore(actor: User, params: Params, ids: list[int], now: dt.datetime) -> services.LeadOutcome:
    return services.restore_leads(actor=actor, leads=ids, now=now)


def _purge(actor: User, params: Params, ids: list[int], now: dt.datetime) -> services.LeadOutcome:
    return services.purge_leads(actor=actor, leads=ids)


_ACTIONS: Mapping[BulkKind, Act] = {
    BulkKind.LEAD_ASSIGN: _assign,
    BulkKind.LEAD_RELEASE: _release,
    BulkKind.LEAD_STAGE: _stage,
    BulkKind.LEAD_DELETE: _delete,
    BulkKind.LEAD_RESTORE: _restore,
    BulkKind.LEAD_PURGE: _purge,
}


# --- taking back
def revert(*, actor: User, kind: str, params: Params, items: Iterable[BulkItem], now: dt.datetime) -> Kept:
    """Put the leads of these changed items back; answers for those that stay, with the reason."""
    by_lead = {item.subject_id: item for item in items}
    return _UNDO[BulkKind(kind)](actor, params, by_lead, now)


def _reachable(actor: User, items: dict[int, BulkItem], kept: Kept) -> list[Lead]:
    """The leads that the actor sees or may take from the pool, locked; the others are kept with the reason."""
    mine = Q(pk__in=Lead.objects.visible_to(actor).values("pk")) | queries.pool_q(actor)
    rows = Lead.objects.filter(mine, pk__in=items).select_for_update(of=("self",)).order_by("pk")
    found = list(rows.only("pk", "owner_id", "stage", "lost_reason"))
    here = {lead.pk for lead in found}
    kept |= {pk: _("You may not change this lead any more.") for pk in items if pk not in here}
    return found


def _undo_owner(actor: User, params: Params, items: dict[int, BulkItem], now: dt.datetime) -> Kept:
    kept: Kept = {}
    back: dict[int | None, list[int]] = defaultdict(list)
    for lead in _reachable(actor, items, kept):
        if lead.owner_id != params.get("owner"):  # a release set nobody: params has no owner then
            kept[lead.pk] = _("Its owner was changed again since.")
        else:
            back[items[lead.pk].before["owner_id"]].append(lead.pk)
    people = User.objects.in_bulk([pk for pk in back if pk is not None])
    changed: list[int] = []
    for owner_id, ids in back.items():
        try:
            with transaction.atomic():
                done = _give_back(actor, people.get(owner_id) if owner_id else None, ids, now)
        except ValidationError as error:
            kept |= dict.fromkeys(ids, " ".join(error.messages))
        else:
            kept |= done.refused
            changed += done.changed
    _restore_received_on(changed, items)
    return kept


def _give_back(actor: User, owner: User | None, ids: list[int], now: dt.datetime) -> services.LeadOutcome:
    note = _("A bulk action was taken back.")
    if owner is None:
        return services.release_leads(actor=actor, leads=ids, note=note, now=now)
    return services.assign_leads(actor=actor, leads=ids, owner=owner, note=note, now=now, quiet=True)


def _restore_received_on(ids: Iterable[int], items: dict[int, BulkItem]) -> None:
    """Clocks go on from the day on which the former owner got the lead."""
    by_day: dict[str, list[int]] = defaultdict(list)
    for pk in ids:
        if day := items[pk].before.get("received_on"):
            by_day[day].append(pk)
    for day, some in by_day.items():
        rows = Lead.objects.filter(pk__in=some, owner__isnull=False)
        rows.update(received_on=dt.date.fromisoformat(day))


def _undo_stage(actor: User, params: Params, items: dict[int, BulkItem], now: dt.datetime) -> Kept:
    kept: Kept = {}
    back: dict[tuple[str, str], list[int]] = defaultdict(list)
    for lead in _reachable(actor, items, kept):
        if lead.stage != params["stage"]:
            kept[lead.pk] = _("Its stage was changed again since.")
        else:
            before = items[lead.pk].before
            back[before["stage"], before["lost_reason"]].append(lead.pk)
    for (stage, reason), ids in back.items():
        done = services.change_stages(actor=actor, leads=ids, stage=stage, lost_reason=reason, now=now)
        kept |= done.refused
        _take_back_steps(done.changed, params["stage"], items)
    return kept


def _take_back_steps(ids: Iterable[int], stage: str, items: dict[int, BulkItem]) -> None:
    """The funnel forgets that the leads were ever moved to `stage` by the action."""
    by_moment: dict[str, list[int]] = defaultdict(list)
    for pk in ids:
        if moment := items[pk].before.get("at"):
            by_moment[moment].append(pk)
    for moment, some in by_moment.items():
        steps = LeadEvent.objects.filter(lead__in=some, kind=LeadEventKind.STAGE, to_stage=stage)
        steps.filter(at=dt.datetime.fromisoformat(moment)).update(taken_back=True)


def _undo_delete(actor: User, params: Params, items: dict[int, BulkItem], now: dt.datetime) -> Kept:
    return services.restore_leads(actor=actor, leads=items, now=now).refused


def _undo_restore(actor: User, params: Params, items: dict[int, BulkItem], now: dt.datetime) -> Kept:
    return services.delete_leads(actor=actor, leads=items, now=now).refused


_UNDO: Mapping[BulkKind, Undo] = {
    BulkKind.LEAD_ASSIGN: _undo_owner,
    BulkKind.LEAD_RELEASE: _undo_owner,
    BulkKind.LEAD_STAGE: _undo_stage,
    BulkKind.LEAD_DELETE: _undo_delete,
    BulkKind.LEAD_RESTORE: _undo_restore,
}
