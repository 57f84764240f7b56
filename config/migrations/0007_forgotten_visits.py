"""Closing visits that nobody checked out of joins the timetable."""

from importlib import import_module

from django.db import migrations

first = import_module("config.migrations.0001_schedule")

NIGHTLY = [("Close forgotten visits", "visits.tasks.evidence.close_forgotten_visits", "10", "0")]


def seed(apps, schema_editor):
    first.add_schedule(apps, nightly=NIGHTLY, every_minutes=[])


class Migration(migrations.Migration):
    dependencies = [("config", "0006_visit_reminder")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
