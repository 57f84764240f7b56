"""What the writers of leads share: the answer of a bulk action, history lines, the columns search reads."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from crm.enums import LeadEventKind
from crm.models import Lead, LeadContact, LeadEvent
from crm.services.indexing import index_fields
from crm.services.inserting import insert

_EVENT = ("lead_id", "kind", "from_user_id", "to_user_id", "from_stage", "to_stage", "note", "by_id", "at")
CHUNK = 1000  # rows of one statement: SQLite binds at most 32,766 values


@dataclass
class LeadOutcome:
    """What a bulk action did: ids it changed, and for each other id why not."""

    changed: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


def chunks(ids: Iterable[int]) -> list[list[int]]:
    """The ids, each once, ascending, in pieces of CHUNK."""
    unique = sorted(set(ids))
    return [unique[start : start + CHUNK] for start in range(0, len(unique), CHUNK)]


def not_yours() -> str:
    """One reason for "there is none" and "it is not yours": an id tells an outsider nothing."""
    return _("This lead is not among yours or your people's.")


def require_new_owner(actor: User | None, owner: User) -> None:
    """Raise ValidationError when `owner` is inactive or not among the actor's people (None: a job)."""
    if not owner.is_active:
        raise ValidationError(_("%(person)s is no longer active."), params={"person": str(owner)})
    if actor is None or owner.pk == actor.pk:
        return
    if not User.objects.visible_to(actor).filter(pk=owner.pk).exists():
        raise ValidationError(_("You can give leads only to people you are responsible for."))


def visible_lead(actor: User | None, lead: Lead) -> Lead:
    """The lead as it is stored now, its row locked. Raises ValidationError when the actor does not see it."""
    rows = Lead.objects.all() if actor is None else Lead.objects.visible_to(actor)
    stored: Lead | None = rows.select_for_update(of=("self",)).filter(pk=lead.pk).first()
    if stored is None:
        raise ValidationError(not_yours())
    return stored


def write_events(events: Sequence[LeadEvent]) -> None:
    insert(LeadEvent, _EVENT, [[_plain(getattr(line, name)) for name in _EVENT] for line in events])


def _plain(value: Any) -> Any:
    """Choices as text: psycopg asks an enumeration what it is, for each row anew."""
    return str(value) if isinstance(value, Enum) else value


def event(
    lead: Lead,
    kind: LeadEventKind,
    *,
    by: User | None,
    to_user_id: int | None = None,
    from_stage: str = "",
    to_stage: str = "",
    note: str = "",
    at: dt.datetime | None = None,
) -> LeadEvent:
    """An unsaved line of history; `from_user` is the owner the lead object has."""
    return LeadEvent(
        lead=lead,
        kind=kind,
        from_user_id=lead.owner_id,
        to_user_id=to_user_id,
        from_stage=from_stage,
        to_stage=to_stage,
        note=note[:500],
        by=by,
        at=at or timezone.now(),
    )


def reindex_lead(lead: Lead) -> None:
    """Bring the lead's search columns up to date with its name and contacts; does not touch `updated_at`."""
    contacts = list(LeadContact.objects.filter(lead=lead))
    columns = index_fields(
        code="",
        name=lead.name,
        phones=[contact.raw for contact in contacts if contact.raw],
        contacts=list(dict.fromkeys(contact.name for contact in contacts if contact.name)),
    )
    Lead.objects.filter(pk=lead.pk).update(**columns)
    for column, value in columns.items():
        setattr(lead, column, value)
