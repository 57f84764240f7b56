from territory.models.device import TrackingDevice, TrackingPause
from territory.models.map_cell import MapCell, MapTally, MapTile
from territory.models.route import Route, RouteStop
from territory.models.suggestion import RouteQuality, RouteSuggestion
from territory.models.territories import (
    ScenarioCustomer,
    ScenarioHandover,
    ScenarioMove,
    ScenarioRep,
    TerritoryScenario,
)
from territory.models.tour_plan import Tour, TourPlan, TourPlanRep, TourPlanShop, TourStop
from territory.models.track import TrackDay, TrackPoint
from territory.models.white_space import Population

__all__ = [
    "MapCell",
    "MapTally",
    "MapTile",
    "Population",
    "Route",
    "RouteQuality",
    "RouteStop",
    "RouteSuggestion",
    "ScenarioCustomer",
    "ScenarioHandover",
    "ScenarioMove",
    "ScenarioRep",
    "TerritoryScenario",
    "Tour",
    "TourPlan",
    "TourPlanRep",
    "TourPlanShop",
    "TourStop",
    "TrackDay",
    "TrackPoint",
    "TrackingDevice",
    "TrackingPause",
]
