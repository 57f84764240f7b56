from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.punctuation import named
from territory.enums import SuggestionState
from territory.models.route import Route


class RouteQuality(models.Model):
    """How good a route's order was when it was last measured. `key` tells whether that still holds."""

    route = models.OneToOneField(Route, primary_key=True, on_delete=models.CASCADE, related_name="quality")
    key = models.CharField(max_length=40)  # of the places in their order, and of how the route is walked
    length_m = models.FloatField(_("length"))
    best_m = models.FloatField()  # of the best order known
    saving_m = models.FloatField(_("can be saved"))
    saving_share = models.FloatField()  # 0 to 1, of the length
    crossings = models.PositiveIntegerField(_("crossings"))
    turn_backs = models.PositiveIntegerField(_("there and back"))
    measured_at = models.DateTimeField()

    class Meta:
        verbose_name = _("route quality")
        verbose_name_plural = _("route qualities")

    def __str__(self) -> str:
        return f"{self.route_id}: {self.saving_share:.0%}"


class RouteSuggestion(models.Model):
    """A better order for a route: asked for, found, taken or not, and the way back.

    The row is the job: a Celery message is only a nudge. Orders are lists of stop ids; lengths are metres.
    """

    route = models.ForeignKey(Route, on_delete=models.CASCADE, related_name="suggestions")
    state = models.CharField(
        _("state"), max_length=8, choices=SuggestionState.choices, default=SuggestionState.QUEUED
    )
    seen = models.JSONField(default=list)  # the order it started from
    order = models.JSONField(default=list)
    before_m = models.FloatField(null=True)
    after_m = models.FloatField(null=True)
    late_before = models.PositiveIntegerField(default=0)  # stops reached after they close
    late_after = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=400, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("time"), auto_now_add=True)
    heartbeat_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("suggested order")
        verbose_name_plural = _("suggested orders")
        constraints = [
            models.UniqueConstraint(
                fields=["route"],
                condition=Q(state__in=["queued", "running"]),
                name="route_suggestion_one_at_work",
            )
        ]

    def __str__(self) -> str:
        return named(self.route_id, self.get_state_display())

    @property
    def is_busy(self) -> bool:
        return self.state in (SuggestionState.QUEUED, SuggestionState.RUNNING)

    @property
    def saving_m(self) -> float:
        return max(0.0, (self.before_m or 0.0) - (self.after_m or 0.0))

    @property
    def saving_share(self) -> float:
        """0 to 1, of today's length."""
        return self.saving_m / self.before_m if self.before_m else 0.0
