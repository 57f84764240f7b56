"""Check-in (domain-rules §2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import SystemOptions, User
from common.business_calendar import business_day
from common.photos import PreparedPhoto, Upload, prepare_photos
from crm import services as crm
from crm.models import Customer
from visits import queries, rules, signals
from visits.enums import PhotoKind
from visits.models import Visit
from visits.rules import FenceCheck, Fix, Refusal
from visits.services.photos import store_photos
from visits.services.tasks import task_for_visit

# Each lost race means that somebody else's row is there now, so the next look refuses or takes the next number.
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class _Arrival:
    """One check-in as it came: who, where, when, and what the switches say."""

    actor: User
    customer: Customer
    fix: Fix | None
    occurred_at: dt.datetime
    received_at: dt.datetime
    reason: str
    online: bool
    uuid: UUID
    options: SystemOptions

    @property
    def day(self) -> dt.date:
        return business_day(self.occurred_at)

    @property
    def store(self) -> tuple[float, float] | None:
        customer = self.customer
        return (customer.latitude, customer.longitude) if customer.has_location else None  # type: ignore[return-value]


def check_in(
    *,
    actor: User,
    customer_id: int,
    fix: Fix | None,
    occurred_at: dt.datetime | None = None,
    now: dt.datetime | None = None,
    outside_reason: str = "",
    photos: Sequence[Upload | PreparedPhoto] = (),
    uuid: UUID | None = None,
    online: bool = True,
) -> Visit:
    """Open a visit of `actor` at a customer he sees; `occurred_at` is the phone's time, `now` the server's.

    The same `uuid` again answers with the visit it made. `online=False` is for queued actions, which are late by
    nature. Raises ValidationError, its `code` one of customer, uuid, open_visit, already_visited, outside, reason,
    unverified, time, photo; the first two visits named carry `params["visit_id"]`.
    """
    received_at = now or timezone.now()
    if uuid is not None and (known := _known(actor=actor, customer_id=customer_id, uuid=uuid)):
        return known
    prepared = prepare_photos(photos)
    with transaction.atomic():
        customer = Customer.objects.visible_to(actor).filter(pk=customer_id).first()
        if customer is None:
            raise ValidationError(
                _("This customer is not yours, so you cannot check in there."), code="customer"
            )
        arrival = _Arrival(
            actor=actor,
            customer=customer,
            fix=fix,
            occurred_at=occurred_at or received_at,
            received_at=received_at,
            reason=outside_reason.strip(),
            online=online,
            uuid=uuid or uuid4(),
            options=SystemOptions.load(),
        )
        try:
            check, taken = _check(arrival, has_photo=bool(prepared))
            visit, is_new = _open(arrival, check, taken)
        except ValidationError:
            # The visit in the way may be the one this same request made a moment ago.
            if known := _known(actor=actor, customer_id=customer_id, uuid=arrival.uuid):
                return known
            raise
        if is_new:
            _after_check_in(arrival, visit, prepared)
    return visit


def _known(*, actor: User, customer_id: int, uuid: UUID) -> Visit | None:
    visit = Visit.objects.filter(uuid=uuid).first()
    if visit is not None and (visit.rep_id != actor.pk or visit.customer_id != customer_id):
        raise ValidationError(_("This check-in was already used for something else."), code="uuid")
    return visit


def _refuse(refusal: Refusal | None) -> None:
    if refusal is None:
        return
    # With parameters Django formats the message, and a per cent sign in a customer's name is no placeholder.
    message = refusal.message.replace("%", "%%") if refusal.params else refusal.message
    raise ValidationError(message, code=refusal.code, params=refusal.params)


def _check(arrival: _Arrival, *, has_photo: bool) -> tuple[FenceCheck, list[int]]:
    """Time, place and photo, which no other request can change; and the sequence numbers taken as of now."""
    options = arrival.options
    _refuse(rules.time_refusal(occurred_at=arrival.occurred_at, received_at=arrival.received_at))
    check = rules.check_fence(fix=arrival.fix, store=arrival.store, radius_m=options.geofence_radius_m)
    # An earlier visit is the better news for somebody who is also too far away: he should check out, not walk.
    taken = _refuse_earlier(arrival)
    _refuse(
        rules.fence_refusal(
            check=check,
            policy=options.geofence_policy,
            radius_m=options.geofence_radius_m,
            reason=arrival.reason,
        )
    )
    if options.require_check_in_photo and not has_photo:
        raise ValidationError(_("Check-in needs a photo. Take one first."), code="photo")
    return check, taken


def _refuse_earlier(arrival: _Arrival) -> list[int]:
    """Refuse for an open visit or a second one of the day; else answer the sequence numbers taken."""
    open_visit, today = queries.earlier_visits(
        rep=arrival.actor, customer_id=arrival.customer.pk, day=arrival.day
    )
    _refuse(
        queries.earlier_visit_refusal(
            customer_id=arrival.customer.pk,
            open_visit=open_visit,
            today=today,
            allow_multiple=arrival.options.allow_multiple_visits,
        )
    )
    return [visit.sequence for visit in today]


def _open(arrival: _Arrival, check: FenceCheck, taken: list[int]) -> tuple[Visit, bool]:
    """Insert the visit; the unique constraints decide every race, and the loser looks again."""
    for attempt in range(_ATTEMPTS):
        if attempt:
            if known := _known(actor=arrival.actor, customer_id=arrival.customer.pk, uuid=arrival.uuid):
                return known, False
            taken = _refuse_earlier(arrival)
        visit = _build(arrival, check, rules.next_sequence(taken))
        try:
            with transaction.atomic():
                visit.save(force_insert=True)
        except IntegrityError:
            if attempt == _ATTEMPTS - 1:
                raise
            continue
        return visit, True
    raise AssertionError("unreachable")


def _build(arrival: _Arrival, check: FenceCheck, sequence: int) -> Visit:
    fix = arrival.fix if arrival.fix is not None and arrival.fix.is_place else None
    store = arrival.store
    return Visit(
        uuid=arrival.uuid,
        rep=arrival.actor,
        customer=arrival.customer,
        day=arrival.day,
        sequence=sequence,
        check_in_at=arrival.occurred_at,
        check_in_received_at=arrival.received_at,
        check_in_lat=fix.latitude if fix else None,
        check_in_lng=fix.longitude if fix else None,
        check_in_accuracy_m=fix.known_accuracy_m if fix else None,
        store_lat=store[0] if store else None,
        store_lng=store[1] if store else None,
        distance_m=check.distance_m,
        radius_m=arrival.options.geofence_radius_m,
        fence=check.fence,
        outside_reason=arrival.reason[:200],
        flags=rules.visit_flags(
            fence=check.fence,
            occurred_at=arrival.occurred_at,
            received_at=arrival.received_at,
            online=arrival.online,
        ),
    )


def _after_check_in(arrival: _Arrival, visit: Visit, photos: Sequence[PreparedPhoto]) -> None:
    """Link the task, learn the store's place, tell the others; files come last, as nothing can take them back."""
    visit.task = task_for_visit(visit=visit)
    # Frozen here: what the administrator changes later is for later visits.
    visit.visit_type_id = queries.type_for(rep=visit.rep, task=visit.task)
    visit.save(update_fields=["task", "visit_type"])
    fix = arrival.fix
    if arrival.store is None and fix is not None and fix.is_usable:
        crm.suggest_location(
            customer_id=visit.customer_id, latitude=fix.latitude, longitude=fix.longitude, actor=visit.rep
        )
    signals.checked_in.send(sender=Visit, visit=visit)
    store_photos(visit=visit, photos=photos, taken_at=arrival.occurred_at, kind=PhotoKind.CHECK_IN)
