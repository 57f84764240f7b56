"""The rules with which the further kinds of alerts start; from here on they are the company's."""

from decimal import Decimal

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# kind, period in days, threshold, in use
RULES = [
    ("rhythm", 0, None, True),
    ("overdue", 0, Decimal(0), True),
    ("credit", 0, Decimal(100), True),
    ("pool_near", 7, None, True),
    ("plan_missed", 0, Decimal(2), True),
    ("task_due", 0, None, True),
    ("agreement_end", 30, None, True),
    ("low_stock", 14, Decimal(1), True),
    ("below_floor", 7, Decimal(0), True),
    ("unusual_return", 14, Decimal(20), True),
    # A new company has every location to confirm: whoever wants to hear of it switches it on.
    ("location", 0, None, False),
]


def seed(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    rule = apps.get_model("alerts", "AlertRule")
    for kind, period_days, threshold, is_enabled in RULES:
        if not rule.objects.filter(kind=kind).exists():
            rule.objects.create(
                kind=kind, period_days=period_days, threshold=threshold, is_enabled=is_enabled
            )


class Migration(migrations.Migration):
    dependencies = [("alerts", "0007_snoozes")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
