from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from sales.enums import QuoteStatus
from sales.models.fields import (
    author_field,
    client_uuid_field,
    customer_field,
    money_field,
    price_field,
    product_field,
    quantity_field,
    rep_field,
    share_field,
)
from sales.querysets import SalesQuerySet


class QuoteTemplate(models.Model):
    """The look of a printed quotation: HTML with variables, sanitised when it is saved."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    html = models.TextField(_("text"))
    is_default = models.BooleanField(_("used when nobody chooses"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("quotation template")
        verbose_name_plural = _("quotation templates")
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], name="quote_template_one_default", condition=Q(is_default=True)
            )
        ]

    def __str__(self) -> str:
        return self.name


class Quote(models.Model):
    """A quotation (报价单). All versions of one offer share `number`; the highest version is the one that counts."""

    number = models.CharField(_("quotation number"), max_length=40)
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    customer = customer_field("quotes")
    contact = models.ForeignKey(
        "crm.Contact",
        verbose_name=_("contact"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    rep = rep_field("quotes")
    status = models.CharField(
        _("status"), max_length=10, choices=QuoteStatus.choices, default=QuoteStatus.DRAFT
    )
    quoted_on = models.DateField(_("quotation date"))  # business day
    valid_until = models.DateField(_("valid until"))
    discount = share_field(_("order discount"))
    total = money_field(_("total"), default=Decimal(0))
    terms = models.TextField(_("terms"), max_length=2000, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    reject_reason = models.CharField(_("reason for the rejection"), max_length=200, blank=True)
    template = models.ForeignKey(
        QuoteTemplate, verbose_name=_("template"), null=True, blank=True, on_delete=models.SET_NULL
    )
    # The order it was turned into; one only.
    order = models.OneToOneField(
        "sales.SalesOrder",
        verbose_name=_("sales order"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="quote",
    )
    client_uuid = client_uuid_field()
    created_by = author_field()
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = SalesQuerySet.as_manager()

    class Meta:
        ordering = ["-quoted_on", "-pk"]
        verbose_name = _("quotation")
        verbose_name_plural = _("quotations")
        permissions = [("export_quote", _("Can export quotations"))]
        constraints = [
            models.UniqueConstraint(fields=["number", "version"], name="quote_version_unique"),
            models.CheckConstraint(
                condition=Q(discount__gte=0, discount__lte=1), name="quote_discount_0_to_1"
            ),
            models.CheckConstraint(condition=Q(total__gte=0), name="quote_total_not_negative"),
        ]
        indexes = [
            models.Index(fields=["customer", "-quoted_on"], name="quote_customer_day"),
            models.Index(fields=["rep", "-quoted_on"], name="quote_rep_day"),
            models.Index(fields=["-quoted_on", "-id"], name="quote_day"),
        ]

    def __str__(self) -> str:
        return f"{self.number} V{self.version}"

    def get_absolute_url(self) -> str:
        return reverse("sales:quote_detail", args=[self.pk])


class QuoteLine(models.Model):
    quote = models.ForeignKey(Quote, on_delete=models.CASCADE, related_name="lines")
    product = product_field("quote_lines")
    position = models.PositiveIntegerField(_("order"), default=0)
    quantity = quantity_field(_("quantity"))
    price = price_field(_("price"))
    discount = share_field(_("line discount"))
    amount = money_field(_("amount"))
    note = models.CharField(_("note"), max_length=120, blank=True)
    is_gift = models.BooleanField(_("gift"), default=False)  # 搭赠: offered with the goods for nothing

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("quotation line")
        verbose_name_plural = _("quotation lines")
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0, price__gte=0, discount__gte=0, discount__lte=1),
                name="quote_line_in_range",
            )
        ]

    def __str__(self) -> str:
        return f"{self.product} × {self.quantity}"
