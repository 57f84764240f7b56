"""Sending what waits in the outbox, and cleaning it, join the timetable."""

from importlib import import_module

from django.db import migrations

first = import_module("config.migrations.0001_schedule")

NIGHTLY = [("Remove old messages to the outside", "comms.tasks.purge_outbox", "15", "4")]
EVERY_MINUTES = [("Messages to the outside, summaries and announcements", "comms.tasks.sweep_outbox", 1)]


def seed(apps, schema_editor):
    first.add_schedule(apps, nightly=NIGHTLY, every_minutes=EVERY_MINUTES)


class Migration(migrations.Migration):
    dependencies = [("config", "0013_geocoding_jobs")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
