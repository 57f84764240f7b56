"""Customer tasks by the timetable: reminders, and what the superiors must know."""

from celery import shared_task

from team.services import task_reminders


@shared_task
def remind_customer_tasks() -> None:
    task_reminders.remind_of_tasks()
    task_reminders.escalate_tasks()
