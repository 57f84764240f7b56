"""Resuming the search for tours joins the timetable."""

from importlib import import_module

from django.db import migrations

first = import_module("config.migrations.0001_schedule")

EVERY_MINUTES = [("Resume stuck searches for tours", "territory.tasks.sweep_tour_plans", 2)]


def seed(apps, schema_editor):
    first.add_schedule(apps, nightly=[], every_minutes=EVERY_MINUTES)


class Migration(migrations.Migration):
    dependencies = [("config", "0016_map_jobs")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
