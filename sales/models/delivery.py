from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.models import Customer
from sales.enums import PostingStatus
from sales.models.fields import (
    client_uuid_field,
    price_field,
    quantity_field,
    reversal_reason_field,
    reversed_on_field,
    share_field,
)
from sales.models.order import OrderLine, SalesOrder
from sales.models.product import Product
from sales.querysets import SalesQuerySet


class Delivery(models.Model):
    """Goods issued (出库): the "sale" of the glossary; it bills the customer. Reversed, never deleted."""

    number = models.CharField(_("delivery number"), max_length=40, unique=True)
    order = models.ForeignKey(
        SalesOrder,
        verbose_name=_("sales order"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="deliveries",
    )
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="deliveries"
    )
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("rep"),
        null=True,
        on_delete=models.PROTECT,
        related_name="deliveries",
    )
    status = models.CharField(
        _("status"), max_length=10, choices=PostingStatus.choices, default=PostingStatus.POSTED
    )
    issued_on = models.DateField(_("delivery date"))  # business day
    due_on = models.DateField(_("payment due"))
    # Where the goods came from: a warehouse, or the van of a van sale (then there is no order).
    location = models.ForeignKey(
        "sales.StockLocation",
        verbose_name=_("issued from"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="deliveries",
    )
    discount = share_field(_("order discount"))
    note = models.CharField(_("note"), max_length=300, blank=True)
    reversed_on = reversed_on_field()
    reversal_reason = reversal_reason_field()
    client_uuid = client_uuid_field()
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    # From an old system's history: counts as sold, but is owed nothing for here.
    is_history = models.BooleanField(_("history"), default=False, editable=False)
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
        ordering = ["-issued_on", "-pk"]
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        permissions = [
            ("sell_from_van", _("Can sell from the own van")),
            ("export_delivery", _("Can export deliveries")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="delivery_amount_not_negative")
        ]
        indexes = [
            models.Index(fields=["customer", "-issued_on"], name="delivery_customer_day"),
            models.Index(fields=["rep", "-issued_on"], name="delivery_rep_day"),
            models.Index(fields=["-issued_on", "-id"], name="delivery_day"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("sales:delivery_detail", args=[self.pk])


class DeliveryLine(models.Model):
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(
        OrderLine,
        verbose_name=_("order line"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="delivery_lines",
    )
    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="delivery_lines"
    )
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2, default=Decimal(0))
    # Of a van sale; a line of an order has them there.
    price = price_field(_("price"), null=True, blank=True)
    line_discount = share_field(_("line discount"))
    price_reason = models.CharField(_("reason for the price"), max_length=120, blank=True)
    is_gift = models.BooleanField(_("gift"), default=False)
    # Cost of one unit when it left; the margin is taken from here.
    unit_cost = price_field(_("cost per unit"), null=True, blank=True)
    returned = quantity_field(_("returned"), default=Decimal(0))

    class Meta:
        ordering = ["pk"]
        verbose_name = _("delivery line")
        verbose_name_plural = _("delivery lines")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="delivery_line_quantity_positive"),
            models.CheckConstraint(
                condition=Q(returned__gte=0, returned__lte=F("quantity")),
                name="delivery_line_not_over_returned",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} × {self.quantity}"
