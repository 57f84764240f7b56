"""Where a rep goes after a visit: along the plan, or to what is near once he has left it. No ORM."""

from __future__ import annotations

from collections.abc import Sequence

from common.geo import distance_m

Place = tuple[float, float]  # latitude, longitude in degrees
Order = tuple[int, int]  # position in the day, key of the task


def stop_after(
    *, own: Order | None, here: Place | None, stops: Sequence[tuple[Order, Place | None]]
) -> int | None:
    """Index into the open `stops` (in the order of the day) of the next one; None when there are none.

    Nothing open before `own`: the plan is followed, and the next is the first behind it. Otherwise, and after a visit
    without a task, the rep goes his own way, and the next is the nearest whose place is known.
    """
    if not stops:
        return None
    behind = next((index for index, (order, _place) in enumerate(stops) if own and order > own), None)
    if behind == 0 or here is None:
        return behind or 0
    known = [(distance_m(*here, *place), index) for index, (_order, place) in enumerate(stops) if place]
    return min(known)[1] if known else behind or 0
