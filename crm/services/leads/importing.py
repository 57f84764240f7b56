"""Many leads of one file at once: the rules of `create_lead`, a handful of statements for a batch (C1)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from auditlog.registry import auditlog
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from common.business_calendar import today
from crm.enums import LeadEventKind
from crm.models import Lead, LeadContact, LeadEvent, LeadImport
from crm.services.audit import log_creations, text
from crm.services.indexing import index_fields
from crm.services.inserting import insert, insert_numbered
from crm.services.leads.base import event, require_new_owner, write_events
from crm.services.leads.writing import PERSON, check_lead, normalise_fields, people_of

_COLUMNS = [field.attname for field in Lead._meta.concrete_fields if not field.primary_key]


@dataclass(frozen=True)
class NewLead:
    """One line: `phones` is one cell as typed, `owner` None the lead pool, `fields` what else `create_lead` takes."""

    name: str
    contact: str = ""
    phones: str = ""
    owner: User | None = None
    fields: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def import_leads(*, actor: User, job: LeadImport, lines: Sequence[NewLead]) -> dict[int, str]:
    """Make a lead of each line; {place in `lines`: why not} of those that are refused, which take nothing with them.

    Each has its line of history and its audit line, as one that was typed.
    """
    refused: dict[int, str] = {}
    made: list[tuple[Lead, list[LeadContact]]] = []
    owners: dict[int, str] = {}
    for place, line in enumerate(lines):
        try:
            _require_owner(actor, line.owner, owners)
            made.append(_unsaved(actor, job, line))
        except ValidationError as error:
            refused[place] = " ".join(error.messages)
    _save(actor, made)
    return refused


def _save(actor: User, made: list[tuple[Lead, list[LeadContact]]]) -> None:
    """Four statements: leads, people, history, audit."""
    leads = [lead for lead, _people in made]
    for lead in leads:
        lead.find_cell()
        lead.updated_at = lead.created_at  # by which undoing tells that nobody has changed it
    keys = insert_numbered(Lead, _COLUMNS, [[getattr(lead, name) for name in _COLUMNS] for lead in leads])
    for lead, pk in zip(leads, keys, strict=True):
        lead.pk = pk
    people = [
        (lead.pk, person.name, person.job, person.raw, person.e164, position)
        for lead, persons in made
        for position, person in enumerate(persons)
    ]
    insert(LeadContact, ("lead_id", "name", "job", "raw", "e164", "position"), people)
    write_events([_first_line(lead, actor) for lead in leads])
    log_creations(actor=actor, rows=[(lead, _made_of(lead)) for lead in leads])


@cache
def _audited() -> dict[str, str]:
    """{name in the audit: attribute} of the fields that the audit of leads follows."""
    left_out = ("id", *auditlog.get_model_fields(Lead)["exclude_fields"])
    return {field.name: field.attname for field in Lead._meta.concrete_fields if field.name not in left_out}


def _made_of(lead: Lead) -> dict[str, list[str]]:
    """What the audit line of a new lead says: its fields that are not empty."""
    values = ((name, getattr(lead, column)) for name, column in _audited().items())
    return {name: [text(None), text(value)] for name, value in values if value not in (None, "", {})}


def _require_owner(actor: User, owner: User | None, known: dict[int, str]) -> None:
    """`require_new_owner`, asked once for each person; `known` keeps the answers."""
    if owner is None:
        return
    if owner.pk not in known:
        try:
            require_new_owner(actor, owner)
            known[owner.pk] = ""
        except ValidationError as error:
            known[owner.pk] = " ".join(error.messages)
    if known[owner.pk]:
        raise ValidationError(known[owner.pk])


def _unsaved(actor: User, job: LeadImport, line: NewLead) -> tuple[Lead, list[LeadContact]]:
    fields = dict(line.fields)
    normalise_fields(fields)
    lead = Lead(
        name=line.name.strip(),
        owner=line.owner,
        received_on=today() if line.owner else None,
        import_job=job,
        created_by=actor,
        **fields,
    )
    if line.owner is None:
        lead.pooled_at = lead.created_at
    # The choices come from the dictionaries as they are read: no query for each.
    check_lead(lead, known=("industry", "region", "source"))
    people = people_of(PERSON[0], line.contact, "", line.phones)
    columns = index_fields(
        code="",
        name=lead.name,
        phones=[person.raw for person in people if person.raw],
        contacts=list(dict.fromkeys(person.name for person in people if person.name)),
    )
    for column, value in columns.items():
        setattr(lead, column, value)
    return lead, people


def _first_line(lead: Lead, actor: User) -> LeadEvent:
    line = event(
        lead,
        LeadEventKind.IMPORTED,
        by=actor,
        to_user_id=lead.owner_id,
        to_stage=lead.stage,
        at=lead.created_at,
    )
    line.from_user_id = None
    return line
