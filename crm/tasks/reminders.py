"""Reminders by the timetable: birthdays in the morning, next contacts every few minutes."""

from celery import shared_task

from crm.services import reminders


@shared_task
def remind_birthdays() -> None:
    reminders.remind_birthdays()


@shared_task
def remind_contacts() -> None:
    reminders.remind_contacts()
