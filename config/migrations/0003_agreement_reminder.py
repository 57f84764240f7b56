"""The reminder of agreements that end soon joins the timetable."""

from importlib import import_module

from django.db import migrations

first = import_module("config.migrations.0001_schedule")

NIGHTLY = [("Remind of agreements that end soon", "sales.tasks.remind_of_agreement_ends", "40", "7")]


def seed(apps, schema_editor):
    first.add_schedule(apps, nightly=NIGHTLY, every_minutes=[])


class Migration(migrations.Migration):
    dependencies = [("config", "0002_more_jobs")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
