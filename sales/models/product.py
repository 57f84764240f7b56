from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from sales.models.fields import price_field
from sales.querysets import ProductQuerySet


class ProductCategory(models.Model):
    name = models.CharField(_("name"), max_length=60, unique=True)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("belongs to"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
    )
    position = models.PositiveIntegerField(_("order"), default=0)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("product category")
        verbose_name_plural = _("product categories")

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("product name"), max_length=120)
    category = models.ForeignKey(
        ProductCategory,
        verbose_name=_("category"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="products",
    )
    barcode = models.CharField(_("barcode"), max_length=40, blank=True, db_index=True)
    brand = models.CharField(_("brand"), max_length=40, blank=True)
    specification = models.CharField(_("specification"), max_length=60, blank=True)
    picture = models.ImageField(_("picture"), upload_to="products/%Y/%m/", blank=True)
    unit = models.CharField(_("unit"), max_length=10, default="瓶")
    # One box holds this many units; 0: sold by the piece only.
    box_unit = models.CharField(_("box unit"), max_length=10, blank=True)
    box_quantity = models.PositiveIntegerField(_("units in a box"), default=0)
    box_barcode = models.CharField(_("barcode of the box"), max_length=40, blank=True, db_index=True)
    price = models.DecimalField(
        _("price per unit"),
        max_digits=12,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(0)],
    )
    # Nobody sells below it without a manager's approval; empty: no floor.
    floor_price = price_field(_("lowest price"), null=True, blank=True, validators=[MinValueValidator(0)])
    cost = price_field(_("cost per unit"), null=True, blank=True, validators=[MinValueValidator(0)])
    shelf_life_days = models.PositiveIntegerField(_("shelf life (days)"), null=True, blank=True)
    is_active = models.BooleanField(_("on sale"), default=True)
    search_text = models.CharField(max_length=300, editable=False, default="")

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        verbose_name = _("product")
        verbose_name_plural = _("products")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("sales:product_edit", args=[self.pk])

    @property
    def packing(self) -> str:
        """12瓶/箱; nothing for what is sold by the piece only."""
        return f"{self.box_quantity}{self.unit}/{self.box_unit}" if self.box_quantity else ""
