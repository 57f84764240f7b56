"""Many leads of one file at once: the rules of `create_lead`, a handful of statements for a batch (C1)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from common.business_calendar import today
from crm.enums import LeadEventKind
from crm.models import Lead, LeadContact, LeadEvent, LeadImport
from crm.services.indexing import index_fields
from crm.services.leads.base import CHUNK, event, require_new_owner, write_events
from crm.services.leads.writing import PERSON, check_lead, normalise_fields, people_of


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

    The lines of history and the job say who brought them; an audit line for each is not written.
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
    Lead.objects.bulk_create([lead for lead, _people in made], batch_size=CHUNK)
    contacts = []
    for lead, people in made:
        for position, person in enumerate(people):
            person.lead, person.position = lead, position
        contacts += people
    LeadContact.objects.bulk_create(contacts, batch_size=CHUNK)
    write_events([_first_line(lead, actor) for lead, _people in made])
    return refused


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
