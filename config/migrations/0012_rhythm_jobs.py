"""Reorder rhythms, before the alerts that read them, and the sweeper of back-tests join the timetable."""

from importlib import import_module

from django.db import migrations

first = import_module("config.migrations.0001_schedule")

NIGHTLY = [("Reorder rhythms and customer value", "alerts.tasks.refresh_rhythms", "15", "2")]
EVERY_MINUTES = [("Resume stuck back-tests of alerts", "alerts.tasks.sweep_backtests", 5)]


def seed(apps, schema_editor):
    first.add_schedule(apps, nightly=NIGHTLY, every_minutes=EVERY_MINUTES)


class Migration(migrations.Migration):
    dependencies = [("config", "0011_territory_jobs")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
