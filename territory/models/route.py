from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.models import Customer
from territory.querysets import RouteQuerySet


class Route(models.Model):
    """线路: an ordered list of customers, walked by one rep on certain weekdays."""

    name = models.CharField(_("route name"), max_length=60)
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("rep"), on_delete=models.PROTECT, related_name="routes"
    )
    weekdays = models.CharField(_("weekdays"), max_length=13, blank=True)  # "1,4": Monday is 1
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    # How it is walked: places besides the stops, in WGS-84 degrees; a round trip ends where it starts.
    is_closed = models.BooleanField(_("round trip"), default=False)
    start_name = models.CharField(_("starts at"), max_length=60, blank=True)
    start_latitude = models.FloatField(_("latitude of the start"), null=True, blank=True)
    start_longitude = models.FloatField(_("longitude of the start"), null=True, blank=True)
    end_name = models.CharField(_("ends at"), max_length=60, blank=True)
    end_latitude = models.FloatField(_("latitude of the end"), null=True, blank=True)
    end_longitude = models.FloatField(_("longitude of the end"), null=True, blank=True)
    leaves_at = models.TimeField(_("leaves at"), null=True, blank=True)  # empty: when working hours begin
    stay_minutes = models.PositiveSmallIntegerField(
        _("minutes at a stop"), default=15, validators=[MaxValueValidator(480)]
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RouteQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("route")
        verbose_name_plural = _("routes")
        permissions = [("view_map", _("Can see the customer map"))]
        constraints = [
            models.UniqueConstraint(fields=["rep", "name"], name="route_rep_name_unique"),
            models.CheckConstraint(
                condition=Q(start_latitude__isnull=True, start_longitude__isnull=True)
                | Q(start_latitude__isnull=False, start_longitude__isnull=False),
                name="route_start_whole",
            ),
            models.CheckConstraint(
                condition=Q(end_latitude__isnull=True, end_longitude__isnull=True)
                | Q(end_latitude__isnull=False, end_longitude__isnull=False),
                name="route_end_whole",
            ),
            models.CheckConstraint(
                condition=Q(is_closed=False) | Q(end_latitude__isnull=True), name="route_closed_without_end"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("territory:route_detail", args=[self.pk])

    @property
    def start(self) -> tuple[float, float] | None:
        """(lat, lng) it is left from, when that is a place besides the stops."""
        if self.start_latitude is None or self.start_longitude is None:
            return None
        return self.start_latitude, self.start_longitude

    @property
    def end(self) -> tuple[float, float] | None:
        """(lat, lng) it leads to, likewise; a round trip leads back to `start`."""
        if self.end_latitude is None or self.end_longitude is None:
            return None
        return self.end_latitude, self.end_longitude


class RouteStop(models.Model):
    route = models.ForeignKey(Route, on_delete=models.CASCADE, related_name="stops")
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="route_stops"
    )
    position = models.PositiveIntegerField(_("order"), default=0)
    # When the visit may begin; an empty side is free.
    opens_at = models.TimeField(_("from"), null=True, blank=True)
    closes_at = models.TimeField(_("until"), null=True, blank=True)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("route stop")
        verbose_name_plural = _("route stops")
        constraints = [
            models.UniqueConstraint(fields=["route", "customer"], name="route_stop_customer_unique"),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True)
                | Q(closes_at__isnull=True)
                | Q(closes_at__gt=F("opens_at")),
                name="route_stop_hours_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.position} {self.customer}"
