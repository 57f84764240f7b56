from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class NotifySettings(models.Model):
    """How one person wants to be told (E6). No row: everything as usual (comms.rules.preferences)."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="notify_settings",
    )
    # {"kind:channel": frequency}, only what differs from the usual.
    choices = models.JSONField(default=dict, blank=True)
    quiet_start = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_end = models.TimeField(_("quiet until"), null=True, blank=True)
    quiet_days_off = models.BooleanField(_("quiet on days off"), null=True, blank=True)
    chat_url = models.CharField(_("address of my chat bot"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("notice settings")
        verbose_name_plural = _("notice settings")
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_start__isnull=True, quiet_end__isnull=True)
                | Q(quiet_start__isnull=False, quiet_end__isnull=False),
                name="notify_quiet_both_or_none",
            )
        ]

    def __str__(self) -> str:
        return str(self.user_id)


class PushDevice(models.Model):
    """A browser that shows our notices (RFC 8030): where its push service is, and the keys to encrypt for it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        related_name="push_devices",
    )
    endpoint = models.CharField(max_length=600)
    # One browser is one row, whoever logs in there; SHA-256 of the endpoint, because that is long.
    endpoint_hash = models.CharField(max_length=64, unique=True, editable=False)
    p256dh = models.CharField(max_length=120)
    auth = models.CharField(max_length=40)
    name = models.CharField(_("device"), max_length=80, blank=True)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)
    sent_at = models.DateTimeField(_("last message"), null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("phone that shows notices")
        verbose_name_plural = _("phones that show notices")

    def __str__(self) -> str:
        return self.name or str(self.pk)
