import datetime as dt
import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.enums import DictionaryKind
from crm.models import Customer
from sales.models import SalesOrder
from visits.enums import Fence, Grade, PhotoKind, VisitOutcome, VisitStatus
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
    visit_type = models.ForeignKey(
        "visits.VisitType",
        verbose_name=_("visit type"),
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
    check_in_lat = models.FloatField(_("latitude at check-in"), null=True, blank=True)
    check_in_lng = models.FloatField(_("longitude at check-in"), null=True, blank=True)
    check_in_accuracy_m = models.FloatField(_("accuracy (m)"), null=True, blank=True)
    # The store's location as stored at check-in, so that moving the pin later changes no old visit.
    store_lat = models.FloatField(_("latitude of the store"), null=True, blank=True)
    store_lng = models.FloatField(_("longitude of the store"), null=True, blank=True)
    distance_m = models.FloatField(_("distance to the store (m)"), null=True, blank=True)
    radius_m = models.PositiveIntegerField(_("fence radius (m)"), default=0)
    fence = models.CharField(_("location check"), max_length=12, choices=Fence.choices)
    outside_reason = models.CharField(_("reason"), max_length=200, blank=True)
    # Codes: outside, unverified, clock, future
    flags = models.JSONField(_("flags"), default=list, blank=True)

    check_out_at = models.DateTimeField(_("check-out"), null=True, blank=True)
    check_out_received_at = models.DateTimeField(_("check-out received at"), null=True, blank=True)
    check_out_lat = models.FloatField(_("latitude at check-out"), null=True, blank=True)
    check_out_lng = models.FloatField(_("longitude at check-out"), null=True, blank=True)
    check_out_accuracy_m = models.FloatField(_("accuracy at check-out (m)"), null=True, blank=True)
    check_out_distance_m = models.FloatField(_("distance at check-out (m)"), null=True, blank=True)
    outcome = models.CharField(
        _("outcome"), max_length=10, choices=VisitOutcome.choices, default=VisitOutcome.VISITED
    )
    summary = models.TextField(_("visit summary"), max_length=2000, blank=True)
    # What the rep thought of the customer's maturity then; the customer keeps the last one.
    maturity = models.ForeignKey(
        "crm.Dictionary",
        verbose_name=_("maturity"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        limit_choices_to={"kind": DictionaryKind.MATURITY},
    )
    # How well it is proven and why (visits.rules.evidence): {"part": points, …}; graded when the visit ends, and again
    # when a photo arrives late.
    grade = models.CharField(_("evidence"), max_length=1, choices=Grade.choices, blank=True)
    evidence = models.JSONField(_("parts of the evidence"), default=dict, blank=True, editable=False)

    objects = VisitQuerySet.as_manager()

    class Meta:
        ordering = ["-check_in_at", "-pk"]
        verbose_name = _("visit")
        verbose_name_plural = pgettext_lazy("model", "visits")  # "visits" alone follows a number in Chinese
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


def looks_band(shift: int) -> models.GeneratedField:
    """Sixteen bits of `looks`, kept by the database."""
    return models.GeneratedField(
        expression=F("looks").bitrightshift(shift).bitand(0xFFFF),
        output_field=models.IntegerField(null=True),
        db_persist=True,
    )


class VisitPhoto(models.Model):
    """A photo taken at a visit: re-encoded, without EXIF."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="photos")
    image = models.ImageField(upload_to="visits/%Y/%m/%d/")
    # The phone's own id: sent twice, it is one photo.
    uuid = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=PhotoKind.choices, default=PhotoKind.STEP)
    display = models.ForeignKey(
        "visits.DisplayReport", null=True, blank=True, on_delete=models.SET_NULL, related_name="photos"
    )
    sha256 = models.CharField(max_length=64, db_index=True)
    # 64 bits of what it looks like (common.photos), signed as the databases have it; near ones look alike.
    looks = models.BigIntegerField(null=True, editable=False)
    # Its four 16-bit parts: each is looked up in an index of its own (visits.queries.evidence.earlier_photo).
    band_1 = looks_band(0)
    band_2 = looks_band(16)
    band_3 = looks_band(32)
    band_4 = looks_band(48)
    # An earlier photo that looks the same: the picture was used before.
    reuse_of = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="reused_by"
    )
    taken_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("visit photo")
        verbose_name_plural = _("visit photos")
        indexes = [
            *(models.Index(fields=[f"band_{n}"], name=f"visit_photo_band_{n}") for n in (1, 2, 3, 4)),
            models.Index(fields=["-taken_at"], name="visit_photo_taken"),
        ]

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


class VisitSlip(models.Model):
    """A van sale, a return or a receipt that was made during a visit; orders have VisitOrder."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="slips")
    delivery = models.OneToOneField(
        "sales.Delivery", null=True, blank=True, on_delete=models.CASCADE, related_name="visit_slip"
    )
    sales_return = models.OneToOneField(
        "sales.SalesReturn", null=True, blank=True, on_delete=models.CASCADE, related_name="visit_slip"
    )
    receipt = models.OneToOneField(
        "sales.Receipt", null=True, blank=True, on_delete=models.CASCADE, related_name="visit_slip"
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = _("slip at a visit")
        verbose_name_plural = _("slips at visits")
        constraints = [
            models.CheckConstraint(
                condition=Q(delivery__isnull=False, sales_return__isnull=True, receipt__isnull=True)
                | Q(delivery__isnull=True, sales_return__isnull=False, receipt__isnull=True)
                | Q(delivery__isnull=True, sales_return__isnull=True, receipt__isnull=False),
                name="visit_slip_is_one_slip",
            )
        ]

    def __str__(self) -> str:
        return f"{self.visit} {self.delivery or self.sales_return or self.receipt}"
