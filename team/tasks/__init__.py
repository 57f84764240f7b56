"""Jobs of team work. Celery looks for tasks in this module, so every family is imported here."""

from team.tasks import documents, reports, schedule, tasks

__all__ = ["documents", "reports", "schedule", "tasks"]
