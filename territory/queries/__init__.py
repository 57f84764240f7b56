"""Composed reads of territory: a file a family. What comes in is scoped here; nothing is written."""

from territory.queries.devices import customers_of_day, points_of_day, stored_span
from territory.queries.live import Near, live_positions, nearest_reps, open_visits, tasks_left
from territory.queries.maps import nearest, place_of
from territory.queries.pauses import pause_now, pauses_of_day
from territory.queries.route_papers import route_drawing, stop_phones
from territory.queries.route_plans import is_measured, last_suggestion
from territory.queries.routes import (
    RouteView,
    StopRow,
    candidates,
    route_names,
    route_view,
    routes_for_list,
)
from territory.queries.track_days import day_fixes, track_days
from territory.queries.track_month import MonthDay, month_days, month_lines, month_totals
from territory.queries.tracks import (
    PersonDay,
    RepDay,
    StopAt,
    people_day,
    rep_days,
    trackable_people,
)

__all__ = [
    "MonthDay",
    "Near",
    "PersonDay",
    "RepDay",
    "RouteView",
    "StopAt",
    "StopRow",
    "candidates",
    "customers_of_day",
    "day_fixes",
    "is_measured",
    "last_suggestion",
    "live_positions",
    "month_days",
    "month_lines",
    "month_totals",
    "nearest",
    "nearest_reps",
    "open_visits",
    "pause_now",
    "pauses_of_day",
    "people_day",
    "place_of",
    "points_of_day",
    "rep_days",
    "route_drawing",
    "route_names",
    "route_view",
    "routes_for_list",
    "stop_phones",
    "stored_span",
    "tasks_left",
    "track_days",
    "trackable_people",
]
