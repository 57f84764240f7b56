"""What touched many customers at once, item by item: for the result page, and for undoing it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.punctuation import noted
from crm.enums import BulkKind, BulkState
from crm.models.customer import Customer
from crm.models.lead import Lead
from crm.querysets import BulkJobQuerySet


class BulkJob(models.Model):
    """One bulk action on chosen customers. The row is the job; a Celery message is only a nudge."""

    kind = models.CharField(_("action"), max_length=12, choices=BulkKind.choices)
    params = models.JSONField(default=dict)  # what the action's form said: ids and plain values
    state = models.CharField(_("state"), max_length=8, choices=BulkState.choices, default=BulkState.QUEUED)
    total = models.PositiveIntegerField(_("rows"), default=0)
    done = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    message = models.CharField(max_length=400, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="bulk_jobs"
    )
    created_at = models.DateTimeField(_("time"), auto_now_add=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = BulkJobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("bulk action")
        verbose_name_plural = _("bulk actions")

    def __str__(self) -> str:
        return noted(self.get_kind_display(), self.total)

    def get_absolute_url(self) -> str:
        return reverse("crm:lead_bulk_detail" if self.of_leads else "crm:bulk_detail", args=[self.pk])

    @property
    def is_busy(self) -> bool:
        return self.state in (BulkState.QUEUED, BulkState.RUNNING)

    @property
    def of_leads(self) -> bool:
        """Its rows are leads, not customers."""
        return BulkKind(self.kind).of_leads


class BulkItem(models.Model):
    """One customer or lead of a bulk action: waiting, changed (with what it was before) or refused (and why)."""

    job = models.ForeignKey(BulkJob, on_delete=models.CASCADE, related_name="items")
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE, related_name="+")
    lead = models.ForeignKey(Lead, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    changed = models.BooleanField(null=True)  # None: not done yet
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    before = models.JSONField(default=dict)
    undone = models.BooleanField(default=False)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("bulk action row")
        verbose_name_plural = _("bulk action rows")
        constraints = [
            models.UniqueConstraint(fields=["job", "customer"], name="bulk_item_unique"),
            models.UniqueConstraint(
                fields=["job", "lead"], name="bulk_item_lead_unique", condition=Q(lead__isnull=False)
            ),
            models.CheckConstraint(
                condition=Q(customer__isnull=False, lead__isnull=True)
                | Q(customer__isnull=True, lead__isnull=False),
                name="bulk_item_one_subject",
            ),
        ]
        indexes = [
            models.Index(fields=["job", "id"], name="bulk_item_waiting", condition=Q(changed__isnull=True)),
            models.Index(fields=["lead"], name="bulk_item_lead", condition=Q(lead__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.job_id}: {self.subject_id}"

    @property
    def subject_id(self) -> int:
        """The key of the customer or of the lead: the constraint leaves no third."""
        key = self.lead_id if self.customer_id is None else self.customer_id
        assert key is not None
        return key

    @property
    def subject(self) -> "Customer | Lead":
        row = self.lead if self.customer_id is None else self.customer
        assert row is not None
        return row


class Merge(models.Model):
    """Two customers made one (B5): everything needed to take them apart again."""

    kept = models.ForeignKey(
        Customer, verbose_name=_("kept customer"), null=True, on_delete=models.SET_NULL, related_name="merges"
    )
    kept_name = models.CharField(max_length=120)
    merged_id = models.BigIntegerField(_("id of the merged customer"))
    merged_code = models.CharField(max_length=40)
    merged_name = models.CharField(max_length=120)
    # The merged row, the kept one's values before, and which related rows were moved or dropped: see crm.services.merges.
    journal = models.JSONField(default=dict)
    moved = models.PositiveIntegerField(_("moved records"), default=0)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    at = models.DateTimeField(_("time"), auto_now_add=True)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("merge")
        verbose_name_plural = _("merges")

    def __str__(self) -> str:
        return f"{self.merged_name} → {self.kept_name}"


class NotDuplicate(models.Model):
    """Two customers that look alike and are not one: the finder shows them no more."""

    low = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")  # the smaller id of the two
    high = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("dismissed duplicate")
        verbose_name_plural = _("dismissed duplicates")
        constraints = [
            models.UniqueConstraint(fields=["low", "high"], name="not_duplicate_unique"),
            models.CheckConstraint(condition=Q(low__lt=models.F("high")), name="not_duplicate_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.low_id} ≠ {self.high_id}"
