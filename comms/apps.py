from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommsConfig(AppConfig):
    name = "comms"
    verbose_name = _("Messages")

    def ready(self) -> None:
        from comms import receivers  # noqa: F401
