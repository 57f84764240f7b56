"""Routes and their stops. Every change of stops locks the route first, so that two people at once cannot mix orders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from crm.models import Customer
from territory.models import Route, RouteStop

ROUTE_NAME_LENGTH: int = Route._meta.get_field("name").max_length or 0


class StopsChangedError(Exception):
    """The stops are not (any more) what the caller saw."""


@transaction.atomic
def save_route(*, actor: User, route: Route, **fields: Any) -> Route:
    """Create or change a route; `fields` are columns of Route.

    Raises ValidationError when the rep has another route of that name, or may not see customers that stand on it.
    """
    for name, value in fields.items():
        setattr(route, name, value)
    if route.ends_on and route.ends_on < route.starts_on:
        raise ValidationError({"ends_on": _("The last day lies before the first.")})
    check_route_name(rep=route.rep, name=route.name, pk=route.pk)
    if route.pk:
        hidden = _unseen_by(route.rep, route.stops.values_list("customer_id", flat=True))
        if hidden and "rep" in fields:
            message = ngettext(
                "%(rep)s may not see %(n)s customer of this route. Assign it or take it off the route first.",
                "%(rep)s may not see %(n)s customers of this route. Assign them or take them off the route first.",
                len(hidden),
            )
            raise ValidationError({"rep": message % {"rep": route.rep, "n": len(hidden)}})
    else:
        route.created_by = actor
    try:
        with transaction.atomic():
            route.save(update_fields=list(fields) if route.pk else None)
    except IntegrityError as error:  # somebody saved the same name a moment ago
        raise _name_taken(route.rep) from error
    return route


def check_route_name(*, rep: User, name: str, pk: int | None) -> None:
    """Raises ValidationError when the rep has another route of this name; `pk` is the route's own."""
    if Route.objects.filter(rep=rep, name=name).exclude(pk=pk).exists():
        raise _name_taken(rep)


def _name_taken(rep: User) -> ValidationError:
    return ValidationError({"name": _("%(rep)s already has a route of this name.") % {"rep": rep}})


def _unseen_by(rep: User, customer_ids: Any) -> set[int]:
    wanted = set(customer_ids)
    return wanted - set(Customer.objects.visible_to(rep).filter(pk__in=wanted).values_list("pk", flat=True))


@transaction.atomic
def delete_route(*, actor: User, route: Route) -> None:
    """Delete a route with its stops. Tasks that were made from it stay."""
    route.delete()


def _lock(route: Route) -> None:
    Route.objects.select_for_update(no_key=True).get(pk=route.pk)


@transaction.atomic
def add_stops(*, actor: User, route: Route, customer_ids: Sequence[int], position: int | None = None) -> int:
    """Append customers, or put them in before the stop at `position` (from 1); answers how many were new.

    Customers already on the route stay where they are. Raises ValidationError for a customer that the actor or the
    rep may not see, or that is no longer active.
    """
    _lock(route)
    wanted = list(dict.fromkeys(customer_ids))
    allowed = set(
        Customer.objects.visible_to(actor)
        .filter(pk__in=wanted)
        .filter(pk__in=Customer.objects.visible_to(route.rep).values("pk"))
        .active()
        .values_list("pk", flat=True)
    )
    if missing := len(set(wanted) - allowed):
        message = ngettext(
            "%(n)s customer is inactive or not visible to you and %(rep)s; nothing was added.",
            "%(n)s customers are inactive or not visible to you and %(rep)s; nothing was added.",
            missing,
        )
        raise ValidationError(message % {"n": missing, "rep": route.rep})
    present = set(route.stops.values_list("customer_id", flat=True))
    new = [pk for pk in wanted if pk not in present]
    last = route.stops.aggregate(last=Max("position"))["last"] or 0
    begin = last + 1
    if position is not None and 1 <= position <= last:
        begin = position
        route.stops.filter(position__gte=position).update(position=F("position") + len(new))
    RouteStop.objects.bulk_create(
        RouteStop(route=route, customer_id=pk, position=begin + offset) for offset, pk in enumerate(new)
    )
    return len(new)


@transaction.atomic
def remove_stop(*, actor: User, route: Route, stop_id: int) -> RouteStop:
    """Take a stop off. Raises StopsChangedError when it is gone already."""
    _lock(route)
    stop = route.stops.filter(pk=stop_id).first()
    if stop is None:
        raise StopsChangedError
    position, key = stop.position, stop.pk
    stop.delete()
    route.stops.filter(position__gt=position).update(position=F("position") - 1)
    stop.pk = key
    return stop


@transaction.atomic
def order_stops(*, actor: User, route: Route, order: Sequence[int], seen: Sequence[int]) -> list[RouteStop]:
    """Put the stops into `order` (stop ids). `seen` is the order the person started from.

    Raises StopsChangedError when the stored order is no longer `seen`: somebody else changed the route meanwhile.
    """
    _lock(route)
    stops = {stop.pk: stop for stop in route.stops.select_related("customer").order_by("position", "pk")}
    if list(stops) != list(seen) or set(order) != set(stops) or len(order) != len(stops):
        raise StopsChangedError
    ordered = [stops[pk] for pk in order]
    for number, stop in enumerate(ordered, start=1):
        stop.position = number
    RouteStop.objects.bulk_update(ordered, ["position"])
    return ordered


@transaction.atomic
def put_on_named_routes(*, names: Mapping[int, str], actor: User | None, today: dt.date) -> int:
    """Append customers to their owners' routes of the given names ({customer id: route name}); answers how many.

    A route that the owner does not have yet is made, without weekdays, so that it makes no tasks before somebody
    says when it is walked. Customers of nobody stand on no route. A few statements, whatever the number.
    """
    owners = dict(Customer.objects.filter(pk__in=names, owner__isnull=False).values_list("pk", "owner_id"))
    wanted: dict[tuple[int, str], list[int]] = {}
    for pk, owner_id in owners.items():
        wanted.setdefault((owner_id, names[pk][:ROUTE_NAME_LENGTH]), []).append(pk)
    Route.objects.bulk_create(
        [Route(rep_id=rep, name=name, starts_on=today, created_by=actor) for rep, name in wanted],
        ignore_conflicts=True,
    )
    reps = {rep for rep, _name in wanted}
    routes = Route.objects.select_for_update(no_key=True).filter(rep__in=reps).order_by("pk")
    locked = {
        (route.rep_id, route.name): route.pk for route in routes if (route.rep_id, route.name) in wanted
    }
    last = dict(
        RouteStop.objects.filter(route__in=locked.values())
        .order_by()
        .values_list("route")
        .annotate(Max("position"))
    )
    stops = [
        RouteStop(route_id=locked[key], customer_id=pk, position=last.get(locked[key], 0) + offset)
        for key, customers in wanted.items()
        for offset, pk in enumerate(sorted(customers), start=1)
    ]
    before = RouteStop.objects.filter(route__in=locked.values()).count()
    RouteStop.objects.bulk_create(stops, ignore_conflicts=True, batch_size=1000)
    return RouteStop.objects.filter(route__in=locked.values()).count() - before
