from typing import Any

from django.apps import AppConfig
from django.dispatch import receiver

from accounts import services
from accounts.enums import AccessAction
from accounts.models import User
from common.signals import data_exported


def seed_roles(sender: AppConfig, **kwargs: Any) -> None:
    """After an app's permissions exist, give the roles those of its permissions they have by default."""
    services.seed_role_permissions(app_label=sender.label)


@receiver(data_exported)
def note_export(sender: Any, user: User, what: str, rows: int, **kwargs: Any) -> None:
    services.record_access(actor=user, action=AccessAction.EXPORT, what=what, rows=rows)
