from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from sales.enums import BillKind, PaymentMethod, PostingStatus
from sales.models.fields import (
    author_field,
    client_uuid_field,
    customer_field,
    money_field,
    rep_field,
    reversal_reason_field,
    reversed_on_field,
)
from sales.querysets import BillQuerySet, SalesQuerySet


class Bill(models.Model):
    """What a customer owes for one delivery (or approved order, or from before) by one day (domain-rules §6).

    A delivery of an order with a payment plan makes a bill for each instalment it reaches. `settled` is the sum of the
    allocations that stand; the database keeps it between 0 and the amount. Reversed, never deleted.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=BillKind.choices)
    customer = customer_field("bills")
    rep = rep_field("bills")
    delivery = models.ForeignKey(
        "sales.Delivery",
        verbose_name=_("delivery"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="bills",
    )
    order = models.ForeignKey(
        "sales.SalesOrder",
        verbose_name=_("sales order"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="bills",
    )
    position = models.PositiveSmallIntegerField(_("instalment"), default=1)
    status = models.CharField(
        _("status"), max_length=10, choices=PostingStatus.choices, default=PostingStatus.POSTED
    )
    billed_on = models.DateField(_("bill date"))  # business day
    due_on = models.DateField(_("payment due"))
    amount = money_field(_("amount"))
    settled = money_field(_("settled"), default=Decimal(0))
    note = models.CharField(_("note"), max_length=200, blank=True)
    reversed_on = reversed_on_field()
    reversal_reason = reversal_reason_field()
    created_by = author_field()
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = BillQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        verbose_name = _("bill")
        verbose_name_plural = _("bills")
        permissions = [("allocate_receipt", _("Can allocate receipts to bills"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(settled__gte=0, settled__lte=F("amount")), name="bill_not_settled_twice"
            ),
            models.UniqueConstraint(
                fields=["delivery", "position"],
                name="bill_delivery_once",
                condition=Q(delivery__isnull=False, status="posted"),
            ),
            models.UniqueConstraint(
                fields=["order", "position"],
                name="bill_order_once",
                condition=Q(kind="order", status="posted"),
            ),
            models.CheckConstraint(
                condition=Q(reversed_on__isnull=True) | Q(status="reversed"), name="bill_reversed_on_a_day"
            ),
        ]
        indexes = [
            # What is open, by customer and by due day: aging, overdue lists and alerts read nothing else.
            models.Index(
                fields=["customer", "due_on", "amount", "settled"],
                name="bill_open_customer",
                condition=Q(status="posted", amount__gt=F("settled")),
            ),
            models.Index(
                fields=["due_on", "customer", "amount", "settled"],
                name="bill_open_due",
                condition=Q(status="posted", amount__gt=F("settled")),
            ),
            models.Index(fields=["customer", "billed_on"], name="bill_customer_day"),
            models.Index(fields=["rep", "billed_on"], name="bill_rep_day"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.billed_on} {self.amount}"

    @property
    def open_amount(self) -> Decimal:
        """What is still to be paid, in CNY; nothing once it is reversed."""
        return self.amount - self.settled if self.status == PostingStatus.POSTED else Decimal(0)


class Allocation(models.Model):
    """Money of one receipt, or the credit of one return, set against one bill. Released, never deleted."""

    bill = models.ForeignKey(
        Bill, verbose_name=_("bill"), on_delete=models.PROTECT, related_name="allocations"
    )
    receipt = models.ForeignKey(
        "sales.Receipt",
        verbose_name=_("receipt"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="allocations",
    )
    sales_return = models.ForeignKey(
        "sales.SalesReturn",
        verbose_name=_("sales return"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="allocations",
    )
    amount = money_field(_("amount"))
    made_on = models.DateField(_("date"))  # business day; aging as of a day counts what was allocated by then
    created_by = author_field()
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    released_on = models.DateField(_("released on"), null=True, blank=True)
    released_by = author_field(_("released by"))
    released_at = models.DateTimeField(_("released at"), null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="allocation_positive"),
            models.CheckConstraint(
                condition=Q(receipt__isnull=False, sales_return__isnull=True)
                | Q(receipt__isnull=True, sales_return__isnull=False),
                name="allocation_one_source",
            ),
        ]
        indexes = [models.Index(fields=["bill", "made_on"], name="allocation_bill_day")]

    def __str__(self) -> str:
        return f"{self.amount} → {self.bill}"


class Refund(models.Model):
    """Money paid back (退款) from a prepayment or from the credit of a return. Reversed, never deleted."""

    number = models.CharField(_("refund number"), max_length=40, unique=True)
    customer = customer_field("refunds")
    rep = rep_field("refunds")
    receipt = models.ForeignKey(
        "sales.Receipt",
        verbose_name=_("receipt"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="refunds",
    )
    sales_return = models.ForeignKey(
        "sales.SalesReturn",
        verbose_name=_("sales return"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="refunds",
    )
    status = models.CharField(
        _("status"), max_length=10, choices=PostingStatus.choices, default=PostingStatus.POSTED
    )
    refunded_on = models.DateField(_("refund date"))  # business day
    amount = money_field(_("amount"))
    method = models.CharField(
        _("payment method"), max_length=12, choices=PaymentMethod.choices, default=PaymentMethod.CASH
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    reversed_on = reversed_on_field()
    reversal_reason = reversal_reason_field()
    client_uuid = client_uuid_field()
    created_by = author_field()
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = SalesQuerySet.as_manager()

    class Meta:
        ordering = ["-refunded_on", "-pk"]
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_positive"),
            models.CheckConstraint(
                condition=Q(receipt__isnull=False, sales_return__isnull=True)
                | Q(receipt__isnull=True, sales_return__isnull=False),
                name="refund_one_source",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-refunded_on"], name="refund_customer_day"),
            models.Index(fields=["rep", "-refunded_on"], name="refund_rep_day"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("sales:refund_detail", args=[self.pk])


class PaymentInstalment(models.Model):
    """One part of an order's payment plan (收款计划); whether it is paid follows from the bills it made."""

    order = models.ForeignKey("sales.SalesOrder", on_delete=models.CASCADE, related_name="instalments")
    position = models.PositiveSmallIntegerField(_("instalment"))
    due_on = models.DateField(_("payment due"))
    amount = money_field(_("amount"))
    note = models.CharField(_("note"), max_length=120, blank=True)

    class Meta:
        ordering = ["position"]
        verbose_name = _("payment instalment")
        verbose_name_plural = _("payment instalments")
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="instalment_unique"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="instalment_positive"),
        ]

    def __str__(self) -> str:
        return f"{_('instalment %(n)s') % {'n': self.position}} {self.due_on} {self.amount}"
