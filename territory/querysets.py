from __future__ import annotations

from typing import TYPE_CHECKING, Self

from accounts.querysets import OwnedQuerySet, scope_q

if TYPE_CHECKING:
    from accounts.models import User


class RouteQuerySet(OwnedQuerySet):
    pass


class TrackQuerySet(OwnedQuerySet):
    """Positions are shown to their rep and to superiors only."""

    def visible_to(self, user: User) -> Self:
        return self.filter(scope_q(user, "rep"))


class ScenarioQuerySet(OwnedQuerySet):
    """Scenarios of territories, seen by who made them and by his superiors."""

    owner_field = "created_by"


class TourPlanQuerySet(OwnedQuerySet):
    """Tour plans, seen by who made them and by his superiors."""

    owner_field = "created_by"


class MapCellQuerySet(OwnedQuerySet):
    """Cells of the map by owner; customers shared with somebody are not among his, the map counts them besides."""

    owner_field = "owner"
