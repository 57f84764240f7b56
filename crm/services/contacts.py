"""People at a customer, and everybody's phones."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common.phones import normalise_phone, split_phones
from crm.models import Contact, Customer, Phone
from crm.services.audit import audited, log_changes
from crm.services.indexing import reindex

_RAW_LENGTH: int = Phone._meta.get_field("raw").max_length or 0


def parse_phones(cell: str) -> list[Phone]:
    """Unsaved phones of one field as typed; those that cannot be parsed have no `e164` (interfaces: import columns).

    Raises ValidationError when one piece is too long to be a number.
    """
    phones = []
    for position, raw in enumerate(split_phones(cell)):
        if len(raw) > _RAW_LENGTH:
            raise ValidationError({"phones": _("“%(text)s …” is too long for a phone.") % {"text": raw[:20]}})
        phones.append(Phone(raw=raw, e164=normalise_phone(raw), position=position))
    return phones


def replace_phones(*, actor: User | None, customer: Customer, contact: Contact | None, cell: str) -> bool:
    """Make the phones of the customer itself, or of one contact, those in `cell`; returns whether that changed any.

    The caller holds the transaction and indexes the customer anew.
    """
    wanted = parse_phones(cell)
    present = Phone.objects.filter(customer=customer, contact=contact)
    before, after = [phone.raw for phone in present], [phone.raw for phone in wanted]
    if before == after:
        return False
    present.delete()
    for phone in wanted:
        phone.customer, phone.contact = customer, contact
    Phone.objects.bulk_create(wanted)
    log_changes(actor=actor, changes=[(customer, {"phones": [", ".join(before), ", ".join(after)]})])
    return True


@transaction.atomic
def save_contact(
    *, actor: User, customer: Customer, contact: Contact | None = None, **fields: Any
) -> Contact:
    """Add a contact, or change `contact`. Fields: name, position, birthday, is_primary, notes, phones (one cell).

    At most one contact is the main one: making this one so takes it from the other; the first contact is it anyway.
    Raises ValidationError by field, TypeError on a field contacts do not have.
    """
    cell: str | None = fields.pop("phones", None)
    if unknown := set(fields) - {"name", "position", "birthday", "is_primary", "notes"}:
        raise TypeError(f"Not fields of a contact: {', '.join(sorted(unknown))}")
    # The customer's row is the lock of all its contacts: two main ones at once would break the constraint.
    Customer.objects.select_for_update(of=("self",)).only("pk").get(pk=customer.pk)
    others = Contact.objects.filter(customer=customer)
    if contact is None:
        contact = Contact(customer=customer)
        fields["is_primary"] = bool(fields.get("is_primary")) or not others.filter(is_primary=True).exists()
    else:
        others = others.exclude(pk=contact.pk)
    for field, value in fields.items():
        setattr(contact, field, value)
    with audited(actor):
        if contact.is_primary:
            others.filter(is_primary=True).update(is_primary=False)
        contact.full_clean()
        if contact.pk:
            contact.save(update_fields=list(fields))
        else:
            contact.save()
    if cell is not None:
        replace_phones(actor=actor, customer=customer, contact=contact, cell=cell)
    reindex(customer_ids=[customer.pk])
    return contact


@transaction.atomic
def delete_contact(*, actor: User, contact: Contact) -> None:
    """Remove a contact with its phones; the oldest other one becomes the main contact when this was it."""
    customer_id = contact.customer_id
    Customer.objects.select_for_update(of=("self",)).only("pk").get(pk=customer_id)
    with audited(actor):
        contact.delete()
    rest = Contact.objects.filter(customer_id=customer_id)
    if not rest.filter(is_primary=True).exists() and (heir := rest.order_by("pk").first()):
        Contact.objects.filter(pk=heir.pk).update(is_primary=True)
    reindex(customer_ids=[customer_id])
