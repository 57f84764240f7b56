from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.enums import AccessAction
from accounts.querysets import OwnedQuerySet


class AccessLogQuerySet(OwnedQuerySet):
    owner_field = "actor"


class AccessLog(models.Model):
    """Who came in, took data out or looked at somebody's location (A6); what was changed stands in auditlog."""

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.PROTECT,
        related_name="access_log",
    )
    action = models.CharField(_("action"), max_length=12, choices=AccessAction.choices)
    subject = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("whose data"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="looked_at",
    )
    what = models.CharField(_("what"), max_length=200)
    rows = models.PositiveIntegerField(_("rows"), null=True, blank=True)
    at = models.DateTimeField(_("time"), auto_now_add=True, db_index=True)

    objects = AccessLogQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("access record")
        verbose_name_plural = _("access records")

    def __str__(self) -> str:
        return f"{self.actor} {self.get_action_display()} {self.what}"
