from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.models import Customer
from sales.enums import PaymentMethod, PostingStatus
from sales.models.fields import money_field, reversal_reason_field, reversed_on_field
from sales.querysets import SalesQuerySet


class Receipt(models.Model):
    """Money received from a customer (收款). Reversed, never deleted."""

    number = models.CharField(_("receipt number"), max_length=40, unique=True)
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="receipts"
    )
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("rep"),
        null=True,
        on_delete=models.PROTECT,
        related_name="receipts",
    )
    status = models.CharField(
        _("status"), max_length=10, choices=PostingStatus.choices, default=PostingStatus.POSTED
    )
    received_on = models.DateField(_("receipt date"))  # business day
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    method = models.CharField(
        _("payment method"), max_length=12, choices=PaymentMethod.choices, default=PaymentMethod.WECHAT
    )
    # The order it was paid for, when the customer said so.
    order = models.ForeignKey(
        "sales.SalesOrder",
        verbose_name=_("sales order"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="receipts",
    )
    # How much of it is used: set against bills or paid back; `refunded` of it was paid back. The rest is free.
    used = money_field(_("used"), default=Decimal(0))
    refunded = money_field(_("refunded"), default=Decimal(0))
    note = models.CharField(_("note"), max_length=300, blank=True)
    reversed_on = reversed_on_field()
    reversal_reason = reversal_reason_field()
    client_uuid = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = SalesQuerySet.as_manager()

    class Meta:
        ordering = ["-received_on", "-pk"]
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        permissions = [("export_receipt", _("Can export receipts"))]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="receipt_amount_positive"),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("used"), used__lte=F("amount")),
                name="receipt_not_used_twice",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-received_on"], name="receipt_customer_day"),
            models.Index(fields=["rep", "-received_on"], name="receipt_rep_day"),
            models.Index(fields=["-received_on", "-id"], name="receipt_day"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("sales:receipt_detail", args=[self.pk])

    @property
    def prepayment(self) -> Decimal:
        """What is neither set against bills nor paid back, in CNY; nothing once it is reversed."""
        return self.amount - self.used if self.status == PostingStatus.POSTED else Decimal(0)
