"""Creating and changing a customer (B1)."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import today
from common.geo import valid_coordinates
from crm.enums import LocationStatus, OwnerChangeReason
from crm.models import Contact, Customer, OwnerChange, Tag
from crm.rules.duplicates import tax_key
from crm.services.audit import audited
from crm.services.contacts import replace_phones
from crm.services.indexing import reindex
from crm.services.locations import location_status_for
from crm.services.numbers import next_codes
from crm.services.owners import require_room

_DERIVED = {
    "name_key",
    "search_text",
    "search_grams",
    "cell",
    "last_visit_on",
    "last_order_on",
    "last_sale_on",
}
_BY_OWNERS = {"pool_locked", "pooled_at", "last_owner", "last_follow_up_on", "next_contact_at"}
_SYSTEM = {"id", "created_at", "updated_at", "created_by"}
# Rows made by a job or an old import have no creator.
_NOT_TYPED = {"created_by", "import_job"}
_WRITABLE = frozenset(f.name for f in Customer._meta.concrete_fields) - _DERIVED - _SYSTEM


@transaction.atomic
def create_customer(*, actor: User | None, code: str = "", **fields: Any) -> Customer:
    """Create a customer; `code` is generated (C000001 …) when empty.

    `fields` are the model's, and `phones` (several numbers in one text), `contact` (the main contact's name), `tags`.
    Without `owner` the actor owns it; `owner=None` puts it into the pool. `created_on` and `received_on` default to
    today's business day. Fills the search columns and writes the first line of the owner history.
    Raises ValidationError by field (also for a code that was taken a moment ago, or a customer the actor would not
    see himself, or when the owner has as many as he may have), TypeError on unknown fields.
    """
    phones, contact, tags = fields.pop("phones", ""), fields.pop("contact", ""), fields.pop("tags", None)
    _refuse_unknown(fields)
    owner = fields.setdefault("owner", actor)
    fields.setdefault("created_on", today())
    if owner is not None:
        require_room(owner=owner)
        fields.setdefault("received_on", fields["created_on"])
    else:
        fields.setdefault("pooled_at", timezone.now())
    fields["code"] = code.strip() or next_codes()[0]
    _normalise(fields)
    customer = Customer(created_by=actor, **fields)
    check_location(customer)
    if "location_status" not in fields:
        customer.location_status = location_status_for(actor=actor, latitude=customer.latitude)
    customer.full_clean(exclude=_NOT_TYPED)
    with audited(actor):
        _save(customer)
        reason = OwnerChangeReason.IMPORTED if customer.import_job_id else OwnerChangeReason.CREATED
        OwnerChange.objects.create(customer=customer, to_user=owner, by=actor, reason=reason)
        _save_related(actor, customer, phones=phones, contact=contact, tags=tags)
    reindex(customer_ids=[customer.pk])
    customer.refresh_from_db(fields=["name_key", "search_text", "search_grams"])
    _require_in_scope(actor, customer)
    return customer


@transaction.atomic
def update_customer(*, actor: User | None, customer: Customer, **fields: Any) -> Customer:
    """Change the given fields of a customer; the owner changes by `assign_owner` only.

    Takes the same `phones`, `contact` and `tags` as `create_customer`. Moving the location makes it "to confirm"
    again unless the actor may confirm. Starts no alert or pool clock anew (domain-rules §5).
    Raises ValidationError by field, TypeError on unknown fields.
    """
    phones, contact, tags = fields.pop("phones", None), fields.pop("contact", None), fields.pop("tags", None)
    _refuse_unknown(fields, {"owner", "received_on", "created_on", "import_job", *_BY_OWNERS})
    if "code" in fields:
        fields["code"] = str(fields["code"]).strip() or customer.code
    _normalise(fields)
    stored = Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
    changed = [field for field, value in fields.items() if getattr(stored, field) != value]
    for field in changed:
        setattr(stored, field, fields[field])
    check_location(stored)
    if {"latitude", "longitude"} & set(changed) and "location_status" not in fields:
        stored.location_status = location_status_for(actor=actor, latitude=stored.latitude)
        changed.append("location_status")
    stored.full_clean(exclude=_NOT_TYPED)
    with audited(actor):
        if changed:
            _save(stored, [*changed, "updated_at"])
        _save_related(actor, stored, phones=phones, contact=contact, tags=tags)
    if {"code", "name"} & set(changed) or phones is not None or contact is not None:
        reindex(customer_ids=[stored.pk])
    _require_in_scope(actor, stored)
    return stored


def _normalise(fields: dict[str, Any]) -> None:
    """A tax id as the duplicate check compares it, so that the index finds it however it was typed."""
    if "tax_id" in fields:
        fields["tax_id"] = tax_key(fields["tax_id"])


def check_location(customer: Customer) -> None:
    """Raise ValidationError for half a location or an impossible one; an absent one is fine."""
    if customer.latitude is None and customer.longitude is None:
        customer.location_status = LocationStatus.NONE
    elif customer.latitude is None or customer.longitude is None:
        raise ValidationError({"longitude": _("Give both latitude and longitude, or neither.")})
    elif not valid_coordinates(customer.latitude, customer.longitude):
        raise ValidationError(
            {"longitude": _("These coordinates are no place on Earth; latitude comes first.")}
        )


def _save(customer: Customer, update_fields: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            customer.save(update_fields=update_fields)
    except IntegrityError as error:
        # Validation saw the code free; somebody else took it since.
        raise ValidationError({"code": _("Another customer has this code already.")}) from error


def _save_related(
    actor: User | None,
    customer: Customer,
    *,
    phones: str | None,
    contact: str | None,
    tags: Iterable[Tag] | None,
) -> None:
    if contact is not None:
        _save_main_contact(customer, contact.strip())
    if phones is not None:
        replace_phones(actor=actor, customer=customer, contact=None, cell=phones)
    if tags is not None:
        customer.tags.set(tags)


def _save_main_contact(customer: Customer, name: str) -> None:
    """The short form's one contact: an empty name leaves what there is."""
    main = Contact.objects.filter(customer=customer, is_primary=True).first()
    if not name or (main and main.name == name):
        return
    main = main or Contact(customer=customer, is_primary=True)
    main.name = name
    try:
        main.full_clean()
    except ValidationError as error:
        raise ValidationError({"contact": error.messages}) from error
    main.save()


def _refuse_unknown(fields: dict[str, Any], also: Iterable[str] = ()) -> None:
    if unknown := set(fields) - (_WRITABLE - set(also)):
        raise TypeError(f"Not fields to write here: {', '.join(sorted(unknown))}")


def _require_in_scope(actor: User | None, customer: Customer) -> None:
    if actor is not None and not Customer.objects.visible_to(actor).filter(pk=customer.pk).exists():
        raise ValidationError({"owner": _("You would not see this customer yourself; choose another owner.")})
