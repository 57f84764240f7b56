"""The duplicate check asks who of a similar name stands within 200 m: on PostgreSQL the index itself answers."""

from django.db import migrations

_DROP = "DROP INDEX IF EXISTS customer_location"
_CREATE = "CREATE INDEX customer_location ON crm_customer (latitude, longitude){} WHERE latitude IS NOT NULL"


def hold_names(apps, schema_editor):
    _make(schema_editor, " INCLUDE (id, name_key)")


def hold_none(apps, schema_editor):
    _make(schema_editor, "")


def _make(schema_editor, include):
    # Not Index(include=…) on the model: SQLite has no such index and would warn at every check.
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_DROP)
        schema_editor.execute(_CREATE.format(include))


class Migration(migrations.Migration):
    dependencies = [("crm", "0007_follow_up_dictionaries")]

    operations = [migrations.RunPython(hold_names, hold_none)]
