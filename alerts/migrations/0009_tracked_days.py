"""Days with a track as a measure of reps, and a rule for it that is off until somebody wants it."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def seed(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("alerts", "RepAlertRule").objects.get_or_create(
        measure="tracked_days", defaults={"window_days": 1, "threshold_percent": 0, "is_enabled": False}
    )


class Migration(migrations.Migration):
    dependencies = [("alerts", "0008_rules_of_more_kinds")]
    operations = [
        migrations.AlterField(
            model_name="repalertrule",
            name="measure",
            field=models.CharField(
                choices=[
                    ("visits", "Visits"),
                    ("customers", "Customers visited"),
                    ("orders", "Orders"),
                    ("order_amount", "Order amount"),
                    ("sales", "Sales"),
                    ("sales_amount", "Sales amount"),
                    ("tracked_days", "Days with a track"),
                ],
                max_length=14,
                verbose_name="measure",
            ),
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
