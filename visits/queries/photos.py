"""Photos of visits for the wall (D10)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.db.models import QuerySet

from accounts.models import User
from visits.models import VisitPhoto
from visits.queries.visits import visible_photos


def wall_photos(*, user: User) -> QuerySet[Any]:
    """Photos of visits in scope, the latest first, with visit, rep, customer and the earlier photo each looks like."""
    rows = visible_photos(user=user).select_related("visit__rep", "visit__customer", "reuse_of")
    return cast("QuerySet[Any]", rows.order_by("-taken_at", "-pk"))


def mark_pairs(*, user: User, photos: Iterable[VisitPhoto]) -> None:
    """Set `earlier` on each: the photo it looks like when the user may see that one too, else None. One statement."""
    rows = list(photos)
    ids = {photo.reuse_of_id for photo in rows if photo.reuse_of_id}
    seen = wall_photos(user=user).in_bulk(list(ids)) if ids else {}
    for photo in rows:
        photo.earlier = seen.get(photo.reuse_of_id)  # type: ignore[attr-defined]
