import datetime as dt

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.enums import GeofencePolicy


class SystemOptions(models.Model):
    """The company's switches (A4): one row, edited in the admin."""

    company_name = models.CharField(_("company name"), max_length=80, blank=True)
    allow_multiple_visits = models.BooleanField(
        _("allow several visits to one customer a day"),
        default=False,
        help_text=_("Off: one visit for each rep, customer and day. Visits that exist are never touched."),
    )
    geofence_radius_m = models.PositiveIntegerField(
        _("geofence radius (m)"), default=300, validators=[MinValueValidator(20), MaxValueValidator(20000)]
    )
    geofence_policy = models.CharField(
        _("check-in outside the fence"),
        max_length=10,
        choices=GeofencePolicy.choices,
        default=GeofencePolicy.FLAG,
    )
    require_check_in_photo = models.BooleanField(_("check-in needs a photo"), default=False)
    work_start = models.TimeField(_("working hours from"), default=dt.time(8))
    work_end = models.TimeField(_("working hours until"), default=dt.time(18))
    track_retention_days = models.PositiveIntegerField(
        _("keep tracks for (days)"), default=180, validators=[MinValueValidator(1), MaxValueValidator(3650)]
    )

    class Meta:
        verbose_name = _("system options")
        verbose_name_plural = _("system options")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="system_options_single_row")]

    def __str__(self) -> str:
        return str(_("System options"))

    def clean(self) -> None:
        if self.work_start >= self.work_end:
            raise ValidationError({"work_end": _("Working hours must end after they start.")})

    @classmethod
    def load(cls) -> "SystemOptions":
        """The row, made with its defaults when it is not there yet; WORKING_HOURS gives the first hours."""
        start, end = (dt.time.fromisoformat(part.strip()) for part in settings.WORKING_HOURS.split("-"))
        return cls.objects.get_or_create(pk=1, defaults={"work_start": start, "work_end": end})[0]
