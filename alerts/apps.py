from typing import Any

from django.apps import AppConfig
from django.db import connection
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class AlertsConfig(AppConfig):
    name = "alerts"
    verbose_name = _("Alerts")

    def ready(self) -> None:
        from alerts import receivers  # noqa: F401 - connects them

        pre_migrate.connect(_lift_triggers, sender=self, dispatch_uid="alerts.lift_triggers")
        post_migrate.connect(_set_triggers, sender=self, dispatch_uid="alerts.set_triggers")


def _lift_triggers(*, plan: list[Any], **kwargs: Any) -> None:
    from alerts.services import watching

    if plan:
        watching.remove()


def _set_triggers(**kwargs: Any) -> None:
    from alerts.models import AlertMark
    from alerts.services import watching

    if AlertMark._meta.db_table in connection.introspection.table_names():
        watching.install()
