"""The months of positions, made ahead, and the summaries of their days join the timetable."""

from importlib import import_module

from django.db import migrations

first = import_module("config.migrations.0001_schedule")

NIGHTLY = [("Months of the table of positions", "territory.tasks.make_months", "5", "3")]
EVERY_MINUTES = [("Sum up days of tracks that changed", "territory.tasks.sum_stale_days", 10)]


def seed(apps, schema_editor):
    first.add_schedule(apps, nightly=NIGHTLY, every_minutes=EVERY_MINUTES)


class Migration(migrations.Migration):
    dependencies = [("config", "0008_purge_uploads")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
