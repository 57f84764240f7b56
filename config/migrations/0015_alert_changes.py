"""Alerts of customers that changed are judged every minute."""

from importlib import import_module

from django.db import migrations

first = import_module("config.migrations.0001_schedule")

EVERY_MINUTES = [("Alerts of customers that changed", "alerts.tasks.judge_changes", 1)]


def seed(apps, schema_editor):
    first.add_schedule(apps, nightly=[], every_minutes=EVERY_MINUTES)


class Migration(migrations.Migration):
    dependencies = [("config", "0014_outbox_jobs")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
