from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from territory.enums import PointSource
from territory.querysets import TrackQuerySet


class TrackPoint(models.Model):
    """Where a rep was at one moment (domain-rules §7). Late and out-of-order points are normal."""

    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("rep"), on_delete=models.CASCADE, related_name="track_points"
    )
    time = models.DateTimeField(_("time"))
    latitude = models.FloatField(_("latitude"))
    longitude = models.FloatField(_("longitude"))
    accuracy_m = models.FloatField(_("accuracy (m)"), null=True, blank=True)
    speed_ms = models.FloatField(_("speed (m/s)"), null=True, blank=True)
    bearing = models.FloatField(_("bearing"), null=True, blank=True)
    battery = models.FloatField(_("battery (0–1)"), null=True, blank=True)
    source = models.CharField(
        _("source"), max_length=10, choices=PointSource.choices, default=PointSource.BROWSER
    )
    received_at = models.DateTimeField(auto_now_add=True)

    objects = TrackQuerySet.as_manager()

    class Meta:
        verbose_name = _("track point")
        verbose_name_plural = _("track points")
        constraints = [models.UniqueConstraint(fields=["rep", "time"], name="track_point_rep_time_unique")]

    def __str__(self) -> str:
        return f"{self.rep_id} {self.time:%F %T}"
