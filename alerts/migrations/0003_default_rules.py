"""The rules a company starts with; from here on they are the administrator's."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# kind, level, period in days
CUSTOMERS = [
    ("unvisited", "A", 7),
    ("unvisited", "B", 14),
    ("unvisited", "C", 30),
    ("unvisited", "", 30),
    ("unordered", "A", 14),
    ("unordered", "", 30),
    ("unsold", "", 45),
]
# measure, window in business days, threshold in % of the average
REPS = [("visits", 5, 60), ("orders", 5, 60)]


def seed(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    customer_rule = apps.get_model("alerts", "AlertRule")
    rep_rule = apps.get_model("alerts", "RepAlertRule")
    if not customer_rule.objects.exists():
        for kind, level, period_days in CUSTOMERS:
            customer_rule.objects.create(kind=kind, level=level, period_days=period_days)
    if not rep_rule.objects.exists():
        for measure, window_days, threshold_percent in REPS:
            rep_rule.objects.create(
                measure=measure, window_days=window_days, threshold_percent=threshold_percent
            )


class Migration(migrations.Migration):
    dependencies = [("alerts", "0002_run_requests")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
