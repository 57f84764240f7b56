"""Django admin of team work; every family is imported here, because that is where Django looks."""

from team.admin import documents, reports, schedule, supervision, tasks

__all__ = ["documents", "reports", "schedule", "supervision", "tasks"]
