"""The writers of territory."""

from territory.services.generation import Generated, generate_visit_tasks
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
from territory.services.tracks import (
    BATCH_LIMIT,
    TooManyPointsError,
    TrackingNotAllowedError,
    import_fixes,
    purge_tracks,
    store_fix,
    store_points,
)

__all__ = [
    "BATCH_LIMIT",
    "Generated",
    "StopsChangedError",
    "TooManyPointsError",
    "TrackingNotAllowedError",
    "add_stops",
    "check_route_name",
    "delete_route",
    "generate_visit_tasks",
    "import_fixes",
    "order_stops",
    "purge_tracks",
    "put_on_named_routes",
    "remove_stop",
    "save_route",
    "store_fix",
    "store_points",
]
