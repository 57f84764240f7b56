"""Pure decisions of territory: values in, answer out; nothing here reads a database or the clock."""

from territory.rules.device_setup import owntracks_link, traccar_link
from territory.rules.plans import dates_on, read_weekdays, visit_band, write_weekdays
from territory.rules.points import FUTURE_LIMIT, SentPoint, may_record, read_point, read_time, read_track_file
from territory.rules.trackers import osmand_device, read_osmand, read_osmand_json, read_owntracks
from territory.rules.tracks import (
    DayTrack,
    Fix,
    Gap,
    Place,
    Stop,
    analyse_day,
    find_stops,
    keep,
    match_customer,
    path_length_m,
    split_at_gaps,
)

__all__ = [
    "FUTURE_LIMIT",
    "DayTrack",
    "Fix",
    "Gap",
    "Place",
    "SentPoint",
    "Stop",
    "analyse_day",
    "dates_on",
    "find_stops",
    "keep",
    "match_customer",
    "may_record",
    "osmand_device",
    "owntracks_link",
    "path_length_m",
    "read_osmand",
    "read_osmand_json",
    "read_owntracks",
    "read_point",
    "read_time",
    "read_track_file",
    "read_weekdays",
    "split_at_gaps",
    "traccar_link",
    "visit_band",
    "write_weekdays",
]
