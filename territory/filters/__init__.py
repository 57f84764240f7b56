"""Filters of territory, a file a family."""

from territory.filters.customers import CustomerFilterSet, StopFilterSet
from territory.filters.routes import RouteFilterSet

__all__ = ["CustomerFilterSet", "RouteFilterSet", "StopFilterSet"]
