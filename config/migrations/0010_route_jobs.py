"""Measuring routes and resuming the search for better orders join the timetable."""

from importlib import import_module

from django.db import migrations

first = import_module("config.migrations.0001_schedule")

EVERY_MINUTES = [
    ("Measure routes that changed", "territory.tasks.measure_routes", 10),
    ("Resume stuck searches for a route order", "territory.tasks.sweep_suggestions", 2),
]


def seed(apps, schema_editor):
    first.add_schedule(apps, nightly=[], every_minutes=EVERY_MINUTES)


class Migration(migrations.Migration):
    dependencies = [("config", "0009_track_jobs")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
