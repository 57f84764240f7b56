from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from sales.enums import GoodsCondition, PostingStatus, ReturnReason
from sales.models.fields import (
    author_field,
    client_uuid_field,
    customer_field,
    money_field,
    price_field,
    product_field,
    quantity_field,
    rep_field,
    reversal_reason_field,
    reversed_on_field,
)
from sales.querysets import SalesQuerySet


class SalesReturn(models.Model):
    """Goods taken back (退货): its amount is a credit for the customer. Reversed, never deleted."""

    number = models.CharField(_("return number"), max_length=40, unique=True)
    customer = customer_field("returns")
    rep = rep_field("returns")
    # The delivery the goods came with, when somebody knows it.
    delivery = models.ForeignKey(
        "sales.Delivery",
        verbose_name=_("delivery"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="returns",
    )
    location = models.ForeignKey(
        "sales.StockLocation", verbose_name=_("taken into"), on_delete=models.PROTECT, related_name="+"
    )
    status = models.CharField(
        _("status"), max_length=10, choices=PostingStatus.choices, default=PostingStatus.POSTED
    )
    returned_on = models.DateField(_("return date"))  # business day
    amount = money_field(_("amount"))
    # How much of it is used: set against bills or paid back; `refunded` of it was paid back. The rest is free.
    used = money_field(_("used"), default=Decimal(0))
    refunded = money_field(_("refunded"), default=Decimal(0))
    note = models.CharField(_("note"), max_length=300, blank=True)
    reversed_on = reversed_on_field()
    reversal_reason = reversal_reason_field()
    client_uuid = client_uuid_field()
    created_by = author_field()
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = SalesQuerySet.as_manager()

    class Meta:
        ordering = ["-returned_on", "-pk"]
        verbose_name = _("sales return")
        verbose_name_plural = _("sales returns")
        constraints = [
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("used"), used__lte=F("amount")),
                name="return_not_used_twice",
            )
        ]
        indexes = [
            models.Index(fields=["customer", "-returned_on"], name="return_customer_day"),
            models.Index(fields=["rep", "-returned_on"], name="return_rep_day"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("sales:return_detail", args=[self.pk])

    @property
    def unused(self) -> Decimal:
        """What of the credit is neither set against bills nor paid back, in CNY; nothing once it is reversed."""
        return self.amount - self.used if self.status == PostingStatus.POSTED else Decimal(0)


class SalesReturnLine(models.Model):
    sales_return = models.ForeignKey(SalesReturn, on_delete=models.CASCADE, related_name="lines")
    product = product_field("return_lines")
    delivery_line = models.ForeignKey(
        "sales.DeliveryLine",
        verbose_name=_("delivery line"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="return_lines",
    )
    quantity = quantity_field(_("quantity"))
    price = price_field(_("price"))
    amount = money_field(_("amount"))
    reason = models.CharField(_("reason"), max_length=12, choices=ReturnReason.choices)
    condition = models.CharField(
        _("condition"), max_length=12, choices=GoodsCondition.choices, default=GoodsCondition.SELLABLE
    )
    note = models.CharField(_("note"), max_length=120, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("sales return line")
        verbose_name_plural = _("sales return lines")
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0, price__gte=0, amount__gte=0), name="return_line_in_range"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product} × {self.quantity}"
