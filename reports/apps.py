from typing import Any

from django.apps import AppConfig
from django.db import connection
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = _("Reports")

    def ready(self) -> None:
        pre_migrate.connect(_lift_triggers, sender=self, dispatch_uid="reports.lift_triggers")
        post_migrate.connect(_set_triggers, sender=self, dispatch_uid="reports.set_triggers")


def _lift_triggers(*, plan: list[Any], **kwargs: Any) -> None:
    from reports.services import watching

    if plan:
        watching.remove()


def _set_triggers(**kwargs: Any) -> None:
    from reports.models import DayMark
    from reports.services import watching

    if DayMark._meta.db_table in connection.introspection.table_names():
        watching.install()
