"""Pure decisions of territory: values in, answer out; nothing here reads a database or the clock."""

from territory.rules.day_review import PlanCheck, check_plan, off_way_m, order_saving
from territory.rules.device_setup import owntracks_link, traccar_link
from territory.rules.drawing import gpx, pack, thin_out
from territory.rules.plans import dates_on, read_weekdays, visit_band, write_weekdays
from territory.rules.points import (
    FUTURE_LIMIT,
    SCALE,
    SentPoint,
    all_may_record,
    may_record,
    read_point,
    read_time,
    read_track_file,
)
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
    "SCALE",
    "DayTrack",
    "Fix",
    "Gap",
    "Place",
    "PlanCheck",
    "SentPoint",
    "Stop",
    "all_may_record",
    "analyse_day",
    "check_plan",
    "dates_on",
    "find_stops",
    "gpx",
    "keep",
    "match_customer",
    "may_record",
    "off_way_m",
    "order_saving",
    "osmand_device",
    "owntracks_link",
    "pack",
    "path_length_m",
    "read_osmand",
    "read_osmand_json",
    "read_owntracks",
    "read_point",
    "read_time",
    "read_track_file",
    "read_weekdays",
    "split_at_gaps",
    "thin_out",
    "traccar_link",
    "visit_band",
    "write_weekdays",
]
