"""The evening's reminder; the schedule stands in config."""

from celery import shared_task

from visits.services import reminders


@shared_task
def remind_of_tomorrow() -> int:
    """Reps hear at 18:00 what waits for them tomorrow."""
    return reminders.remind_of_tomorrow()
