from django.conf import settings
from django.db import models
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
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RouteQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("route")
        verbose_name_plural = _("routes")
        permissions = [("view_map", _("Can see the customer map"))]
        constraints = [models.UniqueConstraint(fields=["rep", "name"], name="route_rep_name_unique")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("territory:route_detail", args=[self.pk])


class RouteStop(models.Model):
    route = models.ForeignKey(Route, on_delete=models.CASCADE, related_name="stops")
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="route_stops"
    )
    position = models.PositiveIntegerField(_("order"), default=0)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("route stop")
        verbose_name_plural = _("route stops")
        constraints = [
            models.UniqueConstraint(fields=["route", "customer"], name="route_stop_customer_unique")
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.position} {self.customer}"
