"""People at a customer, and everybody's phones."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common.phones import normalise_phone, split_phones
from common.punctuation import listed
from crm.models import Contact, Customer, Phone
from crm.rules.follow_ups import makes_ring
from crm.services.audit import audited, log_changes, text
from crm.services.indexing import reindex

_FIELDS = frozenset(
    {
        *("name", "position", "role", "reports_to", "project", "needs", "hobbies", "birthday"),
        *("is_primary", "notes"),
    }
)
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
    log_changes(actor=actor, changes=[(customer, {"phones": [listed(before), listed(after)]})])
    return True


@transaction.atomic
def save_contact(
    *, actor: User, customer: Customer, contact: Contact | None = None, **fields: Any
) -> Contact:
    """Add a contact, or change `contact`. Fields: those of the model, and phones (several numbers in one text).

    At most one contact is the main one: making this one so takes it from the other; the first contact is it anyway.
    `reports_to` is a person of the same customer who does not answer to this one, at whatever distance (B2).
    Raises ValidationError by field, TypeError on a field contacts do not have.
    """
    cell: str | None = fields.pop("phones", None)
    if unknown := set(fields) - _FIELDS:
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
    if fields.get("reports_to") is not None:
        _require_superior(contact)
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


def _require_superior(contact: Contact) -> None:
    """Refuse a superior of another customer and a ring; the caller holds the lock of the customer's contacts."""
    superiors: dict[int, int | None] = dict(
        Contact.objects.filter(customer_id=contact.customer_id).values_list("pk", "reports_to_id")
    )
    if contact.reports_to_id not in superiors:
        raise ValidationError({"reports_to": _("This person belongs to another customer.")})
    if contact.pk and makes_ring(contact.pk, contact.reports_to_id, superiors):
        raise ValidationError(
            {"reports_to": _("%(person)s answers to this contact already.") % {"person": contact.reports_to}}
        )


@transaction.atomic
def delete_contact(*, actor: User, contact: Contact) -> None:
    """Remove a contact with its phones.

    The oldest other one becomes the main contact when this was it; who answered to it answers to its superior.
    """
    customer_id = contact.customer_id
    Customer.objects.select_for_update(of=("self",)).only("pk").get(pk=customer_id)
    superior = Contact.objects.filter(pk=contact.pk).values_list("reports_to_id", flat=True).first()
    below = list(Contact.objects.filter(reports_to=contact.pk))
    moves: dict[str, list[str]] = {"reports_to": [text(contact.pk), text(superior)]}
    log_changes(actor=actor, changes=[(person, moves) for person in below])
    Contact.objects.filter(pk__in=[person.pk for person in below]).update(reports_to=superior)
    with audited(actor):
        contact.delete()
    rest = Contact.objects.filter(customer_id=customer_id)
    if not rest.filter(is_primary=True).exists() and (heir := rest.order_by("pk").first()):
        Contact.objects.filter(pk=heir.pk).update(is_primary=True)
    reindex(customer_ids=[customer_id])
