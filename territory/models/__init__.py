from territory.models.device import TrackingDevice, TrackingPause
from territory.models.route import Route, RouteStop
from territory.models.suggestion import RouteQuality, RouteSuggestion
from territory.models.track import TrackDay, TrackPoint

__all__ = [
    "Route",
    "RouteQuality",
    "RouteStop",
    "RouteSuggestion",
    "TrackDay",
    "TrackPoint",
    "TrackingDevice",
    "TrackingPause",
]
