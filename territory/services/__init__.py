"""The writers of territory."""

from territory.services.devices import (
    MOST_DEVICES,
    add_device,
    claim_waypoints,
    device_of,
    heard_from,
    renew_token,
    revoke_device,
)
from territory.services.generation import Generated, generate_visit_tasks
from territory.services.partitions import make_months
from territory.services.pauses import pause_tracking, resume_tracking
from territory.services.points import (
    BATCH_LIMIT,
    Stored,
    TooManyPointsError,
    TrackingNotAllowedError,
    import_fixes,
    store_fix,
    store_points,
    store_sent,
)
from territory.services.retention import purge_tracks
from territory.services.route_quality import find_order, measure_now, measure_routes
from territory.services.route_setup import WAY_FIELDS, copy_route, set_stop_hours, set_way
from territory.services.routes import (
    StopsChangedError,
    add_stops,
    check_route_name,
    delete_route,
    order_stops,
    put_on_named_routes,
    remove_stop,
    save_route,
)
from territory.services.suggestions import (
    SECONDS_AS_JOB,
    accept_suggestion,
    ask_for_order,
    compare_orders,
    drop_suggestion,
    run_suggestion,
    stops_in_order,
    sweep_suggestions,
    undo_suggestion,
)
from territory.services.track_days import mark_stale, sum_stale_days

__all__ = [
    "BATCH_LIMIT",
    "MOST_DEVICES",
    "SECONDS_AS_JOB",
    "WAY_FIELDS",
    "Generated",
    "StopsChangedError",
    "Stored",
    "TooManyPointsError",
    "TrackingNotAllowedError",
    "accept_suggestion",
    "add_device",
    "add_stops",
    "ask_for_order",
    "check_route_name",
    "claim_waypoints",
    "compare_orders",
    "copy_route",
    "delete_route",
    "device_of",
    "drop_suggestion",
    "find_order",
    "generate_visit_tasks",
    "heard_from",
    "import_fixes",
    "make_months",
    "mark_stale",
    "measure_now",
    "measure_routes",
    "order_stops",
    "pause_tracking",
    "purge_tracks",
    "put_on_named_routes",
    "remove_stop",
    "renew_token",
    "resume_tracking",
    "revoke_device",
    "run_suggestion",
    "save_route",
    "set_stop_hours",
    "set_way",
    "stops_in_order",
    "store_fix",
    "store_points",
    "store_sent",
    "sum_stale_days",
    "sweep_suggestions",
    "undo_suggestion",
]
