from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from sales.enums import CostKind, PostingStatus, SlipKind
from sales.models.fields import (
    author_field,
    client_uuid_field,
    customer_field,
    money_field,
    rep_field,
    reversal_reason_field,
    reversed_on_field,
)
from sales.querysets import SalesQuerySet


class CustomerTerms(models.Model):
    """What was agreed with a customer about paying: days, a second limit for a time, no more on credit."""

    customer = models.OneToOneField(
        "crm.Customer", verbose_name=_("customer"), on_delete=models.CASCADE, related_name="terms"
    )
    payment_days = models.PositiveSmallIntegerField(_("days to pay"), null=True, blank=True)
    # Holds instead of the customer's own limit from the first to the last day, both included.
    temporary_limit = money_field(_("temporary credit limit"), null=True, blank=True)
    temporary_from = models.DateField(_("temporary limit from"), null=True, blank=True)
    temporary_until = models.DateField(_("temporary limit until"), null=True, blank=True)
    is_blocked = models.BooleanField(_("no more on credit"), default=False)
    updated_by = author_field(_("changed by"))
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    objects = SalesQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment terms")
        verbose_name_plural = _("payment terms")
        constraints = [
            models.CheckConstraint(
                condition=Q(temporary_limit__isnull=True)
                | Q(
                    temporary_limit__gte=0,
                    temporary_from__isnull=False,
                    temporary_until__isnull=False,
                    temporary_until__gte=F("temporary_from"),
                ),
                name="terms_temporary_limit_whole",
            )
        ]

    def __str__(self) -> str:
        return str(self.customer)


class CostEntry(models.Model):
    """Money spent for a customer or an order (费用); it lessens the margin. Reversed, never deleted."""

    number = models.CharField(_("cost number"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=14, choices=CostKind.choices)
    customer = customer_field("costs")
    order = models.ForeignKey(
        "sales.SalesOrder",
        verbose_name=_("sales order"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="costs",
    )
    rep = rep_field("costs")
    status = models.CharField(
        _("status"), max_length=10, choices=PostingStatus.choices, default=PostingStatus.POSTED
    )
    spent_on = models.DateField(_("date"))  # business day
    amount = money_field(_("amount"))
    note = models.CharField(_("note"), max_length=300, blank=True)
    reversed_on = reversed_on_field()
    reversal_reason = reversal_reason_field()
    client_uuid = client_uuid_field()
    created_by = author_field()
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = SalesQuerySet.as_manager()

    class Meta:
        ordering = ["-spent_on", "-pk"]
        verbose_name = _("cost")
        verbose_name_plural = _("costs")
        permissions = [("view_margin", _("Can see costs of goods and margins"))]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="cost_positive")]
        indexes = [
            models.Index(fields=["customer", "-spent_on"], name="cost_customer_day"),
            models.Index(fields=["rep", "-spent_on"], name="cost_rep_day"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("sales:cost_detail", args=[self.pk])


class CollectionNote(models.Model):
    """One attempt to collect what is overdue (催收) and what the customer promised."""

    customer = customer_field("collection_notes")
    rep = rep_field("collection_notes")  # who asked for the money
    text = models.CharField(_("what was said"), max_length=500)
    promised_on = models.DateField(_("promised for"), null=True, blank=True)
    promised_amount = money_field(_("promised amount"), null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("time"), auto_now_add=True)

    objects = SalesQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("collection note")
        verbose_name_plural = _("collection notes")
        indexes = [
            models.Index(fields=["customer", "-created_at"], name="collection_customer"),
            models.Index(
                fields=["promised_on"], name="collection_promise", condition=Q(reminded_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.text[:40]


class FinanceSlip(models.Model):
    """A slip as it arrives at finance: who sees it first ticks it off, or sends it back with a remark."""

    kind = models.CharField(_("kind"), max_length=10, choices=SlipKind.choices)
    object_id = models.BigIntegerField()  # of the order, delivery, return, receipt, refund or cost
    number = models.CharField(_("number"), max_length=40)
    customer = customer_field("finance_slips")
    rep = rep_field("finance_slips")
    amount = money_field(_("amount"))
    arrived_at = models.DateTimeField(_("arrived at"), auto_now_add=True)
    checked_by = author_field(_("checked by"))
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    remark = models.CharField(_("remark"), max_length=300, blank=True)

    objects = SalesQuerySet.as_manager()

    class Meta:
        ordering = ["-arrived_at", "-pk"]
        verbose_name = _("slip for finance")
        verbose_name_plural = _("slips for finance")
        constraints = [models.UniqueConstraint(fields=["kind", "object_id"], name="finance_slip_unique")]
        indexes = [
            models.Index(
                fields=["-arrived_at"], name="finance_slip_unchecked", condition=Q(checked_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"
