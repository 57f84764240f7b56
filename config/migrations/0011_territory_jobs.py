"""Resuming stuck scenarios of territories joins the timetable."""

from importlib import import_module

from django.db import migrations

first = import_module("config.migrations.0001_schedule")

EVERY_MINUTES = [("Resume stuck territory scenarios", "territory.tasks.sweep_scenarios", 2)]


def seed(apps, schema_editor):
    first.add_schedule(apps, nightly=[], every_minutes=EVERY_MINUTES)


class Migration(migrations.Migration):
    dependencies = [("config", "0010_route_jobs")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
