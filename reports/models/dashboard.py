from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Dashboard(models.Model):
    """The cards that a person chose for his board, in their order; without a row his role's usual ones stand there."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="dashboard",
    )
    # [{"report": code, "query": the report's address parameters, "wide": true}, …]
    cards = models.JSONField(_("cards"), default=list, blank=True)
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        verbose_name = _("dashboard")
        verbose_name_plural = _("dashboards")

    def __str__(self) -> str:
        return str(self.user)
