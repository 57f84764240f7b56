"""Columns of territory's lists, a file a family."""

from territory.tables.routes import ROUTE_COLUMNS, weekday_names

__all__ = ["ROUTE_COLUMNS", "weekday_names"]
