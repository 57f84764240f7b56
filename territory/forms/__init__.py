"""Forms of territory, a file a family."""

from territory.forms.routes import CopyForm, RouteForm, StopHoursForm, WayForm

__all__ = ["CopyForm", "RouteForm", "StopHoursForm", "WayForm"]
