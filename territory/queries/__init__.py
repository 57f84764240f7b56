"""Composed reads of territory: a file a family. What comes in is scoped here; nothing is written."""

from territory.queries.maps import map_points, nearest, place_of
from territory.queries.routes import (
    StopRow,
    candidates,
    route_length_m,
    route_names,
    routes_for_list,
    stop_rows,
)
from territory.queries.tracks import (
    PersonDay,
    RepDay,
    StopAt,
    day_fixes,
    day_mileage,
    live_positions,
    people_day,
    rep_day,
    trackable_people,
)

__all__ = [
    "PersonDay",
    "RepDay",
    "StopAt",
    "StopRow",
    "candidates",
    "day_fixes",
    "day_mileage",
    "live_positions",
    "map_points",
    "nearest",
    "people_day",
    "place_of",
    "rep_day",
    "route_length_m",
    "route_names",
    "routes_for_list",
    "stop_rows",
    "trackable_people",
]
