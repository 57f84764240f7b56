"""The reminder of promised payments joins the timetable."""

from importlib import import_module

from django.db import migrations

first = import_module("config.migrations.0001_schedule")

NIGHTLY = [("Remind of promised payments", "sales.tasks.remind_of_promises", "35", "7")]


def seed(apps, schema_editor):
    first.add_schedule(apps, nightly=NIGHTLY, every_minutes=[])


class Migration(migrations.Migration):
    dependencies = [("config", "0003_agreement_reminder")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
