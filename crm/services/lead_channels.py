"""Channels of leads: making and changing them, their secret and mapping, and who stands for which region."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from crm.enums import AssignMode, DictionaryKind
from crm.models import Dictionary, LeadChannel, RegionOwner
from crm.models.lead_capture import new_token
from crm.rules.lead_capture import FIELD_BY_NAME, clean_mapping
from crm.services.audit import audited

_FIELDS = frozenset(
    ("name", "kind", "source", "assign_mode", "per_minute", "form_title", "form_intro", "is_active")
)


def new_secret() -> str:
    """Forty signs nobody guesses, to be shared with the sender."""
    return secrets.token_urlsafe(30)


@transaction.atomic
def save_channel(
    *, actor: User, channel: LeadChannel | None = None, assignees: Iterable[User] | None = None, **fields: Any
) -> LeadChannel:
    """Make or change a channel. `assignees` None leaves the people as they are.

    Raises ValidationError by field, TypeError on a field that is not to be set here.
    """
    if unknown := set(fields) - _FIELDS:
        raise TypeError(f"Not fields of a channel to write here: {', '.join(sorted(unknown))}")
    people = None if assignees is None else list(assignees)
    made = channel if channel is not None else LeadChannel(created_by=actor)
    for name, value in fields.items():
        setattr(made, name, value)
    made.full_clean(exclude={"source", "created_by", "last_assignee"})
    if people is not None:
        _require_people(actor, made, people)
    with audited(actor):
        if channel is None:
            made.save()
        else:
            made.save(update_fields=sorted(fields))
        if people is not None:
            made.assignees.set(people)
    return made


def _require_people(actor: User, channel: LeadChannel, people: list[User]) -> None:
    if channel.assign_mode == AssignMode.EVENLY and not people:
        raise ValidationError({"assignees": _("Choose the people among whom the leads go round.")})
    # People of another department whom somebody else chose stay.
    present = set(channel.assignees.values_list("pk", flat=True)) if channel.pk else set()
    new = {person.pk for person in people} - present
    if User.objects.active().visible_to(actor).filter(pk__in=new).count() != len(new):
        raise ValidationError({"assignees": _("You can give leads only to people you are responsible for.")})


@transaction.atomic
def set_secret(*, actor: User, channel: LeadChannel, secret: str) -> LeadChannel:
    """Set, change or (with "") drop the secret; calls signed with the old one are refused from now on."""
    if secret and len(secret) < 16:
        raise ValidationError({"secret": _("A secret has at least 16 characters.")})
    channel.secret = secret
    channel.full_clean(exclude={"source", "created_by", "last_assignee"})
    with audited(actor):
        channel.save(update_fields=["secret"])
    return channel


@transaction.atomic
def change_address(*, actor: User, channel: LeadChannel) -> LeadChannel:
    """Give the channel a new address; the old one is unknown from now on."""
    channel.token = new_token()
    with audited(actor):
        channel.save(update_fields=["token"])
    return channel


def name_is_missing() -> ValidationError:
    """Why a mapping is refused that leaves leads without a name."""
    return ValidationError(
        _("Match “%(name)s” or “%(contact)s” to a value: a lead must be called something.")
        % {"name": FIELD_BY_NAME["name"].label, "contact": FIELD_BY_NAME["contact"].label}
    )


@transaction.atomic
def set_mapping(*, actor: User, channel: LeadChannel, mapping: Mapping[str, str]) -> LeadChannel:
    """Say where our fields stand in what the channel sends; {} lets the names be guessed.

    Raises ValidationError for a mapping with neither name nor contact, also when nothing of it is known: nothing that
    came in could become a lead.
    """
    chosen = clean_mapping(mapping)
    if mapping and not {"name", "contact"} & set(chosen):
        raise name_is_missing()
    channel.mapping = chosen
    with audited(actor):
        channel.save(update_fields=["mapping"])
    return channel


@transaction.atomic
def set_all_region_people(*, actor: User, wanted: Mapping[Dictionary, Iterable[int]]) -> None:
    """Say who gets the leads of each region, by ids of people the actor is responsible for; others stay.

    Raises ValidationError for somebody he is not responsible for, or for what is no region.
    """
    reach = set(User.objects.active().visible_to(actor).values_list("pk", flat=True))
    for region, ids in wanted.items():
        people = set(ids)
        if region.kind != DictionaryKind.REGION:
            raise ValidationError(_("This is no region."))
        if not people <= reach:
            raise ValidationError(_("You can give leads only to people you are responsible for."))
        rows = RegionOwner.objects.filter(region=region)
        present = set(rows.values_list("user_id", flat=True))
        rows.filter(user_id__in=(present & reach) - people).delete()
        new = [RegionOwner(region=region, user_id=pk) for pk in sorted(people - present)]
        RegionOwner.objects.bulk_create(new, ignore_conflicts=True)
