"""Looking customers' addresses up at a map service: the job, and what came of each address (F1)."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.punctuation import named, noted
from crm.enums import BulkState, GeocodeOutcome, MapService
from crm.models.customer import Customer
from crm.querysets import BulkJobQuerySet


class GeocodeJob(models.Model):
    """Addresses to look up. The row is the job; a Celery message is only a nudge."""

    provider = models.CharField(_("map service"), max_length=20)
    state = models.CharField(_("state"), max_length=8, choices=BulkState.choices, default=BulkState.QUEUED)
    total = models.PositiveIntegerField(_("addresses"), default=0)
    done = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=400, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("time"), auto_now_add=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = BulkJobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("address look-up")
        verbose_name_plural = _("address look-ups")
        constraints = [
            # One at a time, so that together they are no faster than the service allows.
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="running"), name="geocode_one_running"
            ),
        ]

    def __str__(self) -> str:
        return noted(self.service, self.total)

    def get_absolute_url(self) -> str:
        return reverse("territory:geocode_detail", args=[self.pk])

    @property
    def service(self) -> str:
        """The map service as people call it."""
        return str(MapService(self.provider).label)

    @property
    def is_busy(self) -> bool:
        return self.state in (BulkState.QUEUED, BulkState.RUNNING)


class GeocodeItem(models.Model):
    """One customer's address: what was asked, and what came of it."""

    job = models.ForeignKey(GeocodeJob, on_delete=models.CASCADE, related_name="items", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="geocodes", db_index=False)
    outcome = models.CharField(max_length=9, choices=GeocodeOutcome.choices, default=GeocodeOutcome.WAITING)
    asked = models.CharField(_("address asked for"), max_length=200)
    # What was stored as "to confirm", WGS-84 degrees; and how exact the service says it is, and what it matched.
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    precision = models.CharField(max_length=40, blank=True)
    matched = models.CharField(max_length=200, blank=True)
    candidates = models.JSONField(default=list)  # [lat, lng, precision, matched] for a person to choose from
    reason = models.CharField(max_length=300, blank=True)  # the service's words
    at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("looked-up address")
        verbose_name_plural = _("looked-up addresses")
        constraints = [models.UniqueConstraint(fields=["job", "customer"], name="geocode_item_unique")]
        indexes = [
            models.Index(fields=["customer", "-id"], name="geocode_item_customer"),
            models.Index(
                fields=["job", "id"], name="geocode_item_waiting", condition=models.Q(outcome="waiting")
            ),
        ]

    def __str__(self) -> str:
        return named(self.asked, self.get_outcome_display())
