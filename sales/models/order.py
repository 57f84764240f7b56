from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.models import Customer
from sales.enums import OrderSource, OrderStatus, PaymentMethod, ShippingMethod
from sales.models.product import Product
from sales.querysets import OrderQuerySet
from sales.rules.credit import in_words


class SalesOrder(models.Model):
    """An order of a customer; sums by domain-rules §6, kept on the row."""

    number = models.CharField(_("order number"), max_length=40, unique=True)
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="orders"
    )
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("rep"),
        null=True,
        on_delete=models.PROTECT,
        related_name="orders",
    )
    status = models.CharField(
        _("status"), max_length=20, choices=OrderStatus.choices, default=OrderStatus.DRAFT
    )
    ordered_on = models.DateField(_("order date"))  # business day
    discount = models.DecimalField(_("order discount"), max_digits=5, decimal_places=4, default=Decimal(0))
    total = models.DecimalField(_("total"), max_digits=14, decimal_places=2, default=Decimal(0))
    note = models.CharField(_("note"), max_length=300, blank=True)
    source = models.CharField(
        _("written"), max_length=10, choices=OrderSource.choices, default=OrderSource.OFFICE
    )
    # Where it goes and how (G4); empty: the customer's own.
    consignee = models.CharField(_("consignee"), max_length=60, blank=True)
    consignee_phone = models.CharField(_("consignee's phone"), max_length=40, blank=True)
    delivery_address = models.CharField(_("delivery address"), max_length=200, blank=True)
    wanted_on = models.DateField(_("wanted on"), null=True, blank=True)
    shipping_method = models.CharField(
        _("shipping method"), max_length=12, choices=ShippingMethod.choices, blank=True
    )
    payment_method = models.CharField(
        _("payment method"), max_length=12, choices=PaymentMethod.choices, blank=True
    )
    consignor = models.CharField(_("consignor"), max_length=60, blank=True)
    invoice_number = models.CharField(_("invoice number"), max_length=40, blank=True)
    # Why a manager has to approve it (over the credit limit, below a floor price); empty: nobody has to.
    # As it was said when it was found, and as codes that say it in each reader's language (sales.rules.credit).
    approval_reason = models.CharField(_("needs approval because"), max_length=300, blank=True)
    approval_reasons = models.JSONField(default=list, blank=True, editable=False)
    exposure = models.DecimalField(
        _("exposure when submitted"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("approved by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    # Counted up by each change, so that two people who edit one order at once do not overwrite each other.
    revision = models.PositiveIntegerField(default=1, editable=False)
    # The phone's own id of the order: sending it twice makes one order.
    client_uuid = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    # The history import that brought it; such an order was delivered long ago.
    order_import = models.ForeignKey(
        "sales.OrderImport",
        verbose_name=_("order import"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="imported_orders",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-ordered_on", "-pk"]
        verbose_name = _("sales order")
        verbose_name_plural = _("sales orders")
        permissions = [
            ("approve_salesorder", _("Can approve sales orders")),
            ("export_salesorder", _("Can export sales orders")),
            ("import_salesorder", _("Can import an order history")),
            ("approve_credit", _("Can approve orders over the credit limit or below the lowest price")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(discount__gte=0, discount__lte=1), name="order_discount_0_to_1"
            ),
            models.CheckConstraint(condition=Q(total__gte=0), name="order_total_not_negative"),
        ]
        indexes = [
            models.Index(fields=["customer", "-ordered_on"], name="order_customer_day"),
            models.Index(fields=["rep", "-ordered_on"], name="order_rep_day"),
            models.Index(fields=["-ordered_on", "-id"], name="order_day"),
            # The few that are still to be approved or delivered, among all that ever were.
            models.Index(
                fields=["status", "-ordered_on"],
                condition=Q(status__in=["submitted", "approved", "partly_delivered"]),
                name="order_open",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def approval_words(self) -> str:
        """Why a manager has to approve it, in the reader's language; "" when nobody has to."""
        return (self.approval_reason and in_words(self.approval_reasons)) or self.approval_reason

    def get_absolute_url(self) -> str:
        return reverse("sales:order_detail", args=[self.pk])


class OrderLine(models.Model):
    order = models.ForeignKey(SalesOrder, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="order_lines"
    )
    position = models.PositiveIntegerField(_("order"), default=0)
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)  # in product.unit
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2)  # per product.unit
    discount = models.DecimalField(_("line discount"), max_digits=5, decimal_places=4, default=Decimal(0))
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    # Where the price came from, in words, and what it was before somebody changed it.
    price_reason = models.CharField(_("reason for the price"), max_length=120, blank=True)
    list_price = models.DecimalField(_("list price"), max_digits=12, decimal_places=2, null=True, blank=True)
    is_gift = models.BooleanField(_("gift"), default=False)
    delivered = models.DecimalField(_("delivered"), max_digits=12, decimal_places=3, default=Decimal(0))

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_quantity_positive"),
            models.CheckConstraint(condition=Q(price__gte=0), name="order_line_price_not_negative"),
            models.CheckConstraint(
                condition=Q(discount__gte=0, discount__lte=1), name="order_line_discount_0_to_1"
            ),
            models.CheckConstraint(condition=Q(is_gift=False) | Q(price=0), name="order_line_gift_is_free"),
            models.CheckConstraint(
                condition=Q(delivered__gte=0, delivered__lte=F("quantity")),
                name="order_line_not_over_delivered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} × {self.quantity}"

    @property
    def left(self) -> Decimal:
        """What is still to be delivered."""
        return self.quantity - self.delivered
