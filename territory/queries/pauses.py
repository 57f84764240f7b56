"""When a rep did not want to be recorded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db.models import Exists, Q, QuerySet

from accounts.models import SystemOptions, User
from common.business_calendar import day_bounds
from territory.models import TrackingPause


def pauses_since(rep: User, moment: dt.datetime) -> list[TrackingPause]:
    """The pauses of `rep` that last beyond `moment`."""
    return list(_lasting(rep, moment))


def _lasting(rep: User, moment: dt.datetime) -> QuerySet[TrackingPause]:
    rows: QuerySet[TrackingPause] = TrackingPause.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=moment), rep=rep
    )
    return rows


def recording_terms(rep: User, moment: dt.datetime) -> tuple[dt.time, dt.time, list[TrackingPause]]:
    """When positions of `rep` from `moment` on may be kept: the working hours' first and last time, and his pauses.

    Every batch of positions asks; so it is two columns of the options' many, and pauses are read where there are any.
    """
    columns = ("work_start", "work_end", Exists(_lasting(rep, moment)))
    for start, end, paused in SystemOptions.objects.filter(pk=1).values_list(*columns):
        return start, end, pauses_since(rep, moment) if paused else []
    options = SystemOptions.load()  # not made yet
    return options.work_start, options.work_end, pauses_since(rep, moment)


def pauses_of_day(rep_ids: Collection[int], day: dt.date) -> dict[int, list[TrackingPause]]:
    """The pauses of these reps that touch one business day, in order."""
    start, end = day_bounds(day)
    touching = Q(ends_at__isnull=True) | Q(ends_at__gt=start)
    found: dict[int, list[TrackingPause]] = {rep_id: [] for rep_id in rep_ids}
    for pause in TrackingPause.objects.filter(touching, rep__in=rep_ids, starts_at__lt=end).order_by(
        "starts_at"
    ):
        found[pause.rep_id].append(pause)
    return found


def pause_now(rep: User, now: dt.datetime) -> TrackingPause | None:
    """The pause that is on."""
    return next((pause for pause in pauses_since(rep, now) if pause.covers(now)), None)
