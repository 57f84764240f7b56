from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from accounts import services
from accounts.enums import AccessAction
from accounts.models import SavedView, User
from common.signals import data_exported
from common.throttle import remote_address
from common.views import DEFAULT_VIEWS


def seed_roles(sender: AppConfig, **kwargs: Any) -> None:
    """After an app's permissions exist, give the roles those of its permissions they have by default."""
    services.seed_role_permissions(app_label=sender.label)


@receiver(data_exported)
def note_export(sender: Any, user: User, what: str, rows: int, **kwargs: Any) -> None:
    services.record_access(actor=user, action=AccessAction.EXPORT, what=what, rows=rows)


@receiver(user_logged_in)
def note_login(sender: Any, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """Who came in, and from which address."""
    if request is not None:
        services.record_access(actor=user, action=AccessAction.LOGIN, what=remote_address(request))


@receiver(user_logged_in)
def remember_default_views(sender: Any, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """Lists open with the person's default views without asking the database each time."""
    if request is not None and hasattr(request, "session"):
        request.session[DEFAULT_VIEWS] = SavedView.objects.defaults_of(user)
