"""The cell of each place (common.geo.cells), for maps of any number of customers and leads."""

from django.conf import settings
from django.db import migrations, models

from common.geo.cells import cell_of

_BATCH = 10_000


def fill(apps, schema_editor):
    for name in ("Customer", "Lead"):
        model = apps.get_model("crm", name)
        rows = model.objects.filter(latitude__isnull=False).values_list("pk", "latitude", "longitude")
        last = 0
        while batch := list(rows.filter(pk__gt=last).order_by("pk")[:_BATCH]):
            last = batch[-1][0]
            _write(schema_editor.connection, model._meta.db_table, [(cell_of(*at), pk) for pk, *at in batch])


def _write(connection, table, cells):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"UPDATE {table} SET cell = found.cell FROM unnest(%s::bigint[], %s::bigint[]) AS found (cell, id)"
                f" WHERE {table}.id = found.id",
                [list(column) for column in zip(*cells, strict=True)],
            )
        else:
            cursor.executemany(f"UPDATE {table} SET cell = %s WHERE id = %s", cells)


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0011_lead_steps_taken_back"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="customer",
            options={
                "base_manager_name": "objects",
                "ordering": ["-pk"],
                "permissions": [
                    ("import_customer", "Can import customers"),
                    ("export_customer", "Can export customers"),
                    ("assign_customer", "Can assign customers to others"),
                    ("confirm_location", "Can confirm where customers are"),
                    ("view_pool", "Can see the public pool"),
                    ("claim_customer", "Can claim customers from the public pool"),
                    ("lock_customer", "Can lock customers against recycling"),
                    ("merge_customer", "Can merge duplicate customers"),
                ],
                "verbose_name": "customer",
                "verbose_name_plural": "customers",
            },
        ),
        migrations.AlterModelOptions(
            name="lead",
            options={
                "base_manager_name": "objects",
                "ordering": ["-pk"],
                "permissions": [
                    ("assign_lead", "Can assign leads to others"),
                    ("claim_lead", "Can claim leads from the lead pool"),
                    ("convert_lead", "Can convert leads to customers"),
                    ("import_lead", "Can import leads"),
                    ("export_lead", "Can export leads"),
                    ("purge_lead", "Can delete leads for good"),
                ],
                "verbose_name": "lead",
                "verbose_name_plural": "leads",
            },
        ),
        migrations.RemoveConstraint(
            model_name="customer",
            name="customer_location_whole",
        ),
        migrations.RemoveConstraint(
            model_name="lead",
            name="lead_location_whole",
        ),
        migrations.AddField(
            model_name="customer",
            name="cell",
            field=models.BigIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="lead",
            name="cell",
            field=models.BigIntegerField(editable=False, null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cell__isnull", True), ("latitude__isnull", True), ("longitude__isnull", True)),
                    models.Q(
                        ("latitude__gte", -90),
                        ("latitude__lte", 90),
                        ("longitude__gte", -180),
                        ("longitude__lte", 180),
                        ("cell__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="customer_location_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cell__isnull", True), ("latitude__isnull", True), ("longitude__isnull", True)),
                    models.Q(
                        ("latitude__gte", -90),
                        ("latitude__lte", 90),
                        ("longitude__gte", -180),
                        ("longitude__lte", 180),
                        ("cell__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="lead_location_whole",
            ),
        ),
    ]
