"""The clearing of unused uploads joins the timetable."""

from importlib import import_module

from django.db import migrations

first = import_module("config.migrations.0001_schedule")

NIGHTLY = [("Purge unused uploads", "visits.tasks.offline.purge_uploads", "20", "3")]


def seed(apps, schema_editor):
    first.add_schedule(apps, nightly=NIGHTLY, every_minutes=[])


class Migration(migrations.Migration):
    dependencies = [("config", "0007_forgotten_visits")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
