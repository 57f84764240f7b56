"""The schedule by the timetable."""

from celery import shared_task

from team.services import schedule_reminders


@shared_task
def remind_of_schedule() -> int:
    """Every minute: reminders whose moment has come."""
    return schedule_reminders.remind_of_schedule()
