"""The evening's notice of tomorrow's visits joins the timetable."""

from importlib import import_module

from django.db import migrations

first = import_module("config.migrations.0001_schedule")

NIGHTLY = [("Remind of tomorrow's visits", "visits.tasks.plans.remind_of_tomorrow", "0", "18")]


def seed(apps, schema_editor):
    first.add_schedule(apps, nightly=NIGHTLY, every_minutes=[])


class Migration(migrations.Migration):
    dependencies = [("config", "0005_stock_check")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
