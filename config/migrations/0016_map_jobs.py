"""The customer map's sums and the cells of places join the timetable."""

from importlib import import_module

from django.db import migrations

first = import_module("config.migrations.0001_schedule")

NIGHTLY = [("Cells of customers and leads", "crm.tasks.cells.mend_cells", "40", "2")]
EVERY_MINUTES = [("Sums of the customer map", "territory.tasks.refresh_map_cells", 1)]


def seed(apps, schema_editor):
    first.add_schedule(apps, nightly=NIGHTLY, every_minutes=EVERY_MINUTES)


class Migration(migrations.Migration):
    dependencies = [("config", "0015_alert_changes")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
