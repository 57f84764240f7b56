from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.punctuation import named
from crm.enums import DictionaryKind, Level
from sales.models.fields import customer_field, price_field, product_field, quantity_field
from sales.querysets import AudienceQuerySet


class Audience(models.Model):
    """For whom and when a price list or gift holds. Empty fields do not narrow; the narrowest wins (sales.rules.prices)."""

    level = models.CharField(_("level"), max_length=1, choices=Level.choices, blank=True)
    channel = models.ForeignKey(
        "crm.Dictionary",
        verbose_name=_("channel"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        limit_choices_to={"kind": DictionaryKind.CHANNEL},
    )
    customer: Any = customer_field("%(class)ss", null=True, blank=True)
    starts_on = models.DateField(_("valid from"), null=True, blank=True)
    ends_on = models.DateField(_("valid until"), null=True, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = AudienceQuerySet.as_manager()

    class Meta:
        abstract = True


class PriceList(Audience):
    """Prices for some customers for some time (价格表)."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("price list")
        verbose_name_plural = _("price lists")
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
                name="price_list_dates",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("sales:price_list_detail", args=[self.pk])


class PriceListLine(models.Model):
    """The price of one product from a quantity on; several lines of a product are its quantity breaks."""

    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="lines")
    product = product_field("price_lines")
    min_quantity = quantity_field(_("from quantity"), default=Decimal(0))  # in the product's unit
    price = price_field(_("price"))

    class Meta:
        ordering = ["product__code", "min_quantity"]
        verbose_name = _("price list line")
        verbose_name_plural = _("price list lines")
        constraints = [
            models.UniqueConstraint(
                fields=["price_list", "product", "min_quantity"], name="price_line_unique"
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0, min_quantity__gte=0), name="price_line_not_negative"
            ),
        ]
        indexes = [models.Index(fields=["product", "price_list"], name="price_line_product")]

    def __str__(self) -> str:
        return named(f"{self.product} ≥ {self.min_quantity}", self.price)


class GiftRule(Audience):
    """搭赠: who buys `buy_quantity` of a product gets `gift_quantity` of another (or the same) for nothing."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    product = product_field("gift_rules")
    buy_quantity = quantity_field(_("for every"))
    gift = product_field("given_by_rules")
    gift_quantity = quantity_field(_("gift quantity"))
    # Once an order, or for each full `buy_quantity`.
    repeats = models.BooleanField(_("for each full quantity"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("gift rule")
        verbose_name_plural = _("gift rules")
        constraints = [
            models.CheckConstraint(
                condition=Q(buy_quantity__gt=0, gift_quantity__gt=0), name="gift_rule_positive"
            ),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
                name="gift_rule_dates",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("sales:gift_rule_edit", args=[self.pk])
