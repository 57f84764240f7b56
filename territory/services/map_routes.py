"""What was selected on the map goes onto a route (F1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.models import User
from territory.models import Route
from territory.services.routes import add_stops, save_route


@transaction.atomic
def put_on_route(
    *,
    actor: User,
    customer_ids: Sequence[int],
    route: Route | None,
    name: str,
    rep: User | None,
    today: dt.date,
) -> tuple[Route, int]:
    """Append customers to a route, or to a new one of `name` for `rep`; returns it and how many were new.

    Raises ValidationError as save_route and add_stops do: then there is no new route either.
    """
    if route is None:
        if not actor.has_perm("territory.add_route"):
            raise PermissionDenied
        route = save_route(actor=actor, route=Route(), name=name.strip(), rep=rep, starts_on=today)
    return route, add_stops(actor=actor, route=route, customer_ids=customer_ids)
