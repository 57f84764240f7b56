from territory.models.route import Route, RouteStop
from territory.models.track import TrackPoint

__all__ = ["Route", "RouteStop", "TrackPoint"]
