"""Reminding of schedule entries joins the timetable."""

from importlib import import_module

from django.db import migrations

first = import_module("config.migrations.0001_schedule")

EVERY_MINUTES = [("Remind of schedule entries", "team.tasks.schedule.remind_of_schedule", 1)]


def seed(apps, schema_editor):
    first.add_schedule(apps, nightly=[], every_minutes=EVERY_MINUTES)


class Migration(migrations.Migration):
    dependencies = [("config", "0020_work_report_jobs")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
