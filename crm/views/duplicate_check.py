"""Is this shop here already? Asked while typing and when saving (B5)."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from common.geo import valid_coordinates
from common.throttle import wait_seconds
from crm.models import Customer, Lead
from crm.queries.duplicates import DuplicateHit, find_duplicates
from crm.rules.duplicates import worth_checking
from crm.views.access import current_user, visible_customer

CHECKED = ("name", "phones", "tax_id", "province", "city", "latitude", "longitude")
# Enough for somebody who types fast; far too little to try out phone numbers one by one.
CHECKS_A_MINUTE = 40
_MAY_ASK = ("crm.add_customer", "crm.change_customer", "crm.add_lead", "crm.change_lead", "crm.convert_lead")


def hits_for(
    request: HttpRequest,
    values: dict[str, Any],
    *,
    customer: Customer | None = None,
    lead: Lead | None = None,
    changed: set[str] | None = None,
) -> list[DuplicateHit]:
    """Who may be the same; of a record that exists only its `changed` fields are compared.

    Raises ValidationError when the user has asked too often: saving must not tell more than typing does.
    """
    record = customer or lead
    asked = values if record is None else worth_checking(values, changed or set())
    if not any(asked.get(name) for name in ("name", "phones", "tax_id")):
        return []
    user = current_user(request)
    if wait_seconds(f"duplicates-{user.pk}", a_minute=CHECKS_A_MINUTE, now=timezone.now()):
        raise ValidationError(_("Many checks in a short time. Wait a minute and save again."))
    return find_duplicates(
        user=user,
        **{name: asked.get(name) or "" for name in ("name", "phones", "tax_id", "province", "city")},
        latitude=asked.get("latitude"),
        longitude=asked.get("longitude"),
        exclude_customer=customer.pk if customer else None,
        exclude_lead=lead.pk if lead else None,
    )


@require_GET
def duplicate_check(request: HttpRequest) -> HttpResponse:
    """Fragment under the form: what it would find if it were saved now."""
    if not any(current_user(request).has_perm(permission) for permission in _MAY_ASK):
        raise PermissionDenied
    customer, lead = _record(request)
    values = _typed(request)
    context: dict[str, Any]
    try:
        changed = _changed(customer or lead, values)
        hits = hits_for(request, values, customer=customer, lead=lead, changed=changed)
        context = {"hits": hits}
    except ValidationError:
        context = {"wait": True}
    return TemplateResponse(request, "crm/_duplicate_answer.html", context)


def _record(request: HttpRequest) -> tuple[Customer | None, Lead | None]:
    """The record that is edited, if any; 404 for one the user does not see."""
    customer, lead = request.GET.get("customer", ""), request.GET.get("lead", "")
    if customer.isdecimal():
        return visible_customer(request, int(customer)), None
    if lead.isdecimal():
        return None, get_object_or_404(Lead.objects.visible_to(current_user(request)), pk=int(lead))
    return None, None


def _typed(request: HttpRequest) -> dict[str, Any]:
    """What is in the form so far; half a number is none yet, and NUL, which no column may hold, is nothing."""
    values: dict[str, Any] = {name: request.GET.get(name, "")[:300].replace("\0", "") for name in CHECKED}
    for name in ("latitude", "longitude"):
        try:
            values[name] = float(values[name])
        except ValueError:
            values[name] = None
    if not valid_coordinates(values["latitude"], values["longitude"]):
        values["latitude"] = values["longitude"] = None
    return values


def _changed(record: Customer | Lead | None, values: dict[str, Any]) -> set[str]:
    """Which of the typed values differ from those of the record."""
    if record is None:
        return set(CHECKED)
    if isinstance(record, Customer):
        own = [phone.raw for phone in record.phones.filter(contact__isnull=True)]
    else:
        people = list(record.contacts.all())
        # A lead's form shows the first person only.
        own = [person.raw for person in people if person.name == people[0].name]
    stored = {
        "phones": "、".join(raw for raw in own if raw),
        "latitude": None if record.latitude is None else round(record.latitude, 6),
        "longitude": None if record.longitude is None else round(record.longitude, 6),
    }
    for name in ("name", "tax_id", "province", "city"):
        stored[name] = getattr(record, name)
    return {name for name, value in values.items() if value != stored[name]}
