"""Reminders of work reports; the schedule stands in config."""

from celery import shared_task

from team.services import report_reminders


@shared_task
def remind_of_days() -> int:
    """In the evening, who owes today's report."""
    return report_reminders.remind_of_days()


@shared_task
def remind_of_periods() -> int:
    """Each morning; on the first working one after a week or month it tells who has not sent its report."""
    return report_reminders.remind_of_periods()
