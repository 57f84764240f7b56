import datetime as dt
import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.models import Customer
from sales.models import SalesOrder
from visits.enums import Fence, VisitOutcome, VisitStatus
from visits.models.task import VisitTask
from visits.querysets import VisitQuerySet


class Visit(models.Model):
    """What really happened at a customer (domain-rules §2). Valid when it has check-in and check-out."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("rep"), on_delete=models.PROTECT, related_name="visits"
    )
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="visits"
    )
    task = models.ForeignKey(
        VisitTask,
        verbose_name=_("visit task"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="visits",
    )
    day = models.DateField(_("business day"))
    sequence = models.PositiveSmallIntegerField(_("visit of the day"), default=1)
    status = models.CharField(
        _("status"), max_length=10, choices=VisitStatus.choices, default=VisitStatus.OPEN
    )

    # Client's time (occurred) and server's time (received) are both kept.
    check_in_at = models.DateTimeField(_("check-in"))
    check_in_received_at = models.DateTimeField(_("check-in received"))
    check_in_lat = models.FloatField(null=True, blank=True)
    check_in_lng = models.FloatField(null=True, blank=True)
    check_in_accuracy_m = models.FloatField(_("accuracy (m)"), null=True, blank=True)
    # The store's location as stored at check-in, so that moving the pin later changes no old visit.
    store_lat = models.FloatField(null=True, blank=True)
    store_lng = models.FloatField(null=True, blank=True)
    distance_m = models.FloatField(_("distance to the store (m)"), null=True, blank=True)
    radius_m = models.PositiveIntegerField(_("fence radius (m)"), default=0)
    fence = models.CharField(_("location check"), max_length=12, choices=Fence.choices)
    outside_reason = models.CharField(_("reason"), max_length=200, blank=True)
    # Codes: outside, unverified, clock, future
    flags = models.JSONField(_("flags"), default=list, blank=True)

    check_out_at = models.DateTimeField(_("check-out"), null=True, blank=True)
    check_out_received_at = models.DateTimeField(null=True, blank=True)
    check_out_lat = models.FloatField(null=True, blank=True)
    check_out_lng = models.FloatField(null=True, blank=True)
    check_out_accuracy_m = models.FloatField(null=True, blank=True)
    check_out_distance_m = models.FloatField(null=True, blank=True)
    outcome = models.CharField(
        _("outcome"), max_length=10, choices=VisitOutcome.choices, default=VisitOutcome.VISITED
    )
    summary = models.TextField(_("visit summary"), max_length=2000, blank=True)

    objects = VisitQuerySet.as_manager()

    class Meta:
        ordering = ["-check_in_at", "-pk"]
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        permissions = [("export_visit", _("Can export visits"))]
        constraints = [
            models.UniqueConstraint(
                fields=["rep", "customer", "day", "sequence"], name="visit_sequence_unique"
            ),
            models.UniqueConstraint(
                fields=["rep"], condition=Q(status="open"), name="visit_one_open_per_rep"
            ),
            models.CheckConstraint(
                condition=Q(status="open", check_out_at__isnull=True) | Q(status="closed"),
                name="visit_open_has_no_check_out",
            ),
            models.CheckConstraint(
                condition=Q(check_out_at__isnull=True) | Q(check_out_at__gte=F("check_in_at")),
                name="visit_check_out_after_check_in",
            ),
            models.CheckConstraint(condition=Q(sequence__gte=1), name="visit_sequence_from_1"),
        ]
        indexes = [
            models.Index(fields=["day", "rep"], name="visit_day_rep"),
            models.Index(fields=["customer", "-day"], name="visit_customer_day"),
            models.Index(fields=["-check_in_at"], name="visit_check_in"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.rep} → {self.customer}"

    def get_absolute_url(self) -> str:
        return reverse("visits:visit_detail", args=[self.pk])

    @property
    def is_valid(self) -> bool:
        return self.check_out_at is not None

    @property
    def is_planned(self) -> bool:
        return self.task_id is not None

    @property
    def dwell(self) -> dt.timedelta | None:
        """在店时长: check-out − check-in."""
        return self.check_out_at - self.check_in_at if self.check_out_at else None


class VisitPhoto(models.Model):
    """A photo taken at a visit: re-encoded, without EXIF."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="photos")
    image = models.ImageField(upload_to="visits/%Y/%m/%d/")
    sha256 = models.CharField(max_length=64, db_index=True)
    taken_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("visit photo")
        verbose_name_plural = _("visit photos")

    def __str__(self) -> str:
        return self.image.name or ""


class VisitOrder(models.Model):
    """An order that was taken during a visit."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="visit_orders")
    order = models.OneToOneField(SalesOrder, on_delete=models.CASCADE, related_name="visit_order")

    class Meta:
        verbose_name = _("order at a visit")
        verbose_name_plural = _("orders at visits")

    def __str__(self) -> str:
        return f"{self.visit} {self.order}"
