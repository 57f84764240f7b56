"""Indexes that each imported customer pays for and nothing reads: empty references, doubles, no LIKE on phones.

The links of tags bring two indexes that begin with the customer: the unique one is enough.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def drop_double(apps, schema_editor):
    _, link = _double(apps, schema_editor)
    for name in link:
        schema_editor.execute(f'DROP INDEX "{name}"')


def create_double(apps, schema_editor):
    table, link = _double(apps, schema_editor)
    if table and not link:
        schema_editor.execute(f"CREATE INDEX ON {table} (customer_id)")


def _double(apps, schema_editor):
    """(table, names of its plain indexes on the customer alone); nothing on SQLite, which makes its tables anew."""
    if schema_editor.connection.vendor != "postgresql":
        return "", []
    table = apps.get_model("crm", "Customer").tags.through._meta.db_table
    with schema_editor.connection.cursor() as cursor:
        found = schema_editor.connection.introspection.get_constraints(cursor, table)
    names = [
        name
        for name, about in found.items()
        if about["index"] and not about["unique"] and about["columns"] == ["customer_id"]
    ]
    return table, names


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0008_location_index_holds_names"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="customer",
            name="customer_tax_id",
        ),
        migrations.AlterField(
            model_name="contact",
            name="reports_to",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="reports",
                to="crm.contact",
                verbose_name="reports to",
            ),
        ),
        migrations.AlterField(
            model_name="ownerchange",
            name="by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="ownerchange",
            name="from_user",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="phone",
            name="contact",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="phones",
                to="crm.contact",
            ),
        ),
        migrations.AlterField(
            model_name="phone",
            name="e164",
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("reports_to__isnull", False)),
                fields=["reports_to"],
                name="contact_reports_to",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("tax_id", ""), _negated=True), fields=["tax_id"], name="customer_tax_id"
            ),
        ),
        migrations.AddIndex(
            model_name="phone",
            index=models.Index(fields=["e164"], name="phone_e164"),
        ),
        migrations.AddIndex(
            model_name="phone",
            index=models.Index(
                condition=models.Q(("contact__isnull", False)), fields=["contact"], name="phone_contact"
            ),
        ),
        migrations.RunPython(drop_double, create_double),
    ]
