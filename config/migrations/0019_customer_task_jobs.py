"""Reminding of customer tasks joins the timetable."""

from importlib import import_module

from django.db import migrations

first = import_module("config.migrations.0001_schedule")

EVERY_MINUTES = [
    ("Remind of customer tasks and tell superiors", "team.tasks.tasks.remind_customer_tasks", 10)
]


def seed(apps, schema_editor):
    first.add_schedule(apps, nightly=[], every_minutes=EVERY_MINUTES)


class Migration(migrations.Migration):
    dependencies = [("config", "0018_document_jobs")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
