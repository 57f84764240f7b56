"""Making a lead and changing what is known of it (C1)."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import today
from common.geo import valid_coordinates
from crm.enums import LeadEventKind
from crm.models import Lead, LeadChannel, LeadContact, LeadImport
from crm.rules.duplicates import tax_key
from crm.services.audit import audited, log_changes
from crm.services.contacts import parse_phones
from crm.services.leads.base import event, reindex_lead, require_new_owner, visible_lead

_FIELDS = frozenset(
    (
        *("name", "industry", "region", "source", "province", "city", "district", "address"),
        *("latitude", "longitude", "tax_id", "notes", "extra"),
    )
)
_AT_BIRTH = {"uuid", "created_at"}
_NOT_TYPED = {"created_by", "import_job", "channel", "last_owner", "customer", "deleted_by", "owner"}
# The fields that a form has for each of two people: name, position, phones.
PERSON = (("contact", "job", "phones"), ("contact2", "job2", "phones2"))
MAX_NOTES: int = Lead._meta.get_field("notes").max_length or 0
# "The actor" cannot be a default value, and None is the lead pool.
_ACTOR: Any = object()


@transaction.atomic
def create_lead(
    *,
    actor: User | None,
    name: str,
    contact: str = "",
    phones: str = "",
    owner: User | None = _ACTOR,
    kind: LeadEventKind = LeadEventKind.CREATED,
    channel: LeadChannel | None = None,
    external_id: str = "",
    import_job: LeadImport | None = None,
    **fields: Any,
) -> Lead:
    """Make a lead with its search columns and the first line of its history.

    `phones` is one cell as typed; `job` the contact's position; `contact2`, `job2` and `phones2` are a second person.
    Without `owner` the actor has it; None puts it into
    the lead pool. Fields: industry, region, source, province, city, district, address, latitude and longitude
    (WGS-84 degrees), tax_id, notes, extra, uuid, created_at. `actor` None is a channel or a job.
    Raises ValidationError by field (`external_id`: this channel's lead is here already), TypeError on other fields.
    """
    job = fields.pop("job", "")
    second = {key: fields.pop(key, "") for key in PERSON[1]}
    _refuse_unknown(set(fields) - _AT_BIRTH)
    normalise_fields(fields)
    owner = actor if owner is _ACTOR else owner
    if owner is not None:
        require_new_owner(actor, owner)
    lead = Lead(
        name=name.strip(),
        owner=owner,
        received_on=today() if owner else None,
        channel=channel,
        external_id=external_id.strip(),
        import_job=import_job,
        created_by=actor,
        **fields,
    )
    if owner is None:
        lead.pooled_at = lead.created_at
    check_lead(lead)
    people = people_of(PERSON[0], contact, job, phones)
    if any(second.values()):
        people += people_of(PERSON[1], *second.values())
        _require_two_names(people[0].name if people else None, second["contact2"])
    with audited(actor):
        _save(lead)
    for position, person in enumerate(people):
        person.lead, person.position = lead, position
    LeadContact.objects.bulk_create(people)
    reindex_lead(lead)
    to_owner = owner.pk if owner else None
    made = event(lead, kind, by=actor, to_user_id=to_owner, to_stage=lead.stage, at=lead.created_at)
    made.from_user_id = None
    made.save()
    return lead


@transaction.atomic
def update_lead(*, actor: User | None, lead: Lead, **fields: Any) -> Lead:
    """Change the given fields of a lead; owner and stage have functions of their own.

    `contact`, `job` and `phones` replace the first person of the lead, `contact2`, `job2` and `phones2` the second, all
    three empty remove him; other people stay. Starts no clock anew.
    Raises ValidationError by field or when the lead is a customer already, TypeError on other fields.
    """
    cells: dict[str, str] = {key: fields.pop(key) for keys in PERSON for key in keys if key in fields}
    _refuse_unknown(set(fields))
    normalise_fields(fields)
    stored = visible_lead(actor, lead)
    require_not_converted(stored)
    changed = [key for key, value in fields.items() if getattr(stored, key) != value]
    for key in changed:
        setattr(stored, key, fields[key])
    check_lead(stored)
    with audited(actor):
        if changed:
            stored.save(update_fields=[*changed, "updated_at"])
    if cells:
        _replace_people(actor, stored, cells)
    if cells or "name" in changed:
        reindex_lead(stored)
    return stored


def require_not_converted(lead: Lead) -> None:
    """Raise ValidationError for a lead that is a customer: what happens from now on happens there."""
    if lead.stage == "converted":
        raise ValidationError(_("“%(name)s” is a customer already."), params={"name": lead.name})


def check_lead(lead: Lead, known: Iterable[str] = ()) -> None:
    """Raise ValidationError by field for what cannot be saved; relations in `known` are not looked up."""
    if (lead.latitude is None) != (lead.longitude is None):
        raise ValidationError({"longitude": _("Give both latitude and longitude, or neither.")})
    if (
        lead.latitude is not None
        and lead.longitude is not None
        and not valid_coordinates(lead.latitude, lead.longitude)
    ):
        raise ValidationError(
            {"longitude": _("These coordinates are no place on Earth; latitude comes first.")}
        )
    if len(lead.notes) > MAX_NOTES:
        # The model's own limit of a text only holds in forms.
        raise ValidationError({"notes": _("At most %(n)s characters.") % {"n": MAX_NOTES}})
    # The database has the last word on channel and id, for two at once as well; see _save.
    lead.full_clean(exclude=_NOT_TYPED | set(known), validate_unique=not known, validate_constraints=False)


def _save(lead: Lead) -> None:
    try:
        with transaction.atomic():
            lead.save()
    except IntegrityError as error:
        taken = Lead.objects.filter(channel=lead.channel, external_id=lead.external_id)
        if not lead.external_id or not taken.exists():
            raise
        raise ValidationError({"external_id": _("This channel has sent this lead before.")}) from error


def people_of(keys: tuple[str, str, str], contact: str, job: str, phones: str) -> list[LeadContact]:
    """Unsaved rows of one person: one for each phone, or one with the name alone. `keys` name the fields typed in."""
    name, job = contact.strip(), job.strip()
    parsed = parse_phones(phones)
    rows = [LeadContact(name=name, job=job, raw=phone.raw, e164=phone.e164) for phone in parsed]
    if not rows and (name or job):
        rows = [LeadContact(name=name, job=job)]
    for row in rows:
        try:
            row.clean_fields(exclude={"lead"})
        except ValidationError as error:
            raise ValidationError({keys[0]: error.messages}) from error
    return rows


def _require_two_names(first: str | None, second: str) -> None:
    """Rows of one name are one person: a second needs a name of his own."""
    if first is not None and first == second.strip():
        raise ValidationError({"contact2": _("Give the second person a name of his own.")})


def _replace_people(actor: User | None, lead: Lead, cells: dict[str, str]) -> None:
    present: dict[str, list[LeadContact]] = {}
    for row in LeadContact.objects.filter(lead=lead):
        present.setdefault(row.name, []).append(row)
    groups = list(present.values())
    wanted: list[list[LeadContact]] = []
    changes: dict[str, list[str]] = {}
    for place, keys in enumerate(PERSON):
        old = groups[place] if place < len(groups) else []
        before = _cells(keys, old)
        after = {**before, **{key: cells[key] for key in keys if key in cells}}
        rows = people_of(keys, *after.values()) if after != before else old
        wanted.append(rows)
        if _cells(keys, rows) != before:
            changes |= {key: [before[key], after[key]] for key in keys if before[key] != after[key]}
    if not changes:
        return
    if all(wanted):
        _require_two_names(wanted[0][0].name, wanted[1][0].name)
    everybody = [row for rows in (*wanted, *groups[len(PERSON) :]) for row in rows]
    kept = {row.pk for row in everybody}
    LeadContact.objects.filter(lead=lead).exclude(pk__in=kept - {None}).delete()
    for position, row in enumerate(everybody):
        row.lead, row.position = lead, position
    LeadContact.objects.bulk_create([row for row in everybody if row.pk is None])
    LeadContact.objects.bulk_update([row for row in everybody if row.pk is not None], ["position"])
    log_changes(actor=actor, changes=[(lead, changes)])


def _cells(keys: tuple[str, str, str], rows: list[LeadContact]) -> dict[str, str]:
    """A person's rows as the three cells they were typed in."""
    name, job = (rows[0].name, rows[0].job) if rows else ("", "")
    return dict(zip(keys, (name, job, "、".join(row.raw for row in rows if row.raw)), strict=True))


def normalise_fields(fields: dict[str, Any]) -> None:
    """A tax id as the duplicate check compares it, so that the index finds it however it was typed."""
    if "tax_id" in fields:
        fields["tax_id"] = tax_key(fields["tax_id"])


def _refuse_unknown(names: set[str]) -> None:
    if unknown := names - _FIELDS:
        raise TypeError(f"Not fields of a lead to write here: {', '.join(sorted(unknown))}")
