from importlib import import_module

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

first = import_module("config.migrations.0001_schedule")

EVERY_MINUTES = [("Figures of days whose slips changed", "reports.tasks.refresh_day_figures", 1)]


def seed(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    first.add_schedule(apps, nightly=[], every_minutes=EVERY_MINUTES)


class Migration(migrations.Migration):
    dependencies = [("config", "0021_schedule_jobs")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
