"""Columns of territory's lists, a file a family."""

from territory.tables.routes import draw_saving, route_columns, weekday_names

__all__ = ["draw_saving", "route_columns", "weekday_names"]
