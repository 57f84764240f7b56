from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

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
        constraints = [
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("pk")), name="category_not_its_own_parent"
            )
        ]

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
        # "products" alone follows a number in Chinese.
        verbose_name_plural = pgettext_lazy("model", "products")
        permissions = [("export_product", _("Can export products"))]
        # A barcode names one product, its piece or its box. That no box has another product's barcode of the piece,
        # the service sees to (sales.services.products).
        constraints = [
            models.UniqueConstraint(
                fields=["barcode"], condition=~Q(barcode=""), name="product_barcode_unique"
            ),
            models.UniqueConstraint(
                fields=["box_barcode"], condition=~Q(box_barcode=""), name="product_box_barcode_unique"
            ),
            models.CheckConstraint(
                condition=Q(barcode="") | ~Q(barcode=F("box_barcode")), name="product_barcodes_differ"
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0)
                & (Q(floor_price__isnull=True) | Q(floor_price__gte=0))
                & (Q(cost__isnull=True) | Q(cost__gte=0)),
                name="product_prices_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("sales:product_detail", args=[self.pk])

    @property
    def picture_address(self) -> str:
        """The picture's page; it names the file, so that browsers keep it until there is another."""
        return self._picture("full")

    @property
    def thumbnail_address(self) -> str:
        """The small picture for lists, empty without one."""
        return self._picture("small")

    def _picture(self, size: str) -> str:
        if not self.picture:
            return ""
        version = str(self.picture.name).rpartition("/")[2].partition(".")[0]
        return f"{reverse('sales:product_picture', args=[self.pk, size])}?v={version}"

    @property
    def packing(self) -> str:
        """12瓶/箱; nothing for what is sold by the piece only."""
        return f"{self.box_quantity}{self.unit}/{self.box_unit}" if self.box_quantity else ""
