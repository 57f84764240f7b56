"""Resuming look-ups of addresses joins the timetable."""

from importlib import import_module

from django.db import migrations

first = import_module("config.migrations.0001_schedule")

EVERY_MINUTES = [("Resume look-ups of addresses", "crm.tasks.geocoding.sweep_geocode_jobs", 2)]


def seed(apps, schema_editor):
    first.add_schedule(apps, nightly=[], every_minutes=EVERY_MINUTES)


class Migration(migrations.Migration):
    dependencies = [("config", "0012_rhythm_jobs")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
