"""Reminders of work reports join the timetable."""

from importlib import import_module

from django.db import migrations

first = import_module("config.migrations.0001_schedule")

NIGHTLY = [
    ("Remind of the day's report", "team.tasks.reports.remind_of_days", "30", "19"),
    ("Remind of week and month reports", "team.tasks.reports.remind_of_periods", "30", "8"),
]


def seed(apps, schema_editor):
    first.add_schedule(apps, nightly=NIGHTLY, every_minutes=[])


class Migration(migrations.Migration):
    dependencies = [("config", "0019_customer_task_jobs")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
