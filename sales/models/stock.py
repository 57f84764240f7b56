from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.punctuation import named
from sales.enums import LocationKind, MoveKind
from sales.models.fields import author_field, product_field, quantity_field
from sales.querysets import StockBalanceQuerySet, StockLocationQuerySet, StockMoveQuerySet


class StockLocation(models.Model):
    """Where goods are (domain-rules §6): warehouses and vans, and the far ends of moves (customers, suppliers, losses)."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=10, choices=LocationKind.choices)
    # A van's driver: it sells from the van and is answerable for it.
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("rep"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="vans",
    )
    # A warehouse may be allowed to go below zero while its stock is not counted yet; a van never is.
    may_be_negative = models.BooleanField(_("may go below zero"), default=False)
    is_default = models.BooleanField(_("orders are delivered from here"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)

    objects = StockLocationQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "code"]
        verbose_name = _("stock location")
        verbose_name_plural = _("stock locations")
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], name="stock_location_one_default", condition=Q(is_default=True)
            ),
            models.UniqueConstraint(
                fields=["rep"], name="stock_location_one_van", condition=Q(kind="van", is_active=True)
            ),
            models.CheckConstraint(
                condition=~Q(kind="van") | Q(may_be_negative=False), name="stock_location_van_never_negative"
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(kind="warehouse"), name="stock_location_default_warehouse"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("sales:location_detail", args=[self.pk])


class StockBalance(models.Model):
    """Quantity on hand: the sum of the moves of one product at one location, kept beside them, checked nightly.

    Kept for warehouses and vans only. `may_be_negative` repeats the location's so that the database can hold the line.
    """

    location = models.ForeignKey(StockLocation, on_delete=models.PROTECT, related_name="balances")
    product = product_field("balances")
    quantity = quantity_field(_("on hand"), default=Decimal(0))
    may_be_negative = models.BooleanField(default=False)

    objects = StockBalanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock")
        verbose_name_plural = _("stock")
        constraints = [
            models.UniqueConstraint(fields=["location", "product"], name="stock_balance_unique"),
            models.CheckConstraint(
                condition=Q(quantity__gte=0) | Q(may_be_negative=True), name="stock_never_sold_twice"
            ),
        ]

    def __str__(self) -> str:
        return named(self.location, f"{self.product} {self.quantity}")


class StockMove(models.Model):
    """One line of the ledger: `quantity` of a product from one location to another. Never changed, never deleted;
    a mistake is put right by the move back."""

    kind = models.CharField(_("kind"), max_length=10, choices=MoveKind.choices)
    product = product_field("moves")
    source = models.ForeignKey(
        StockLocation, verbose_name=_("from"), on_delete=models.PROTECT, related_name="moves_out"
    )
    target = models.ForeignKey(
        StockLocation, verbose_name=_("to"), on_delete=models.PROTECT, related_name="moves_in"
    )
    quantity = quantity_field(_("quantity"))
    moved_on = models.DateField(_("date"))  # business day
    # What made it: at most one is set.
    delivery = models.ForeignKey(
        "sales.Delivery",
        verbose_name=_("delivery"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="moves",
    )
    sales_return = models.ForeignKey(
        "sales.SalesReturn",
        verbose_name=_("sales return"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="moves",
    )
    document = models.ForeignKey(
        "sales.StockDocument",
        verbose_name=_("stock document"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="moves",
    )
    settlement = models.ForeignKey(
        "sales.DaySettlement",
        verbose_name=_("day settlement"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="moves",
    )
    is_reversal = models.BooleanField(_("reversal"), default=False)
    created_by = author_field()
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = StockMoveQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("stock move")
        verbose_name_plural = _("stock moves")
        permissions = [("export_stockmove", _("Can export stock, its moves, documents and settlements"))]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="stock_move_quantity_positive"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="stock_move_goes_somewhere"),
        ]
        indexes = [
            models.Index(fields=["source", "product", "moved_on"], name="stock_move_out"),
            models.Index(fields=["target", "product", "moved_on"], name="stock_move_in"),
            models.Index(fields=["product", "moved_on"], name="stock_move_product"),
        ]

    def __str__(self) -> str:
        return named(f"{self.product} {self.quantity}", f"{self.source} → {self.target}")
