"""The check that stock is the sum of its moves joins the timetable."""

from importlib import import_module

from django.db import migrations

first = import_module("config.migrations.0001_schedule")

NIGHTLY = [("Check stock against its moves", "sales.tasks.check_stock", "5", "2")]


def seed(apps, schema_editor):
    first.add_schedule(apps, nightly=NIGHTLY, every_minutes=[])


class Migration(migrations.Migration):
    dependencies = [("config", "0004_promise_reminder")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
