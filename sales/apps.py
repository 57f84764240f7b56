from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SalesConfig(AppConfig):
    name = "sales"
    verbose_name = _("Sales")

    def ready(self) -> None:
        from accounts.queries import USER_FACTS
        from sales import receivers  # noqa: F401 - connects them
        from sales.queries.stock import drives_a_van

        USER_FACTS["own_van"] = drives_a_van()
