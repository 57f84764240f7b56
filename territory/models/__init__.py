from territory.models.device import TrackingDevice, TrackingPause
from territory.models.route import Route, RouteStop
from territory.models.track import TrackDay, TrackPoint

__all__ = ["Route", "RouteStop", "TrackDay", "TrackPoint", "TrackingDevice", "TrackingPause"]
