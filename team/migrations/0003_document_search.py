"""Document search on PostgreSQL goes through a GIN index over the grams; SQLite scans the texts and needs none."""

from django.db import migrations

INDEX = "document_search_grams"


def create_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        # A thousand grams with their frequency say too little about texts: see crm migration 0002.
        schema_editor.execute("ALTER TABLE team_document ALTER COLUMN search_grams SET STATISTICS 1000")
        schema_editor.execute(f"CREATE INDEX IF NOT EXISTS {INDEX} ON team_document USING gin (search_grams)")


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX IF EXISTS {INDEX}")


class Migration(migrations.Migration):
    dependencies = [("team", "0002_work_report_templates")]

    operations = [migrations.RunPython(create_index, drop_index)]
