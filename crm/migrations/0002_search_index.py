"""Customer search on PostgreSQL goes through a GIN index over the grams; SQLite scans search_text and needs none."""

from django.db import migrations

INDEX = "customer_search_grams"


def create_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        # Ten thousand grams with their frequency, not the usual thousand: all others count as nearly as frequent as the
        # last of these, and a search for a rare name would walk through the newest customers until it has a page.
        schema_editor.execute("ALTER TABLE crm_customer ALTER COLUMN search_grams SET STATISTICS 1000")
        schema_editor.execute(f"CREATE INDEX IF NOT EXISTS {INDEX} ON crm_customer USING gin (search_grams)")


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX IF EXISTS {INDEX}")


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_initial")]

    operations = [
        migrations.RunPython(create_index, drop_index),
        migrations.AlterModelOptions(
            name="customer",
            options={
                "ordering": ["-pk"],
                "permissions": [
                    ("import_customer", "Can import customers"),
                    ("export_customer", "Can export customers"),
                    ("assign_customer", "Can assign customers to others"),
                    ("confirm_location", "Can confirm where customers are"),
                ],
                "verbose_name": "customer",
                "verbose_name_plural": "customers",
            },
        ),
    ]
