from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from territory.enums import PointSource
from territory.querysets import TrackQuerySet


class TrackPoint(models.Model):
    """Where a rep was at one moment (domain-rules §7). Late and out-of-order points are normal.

    Rep and moment are the key, so the database refuses a second one. On PostgreSQL the table is partitioned by month of
    `time` (services.partitions); a statement that names a span of time reads only the months it needs.
    """

    pk = models.CompositePrimaryKey("rep", "time")
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("rep"),
        on_delete=models.CASCADE,
        related_name="track_points",
        db_index=False,  # the key begins with it
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

    def __str__(self) -> str:
        return f"{self.rep_id} {timezone.localtime(self.time):%F %T}"


class TrackDay(models.Model):
    """What one rep's business day comes to (domain-rules §7), so that a month is 31 rows and not 40,000 points.

    Whoever stores a point of the day marks it stale in the same transaction; reading it, or a job, sums it up anew.
    """

    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("rep"), on_delete=models.CASCADE, related_name="track_days"
    )
    day = models.DateField(_("day"))
    points = models.PositiveIntegerField(_("points"), default=0)
    kept = models.PositiveIntegerField(_("points that count"), default=0)
    mileage_m = models.FloatField(_("mileage (m)"), default=0)
    stops = models.PositiveIntegerField(_("stays"), default=0)
    gaps = models.PositiveIntegerField(_("gaps"), default=0)
    detour_ratio = models.FloatField(_("detour ratio"), null=True, blank=True)
    first_at = models.DateTimeField(_("first point"), null=True, blank=True)
    last_at = models.DateTimeField(_("last point"), null=True, blank=True)
    # Raised by every change; a summary is true for the version it was made from.
    version = models.PositiveIntegerField(default=1)
    summed_version = models.PositiveIntegerField(default=0)

    objects = TrackQuerySet.as_manager()

    class Meta:
        verbose_name = _("day of a track")
        verbose_name_plural = _("days of tracks")
        constraints = [models.UniqueConstraint(fields=["rep", "day"], name="track_day_rep_day_unique")]
        indexes = [
            models.Index(
                fields=["day"],
                name="track_day_stale",
                condition=models.Q(version__gt=models.F("summed_version")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.rep_id} {self.day}"
