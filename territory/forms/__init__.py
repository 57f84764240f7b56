"""Forms of territory, a file a family."""

from territory.forms.routes import RouteForm

__all__ = ["RouteForm"]
