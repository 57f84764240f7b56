"""Open alerts learn their customer's owner."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import OuterRef, Subquery


def take_owners(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alert, customer = apps.get_model("alerts", "Alert"), apps.get_model("crm", "Customer")
    owner = customer.objects.filter(pk=OuterRef("customer_id")).values("owner_id")[:1]
    alert.objects.filter(closed_on__isnull=True).update(owner_id=Subquery(owner))


class Migration(migrations.Migration):
    dependencies = [("alerts", "0005_engine")]
    operations = [migrations.RunPython(take_owners, migrations.RunPython.noop)]
