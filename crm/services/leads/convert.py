"""Making a customer out of a lead (C3)."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from crm.enums import LeadEventKind, LeadStage, OwnerChangeReason
from crm.models import Contact, Customer, FollowUp, Lead, LeadContact, OwnerChange, Phone
from crm.services.audit import log_changes, text
from crm.services.contacts import save_contact
from crm.services.customers import create_customer, update_customer
from crm.services.indexing import reindex
from crm.services.leads.base import event, visible_lead
from crm.services.leads.writing import MAX_NOTES

_CARRIED = ("name", "industry", "region", "source", "tax_id", "notes", "extra")
_PLACE = ("province", "city", "district", "address")
_POINT = ("latitude", "longitude")


@transaction.atomic
def convert_lead(
    *,
    actor: User,
    lead: Lead,
    into: Customer | None = None,
    now: dt.datetime | None = None,
    **fields: Any,
) -> Customer:
    """Turn a lead into a new customer of the lead's owner (of the actor, out of the pool), or into `into`.

    Goes through `create_customer`, so the owner's caps hold. Carries place, tax id, region, industry, source, notes,
    further fields, all people with their phones, and the follow-ups with their photos; `fields` are the customer's
    own and go before the lead's. An existing customer keeps what it has: only its empty fields are filled, notes are
    added below its own. Converting again answers the same customer.
    Raises ValidationError when the actor does not see the lead, may not change `into`, or a cap is reached.
    """
    now = now or timezone.now()
    stored = visible_lead(actor, lead)
    if stored.stage == LeadStage.CONVERTED:
        return _present(stored)
    customer = _create(actor, stored, fields) if into is None else _merge_into(actor, stored, into)
    _carry_people(actor, stored, customer)
    _carry_follow_ups(stored, customer)
    _close(actor, stored, customer, now)
    return customer


def _present(lead: Lead) -> Customer:
    if lead.customer is None:
        raise ValidationError(_("The customer this lead became is no longer here."))
    return lead.customer


def _create(actor: User, lead: Lead, fields: dict[str, Any]) -> Customer:
    carried = {name: getattr(lead, name) for name in (*_CARRIED, *_PLACE, *_POINT)}
    owner = lead.owner or actor
    customer = create_customer(actor=actor, **{"owner": owner, **carried, **fields})
    OwnerChange.objects.filter(customer=customer).update(reason=OwnerChangeReason.CONVERTED)
    return customer


def _merge_into(actor: User, lead: Lead, into: Customer) -> Customer:
    customer = Customer.objects.editable_by(actor).select_for_update(of=("self",)).filter(pk=into.pk).first()
    if customer is None:
        raise ValidationError(_("You may not change this customer; its owner can use it."))
    return update_customer(actor=actor, customer=customer, **_missing(lead, customer))


def _missing(lead: Lead, customer: Customer) -> dict[str, Any]:
    """What the lead knows and the customer does not. Place and point go as a whole: half of each would be neither."""
    fields: dict[str, Any] = {
        name: getattr(lead, name)
        for name in ("industry", "region", "source", "tax_id")
        if getattr(lead, name) and not getattr(customer, name)
    }
    if lead.full_address and not customer.full_address:
        fields |= {name: getattr(lead, name) for name in _PLACE}
    if lead.latitude is not None and not customer.has_location:
        fields |= {name: getattr(lead, name) for name in _POINT}
    if lead.notes and lead.notes not in customer.notes:
        fields["notes"] = f"{customer.notes}\n{lead.notes}".strip()[:MAX_NOTES]
    if new := {key: value for key, value in lead.extra.items() if key not in customer.extra}:
        fields["extra"] = {**customer.extra, **new}
    return fields


def _carry_people(actor: User, lead: Lead, customer: Customer) -> None:
    """Each named person becomes a contact with his phones, numbers without a name the shop's own; none twice."""
    rows = list(LeadContact.objects.filter(lead=lead))
    known = _known_phones(customer)
    present = {contact.name: contact for contact in Contact.objects.filter(customer=customer)}
    for name in dict.fromkeys(row.name for row in rows):
        mine = [row for row in rows if row.name == name]
        new = [row for row in mine if row.raw and (row.e164 or row.raw) not in known]
        known |= {row.e164 or row.raw for row in new}
        contact = present.get(name)
        if name and contact is None:
            job = next((row.job for row in mine if row.job), "")
            contact = save_contact(actor=actor, customer=customer, name=name, position=job)
        _add_phones(customer, contact, new)
    reindex(customer_ids=[customer.pk])
    customer.refresh_from_db(fields=["search_text", "search_grams", "name_key"])


def _known_phones(customer: Customer) -> set[str]:
    return {phone.e164 or phone.raw for phone in Phone.objects.filter(customer=customer)}


def _add_phones(customer: Customer, contact: Contact | None, rows: Iterable[LeadContact]) -> None:
    taken = Phone.objects.filter(customer=customer, contact=contact).aggregate(last=Max("position"))["last"]
    first = 0 if taken is None else taken + 1
    Phone.objects.bulk_create(
        Phone(customer=customer, contact=contact, raw=row.raw, e164=row.e164, position=position)
        for position, row in enumerate(rows, start=first)
    )


def _carry_follow_ups(lead: Lead, customer: Customer) -> None:
    """One UPDATE: photos and voice notes hang on the follow-ups and come along."""
    FollowUp.objects.filter(lead=lead).update(customer=customer, lead=None)
    fields: dict[str, Any] = {}
    if lead.last_follow_up_on and lead.last_follow_up_on > (customer.last_follow_up_on or dt.date.min):
        # The later talk also says when to be in touch again.
        fields = {"last_follow_up_on": lead.last_follow_up_on, "next_contact_at": lead.next_contact_at}
    elif lead.next_contact_at and customer.next_contact_at is None:
        fields = {"next_contact_at": lead.next_contact_at}
    if fields:
        Customer.objects.filter(pk=customer.pk).update(**fields)
        for name, value in fields.items():
            setattr(customer, name, value)


def _close(actor: User, lead: Lead, customer: Customer, now: dt.datetime) -> None:
    owner_id = lead.owner_id or customer.owner_id
    closed = Lead.objects.filter(pk=lead.pk, stage=lead.stage, deleted_at__isnull=True).update(
        stage=LeadStage.CONVERTED,
        customer=customer,
        converted_at=now,
        lost_reason="",
        # A lead out of the pool belongs from now on to whoever made the customer of it.
        owner=owner_id,
        received_on=lead.received_on or (customer.received_on if owner_id else None),
        pooled_at=None,
        next_contact_at=None,
    )
    if not closed:
        raise ValidationError(_("Somebody else has just moved this lead; look again."))
    event(
        lead,
        LeadEventKind.CONVERTED,
        by=actor,
        to_user_id=owner_id,
        from_stage=lead.stage,
        to_stage=LeadStage.CONVERTED,
        note=customer.code,
        at=now,
    ).save()
    states = [str(lead.stage), LeadStage.CONVERTED.value]
    log_changes(
        actor=actor,
        changes=[(lead, {"stage": states, "customer": [text(None), text(customer.pk)]})],
    )
