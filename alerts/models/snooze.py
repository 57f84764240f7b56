import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.models.alert import Alert
from alerts.querysets import SnoozeQuerySet


class AlertSnooze(models.Model):
    """Somebody put an alert off until a day, and said why. The last that was not taken back counts.

    `Alert.snoozed_until` repeats its day, so that lists need no join; services.snoozes writes both. On that day the
    alert is back by itself. It belongs to one alert: another kind, or the same kind opened anew, is not put off.
    """

    alert = models.ForeignKey(
        Alert, verbose_name=_("customer alert"), on_delete=models.CASCADE, related_name="snoozes"
    )
    # The same for all that were put off in one go, and are taken back together.
    batch = models.UUIDField(default=uuid.uuid4, editable=False, db_index=True)
    until = models.DateField(_("put off until"))
    reason = models.CharField(_("why"), max_length=200)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    at = models.DateTimeField(_("at"))
    # Taken back before its day, or the alert was closed: by whom (nobody: the job) and when.
    ended_at = models.DateTimeField(_("taken back at"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("taken back by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    objects = SnoozeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("put-off alert")
        verbose_name_plural = _("put-off alerts")
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="alert_snooze_says_why")]

    def __str__(self) -> str:
        return f"{self.alert_id} → {self.until}"
