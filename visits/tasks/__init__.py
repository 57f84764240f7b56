"""Jobs of visits: a file a family; the schedule stands in config. Celery looks for tasks in this module."""

from visits.tasks import evidence, offline, plans

__all__ = ["evidence", "offline", "plans"]
