import datetime as dt

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from territory.enums import TrackerApp
from territory.querysets import TrackQuerySet


class TrackingDevice(models.Model):
    """A phone with a tracker app that posts its rep's positions (F7).

    Only the token's SHA-256 is kept: whoever reads this table cannot post as the rep.
    """

    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("rep"),
        on_delete=models.CASCADE,
        related_name="tracking_devices",
    )
    name = models.CharField(_("name of the device"), max_length=40)
    app = models.CharField(_("tracker app"), max_length=10, choices=TrackerApp.choices)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    token_hint = models.CharField(max_length=4, editable=False)
    sends_waypoints = models.BooleanField(
        _("show today's customers in the app"),
        default=False,
        help_text=_("OwnTracks only, and only when the app allows remote commands."),
    )
    waypoints_sent_on = models.DateField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("set up at"), auto_now_add=True)
    seen_at = models.DateTimeField(_("last heard of"), null=True, blank=True, editable=False)
    battery = models.FloatField(_("battery (0–1)"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("switched off at"), null=True, blank=True)

    objects = TrackQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("tracking device")
        verbose_name_plural = _("tracking devices")

    def __str__(self) -> str:
        return self.name


class TrackingPause(models.Model):
    """A span in which a rep does not want to be recorded; superiors see that there was one, not where he was."""

    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("rep"),
        on_delete=models.CASCADE,
        related_name="tracking_pauses",
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True, help_text=_("Empty: until resumed."))

    objects = TrackQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at", "-pk"]
        verbose_name = _("pause of recording")
        verbose_name_plural = _("pauses of recording")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__gte=models.F("starts_at")),
                name="tracking_pause_ends_after_start",
            ),
            models.UniqueConstraint(
                fields=["rep"], condition=models.Q(ends_at__isnull=True), name="tracking_pause_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rep_id} {timezone.localtime(self.starts_at):%F %T}"

    def covers(self, moment: dt.datetime) -> bool:
        """Whether a position of this moment is not to be stored."""
        return self.starts_at <= moment and (self.ends_at is None or moment < self.ends_at)
