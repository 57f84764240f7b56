"""The timetable of the background jobs. From here on it is the administrator's: Periodic tasks in the admin."""

from collections.abc import Iterable

from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# name, task, (minute, hour) by the local clock, or every n minutes
NIGHTLY = [
    ("Visit tasks from routes and plans", "territory.tasks.generate_visit_tasks", "10", "1"),
    ("Check the customers' last-event columns", "alerts.tasks.check_last_events", "0", "2"),
    ("Customer and rep alerts", "alerts.tasks.compute_alerts", "30", "2"),
    ("Remove tracks after the retention period", "territory.tasks.purge_tracks", "30", "3"),
]
EVERY_MINUTES = [("Resume stuck imports", "crm.tasks.imports.sweep_imports", 5)]


Nightly = Iterable[tuple[str, str, str, str]]
EveryMinutes = Iterable[tuple[str, str, int]]


def add_schedule(apps: Apps, *, nightly: Nightly, every_minutes: EveryMinutes) -> None:
    """Entries of the timetable that are not there yet; later migrations use this too."""
    crontab = apps.get_model("django_celery_beat", "CrontabSchedule")
    interval = apps.get_model("django_celery_beat", "IntervalSchedule")
    task = apps.get_model("django_celery_beat", "PeriodicTask")
    for name, path, minute, hour in nightly:
        when, _ = crontab.objects.get_or_create(
            minute=minute,
            hour=hour,
            day_of_week="*",
            day_of_month="*",
            month_of_year="*",
            timezone=settings.TIME_ZONE,
        )
        task.objects.get_or_create(name=name, defaults={"task": path, "crontab": when})
    for name, path, every in every_minutes:
        when, _ = interval.objects.get_or_create(every=every, period="minutes")
        task.objects.get_or_create(name=name, defaults={"task": path, "interval": when})


def seed(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    add_schedule(apps, nightly=NIGHTLY, every_minutes=EVERY_MINUTES)


class Migration(migrations.Migration):
    initial = True
    dependencies = [("django_celery_beat", "0019_alter_periodictasks_options")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
