"""Jobs of the public pool, reminders, bulk actions, leads and order history join the timetable."""

from importlib import import_module

from django.db import migrations

first = import_module("config.migrations.0001_schedule")

NIGHTLY = [
    # Before the alerts: what was recycled tonight is not judged tomorrow.
    ("Recycle customers into the public pool", "crm.tasks.pool.recycle_pool", "20", "0"),
    ("Remind of birthdays", "crm.tasks.reminders.remind_birthdays", "30", "7"),
]
EVERY_MINUTES = [
    ("Remind of next contacts", "crm.tasks.reminders.remind_contacts", 5),
    ("Resume stuck bulk actions", "crm.tasks.bulk.sweep_bulk_jobs", 5),
    ("Resume waiting captured leads", "crm.tasks.leads.sweep_captured_leads", 1),
    ("Resume stuck order imports", "sales.tasks.sweep_order_imports", 5),
    ("Resume stuck lead imports", "crm.tasks.leads.sweep_lead_imports", 5),
]


def seed(apps, schema_editor):
    first.add_schedule(apps, nightly=NIGHTLY, every_minutes=EVERY_MINUTES)


class Migration(migrations.Migration):
    dependencies = [("config", "0001_schedule")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
