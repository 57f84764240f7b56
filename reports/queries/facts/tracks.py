"""Days of tracks (domain-rules §7) as they were last summed up: mileage, stays, detours, and days without a track."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from common.tables import Column, DateColumn, FormatColumn, MomentColumn, NumberColumn
from common.templatetags.paodian import distance
from reports.enums import Unit
from reports.queries.facts.customers import counting, mean
from reports.queries.measures import Derived, Fact, Measure, ratio, register
from territory.models import TrackDay
from visits.models import Visit


# --- rows
def tracked_days() -> QuerySet[Any]:
    return TrackDay.objects.filter(points__gt=0)


def field_days() -> QuerySet[Any]:
    """The first visit of each rep and business day, with `has_track`: a day in the field, to be counted once."""
    earlier = Visit.objects.filter(rep=OuterRef("rep"), day=OuterRef("day"), pk__lt=OuterRef("pk"))
    track = tracked_days().filter(rep=OuterRef("rep"), day=OuterRef("day"))
    return Visit.objects.filter(~Exists(earlier)).annotate(has_track=Exists(track))


# --- columns
def _track_columns() -> Sequence[Column]:
    return [
        DateColumn("day", _("Day"), order=("day",), phone="title"),
        Column("rep", _("Rep"), path="rep.name", order=("rep__name",)),
        FormatColumn(
            "mileage_m",
            _("Mileage"),
            order=("mileage_m",),
            align="end",
            phone="side",
            draw=lambda row: distance(row.mileage_m),
        ),
        NumberColumn("stops", _("Stays"), order=("stops",)),
        NumberColumn("gaps", _("Gaps"), order=("gaps",)),
        MomentColumn("first_at", _("First point"), order=("first_at",)),
        MomentColumn("last_at", _("Last point"), order=("last_at",)),
    ]


def _field_columns() -> Sequence[Column]:
    return [
        DateColumn("day", _("Day"), order=("day",), phone="title"),
        Column("rep", _("Rep"), path="rep.name", order=("rep__name",)),
        MomentColumn("check_in_at", _("First check-in"), order=("check_in_at",), phone="side"),
    ]


# --- facts
TRACK_DAYS = Fact(
    "track_days",
    _("Days with a track"),
    TrackDay,
    tracked_days,
    "territory.view_trackpoint",
    _track_columns,
    day="day",
    customer="",
    related=("rep",),
    order=("-day", "-pk"),
)
FIELD_DAYS = Fact(
    "field_days",
    _("Days in the field"),
    Visit,
    field_days,
    "territory.view_trackpoint",
    _field_columns,
    day="day",
    customer="",
    related=("rep",),
    order=("-day", "-pk"),
)
register(TRACK_DAYS, FIELD_DAYS)

_TOURS = Q(detour_ratio__gt=0)

register(
    counting(
        "tracked_days", _("Days with a track"), _("Rep and day with at least one position."), TRACK_DAYS
    ),
    Measure(
        "mileage",
        _("Mileage"),
        Unit.METRES,
        _(
            "Steps between the positions that count, added up; gaps are not counted. As the days were last summed up."
        ),
        TRACK_DAYS,
        Sum("mileage_m"),
    ),
    Derived(
        "mileage_mean",
        _("A day"),
        Unit.METRES,
        _("Mileage ÷ days with a track."),
        ("mileage", "tracked_days"),
        mean,
    ),
    Measure(
        "track_stays",
        _("Stays"),
        Unit.COUNT,
        _("Stays of at least five minutes within 100 m, by the track."),
        TRACK_DAYS,
        Sum("stops"),
    ),
    Measure(
        "track_gaps",
        _("Gaps"),
        Unit.COUNT,
        _("Steps of more than 15 minutes and more than 1 km without a position."),
        TRACK_DAYS,
        Sum("gaps"),
    ),
    Measure(
        "toured_mileage",
        _("Mileage of tours"),
        Unit.METRES,
        _("Mileage of the days that have a detour ratio."),
        TRACK_DAYS,
        Sum("mileage_m", filter=_TOURS),
        _TOURS,
    ),
    Measure(
        "shortest_mileage",
        _("Shortest tours"),
        Unit.METRES,
        _("The shortest tours through the stays of those days in the order visited, added up."),
        TRACK_DAYS,
        Sum(F("mileage_m") / F("detour_ratio"), filter=_TOURS),
        _TOURS,
    ),
    Derived(
        "detour",
        _("Detour ratio"),
        Unit.PERCENT,
        _(
            "Mileage ÷ the shortest tour through the day's stays in the order visited, over all days that have one."
        ),
        ("toured_mileage", "shortest_mileage"),
        ratio,
    ),
    counting("field_days", _("Days in the field"), _("Rep and day with at least one visit."), FIELD_DAYS),
    counting(
        "untracked_days",
        _("Without a track"),
        _("Days in the field on which no position was recorded."),
        FIELD_DAYS,
        Q(has_track=False),
    ),
)
