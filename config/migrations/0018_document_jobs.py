"""Reading attachments of documents and telling of must-reads on their day join the timetable."""

from importlib import import_module

from django.db import migrations

first = import_module("config.migrations.0001_schedule")

EVERY_MINUTES = [("Attachments and must-reads of documents", "team.tasks.documents.tend_documents", 5)]


def seed(apps, schema_editor):
    first.add_schedule(apps, nightly=[], every_minutes=EVERY_MINUTES)


class Migration(migrations.Migration):
    dependencies = [("config", "0017_tour_plan_jobs")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
