"""How a route is walked, when its stops are open, and routes made from routes (F3)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common.geo import valid_coordinates
from crm.models import Customer
from territory.models import Route, RouteStop
from territory.services.routes import StopsChangedError, save_route

WAY_FIELDS = (
    "is_closed",
    "start_name",
    "start_latitude",
    "start_longitude",
    "end_name",
    "end_latitude",
    "end_longitude",
    "leaves_at",
    "stay_minutes",
)


@transaction.atomic
def set_way(*, actor: User, route: Route, **fields: Any) -> Route:
    """Change how the route is walked; `fields` are some of WAY_FIELDS, coordinates in WGS-84 degrees.

    Raises ValidationError for half a place or one that cannot be, and for a round trip with an end of its own.
    """
    for name, value in fields.items():
        if name not in WAY_FIELDS:
            raise TypeError(f"{name} says nothing about how a route is walked")
        setattr(route, name, value)
    route.clean_fields(exclude={field.name for field in Route._meta.fields} - set(fields))
    for side in ("start", "end"):
        place = getattr(route, f"{side}_latitude"), getattr(route, f"{side}_longitude")
        if place != (None, None) and not valid_coordinates(*place):
            raise ValidationError({f"{side}_name": _("This cannot be a place; choose it on the map.")})
        if place == (None, None) and getattr(route, f"{side}_name"):
            raise ValidationError({f"{side}_name": _("Say on the map where this is.")})
    if route.is_closed and route.end is not None:
        raise ValidationError({"end_name": _("A round trip ends where it starts; leave the end empty.")})
    route.save(update_fields=list(fields))
    return route


@transaction.atomic
def set_stop_hours(
    *, actor: User, route: Route, stop_id: int, opens_at: dt.time | None, closes_at: dt.time | None
) -> None:
    """When a visit at this stop may begin; None leaves that side open.

    Raises ValidationError when it would close before it opens, StopsChangedError when the stop is gone.
    """
    if opens_at and closes_at and closes_at <= opens_at:
        raise ValidationError(_("The stop closes before it opens."))
    if not RouteStop.objects.filter(route=route, pk=stop_id).update(opens_at=opens_at, closes_at=closes_at):
        raise StopsChangedError


@transaction.atomic
def copy_route(*, actor: User, route: Route, rep: User, name: str, starts_on: dt.date) -> tuple[Route, int]:
    """A new route for `rep` with the same days, way and stops; answers it and how many stops were left out.

    Left out is what the actor or the rep may not see, and what is inactive. Raises ValidationError when the rep is
    outside the actor's scope, has a route of that name, or may see none of the stops.
    """
    if not User.objects.visible_to(actor).reps().filter(pk=rep.pk).exists():
        raise ValidationError({"rep": _("This person is not one of your reps.")})
    stops = list(route.stops.order_by("position", "pk"))
    allowed = set(
        Customer.objects.visible_to(actor)
        .active()
        .filter(pk__in=[stop.customer_id for stop in stops])
        .filter(pk__in=Customer.objects.visible_to(rep).values("pk"))
        .values_list("pk", flat=True)
    )
    kept = [stop for stop in stops if stop.customer_id in allowed]
    if stops and not kept:
        message = _("%(rep)s may not see any customer of this route. Share or assign them first.")
        raise ValidationError({"rep": message % {"rep": rep}})
    fields = {field: getattr(route, field) for field in ("weekdays", "ends_on", "is_active", *WAY_FIELDS)}
    if route.ends_on and route.ends_on < starts_on:
        fields["ends_on"] = None
    copy = save_route(actor=actor, route=Route(), rep=rep, name=name, starts_on=starts_on, **fields)
    RouteStop.objects.bulk_create(
        RouteStop(
            route=copy,
            customer_id=stop.customer_id,
            position=number,
            opens_at=stop.opens_at,
            closes_at=stop.closes_at,
        )
        for number, stop in enumerate(kept, start=1)
    )
    return copy, len(stops) - len(kept)
