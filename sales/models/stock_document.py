from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.punctuation import named
from sales.enums import SettlementStatus, StockDocumentKind, StockDocumentStatus
from sales.models.fields import (
    author_field,
    client_uuid_field,
    money_field,
    product_field,
    quantity_field,
    rep_field,
)
from sales.models.stock import StockLocation
from sales.querysets import StockDocumentQuerySet


class StockDocument(models.Model):
    """Goods received, loaded, unloaded, transferred, lost, counted. A draft moves nothing; posting makes the moves.

    A van load is planned by the warehouse (presold goods apart from free ones) and counted blind by the rep: what he
    counted is moved, and the difference stays on the document with its reason.
    """

    number = models.CharField(_("document number"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=StockDocumentKind.choices)
    status = models.CharField(
        _("status"), max_length=10, choices=StockDocumentStatus.choices, default=StockDocumentStatus.DRAFT
    )
    # A count has only `source`, the counted place.
    source = models.ForeignKey(
        StockLocation, verbose_name=_("from"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    target = models.ForeignKey(
        StockLocation, verbose_name=_("to"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    rep = rep_field("stock_documents")
    happened_on = models.DateField(_("date"))  # business day
    note = models.CharField(_("note"), max_length=300, blank=True)
    client_uuid = client_uuid_field()
    created_by = author_field()
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    posted_by = author_field(_("posted by"))
    posted_at = models.DateTimeField(_("posted at"), null=True, blank=True)

    objects = StockDocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-happened_on", "-pk"]
        verbose_name = _("stock document")
        verbose_name_plural = _("stock documents")
        permissions = [
            ("post_stockdocument", _("Can post stock documents")),
            ("count_van", _("Can count, load and unload the own van")),
        ]
        indexes = [
            models.Index(fields=["kind", "-happened_on"], name="stock_document_kind_day"),
            models.Index(fields=["rep", "-happened_on"], name="stock_document_rep_day"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("sales:stock_document_detail", args=[self.pk])


class StockDocumentLine(models.Model):
    document = models.ForeignKey(StockDocument, on_delete=models.CASCADE, related_name="lines")
    product = product_field("stock_document_lines")
    # Planned quantity, of which `presold` is for orders and the rest free; of a count: what the books say.
    quantity = quantity_field(_("quantity"), default=Decimal(0))
    presold = quantity_field(_("presold"), default=Decimal(0))
    # What was counted, empty while nobody counted; moved instead of `quantity` once it is there.
    counted = quantity_field(_("counted"), null=True, blank=True)
    unit_cost = models.DecimalField(
        _("cost per unit"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    reason = models.CharField(_("reason for the difference"), max_length=120, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("stock document line")
        verbose_name_plural = _("stock document lines")
        constraints = [
            models.UniqueConstraint(fields=["document", "product"], name="stock_document_line_unique"),
            models.CheckConstraint(
                condition=Q(presold__gte=0) & (Q(counted__isnull=True) | Q(counted__gte=0)),
                name="stock_document_line_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} × {self.quantity}"

    @property
    def difference(self) -> Decimal | None:
        """Counted − planned, None while nobody counted."""
        return None if self.counted is None else self.counted - self.quantity


class DaySettlement(models.Model):
    """A van's day (日结): opening + loaded + returned − sold − unloaded = counted, and the cash that was handed over."""

    number = models.CharField(_("settlement number"), max_length=40, unique=True)
    location = models.ForeignKey(
        StockLocation, verbose_name=_("van"), on_delete=models.PROTECT, related_name="settlements"
    )
    rep = rep_field("settlements")
    day = models.DateField(_("day"))  # business day
    status = models.CharField(
        _("status"), max_length=10, choices=SettlementStatus.choices, default=SettlementStatus.OPEN
    )
    cash_expected = money_field(_("cash received"), default=Decimal(0))
    cash_counted = money_field(_("cash handed over"), null=True, blank=True)
    cash_reason = models.CharField(_("reason for the cash difference"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    created_by = author_field()
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    settled_by = author_field(_("settled by"))
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    objects = StockDocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-day", "-pk"]
        verbose_name = _("day settlement")
        verbose_name_plural = _("day settlements")
        permissions = [("approve_daysettlement", _("Can settle vans' days"))]
        constraints = [models.UniqueConstraint(fields=["location", "day"], name="settlement_unique")]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("sales:settlement_detail", args=[self.pk])


class DaySettlementLine(models.Model):
    settlement = models.ForeignKey(DaySettlement, on_delete=models.CASCADE, related_name="lines")
    product = product_field("settlement_lines")
    opening = quantity_field(_("opening"), default=Decimal(0))
    loaded = quantity_field(_("loaded"), default=Decimal(0))
    returned = quantity_field(_("returned"), default=Decimal(0))
    sold = quantity_field(_("sold"), default=Decimal(0))
    unloaded = quantity_field(_("unloaded"), default=Decimal(0))
    # Everything else the ledger booked (transfers, losses, corrections), signed.
    other = quantity_field(_("other"), default=Decimal(0))
    counted = quantity_field(_("counted"), null=True, blank=True)
    reason = models.CharField(_("reason for the difference"), max_length=120, blank=True)

    class Meta:
        ordering = ["product__code"]
        verbose_name = _("day settlement line")
        verbose_name_plural = _("day settlement lines")
        constraints = [
            models.UniqueConstraint(fields=["settlement", "product"], name="settlement_line_unique")
        ]

    def __str__(self) -> str:
        return named(self.product, self.expected)

    @property
    def expected(self) -> Decimal:
        return self.opening + self.loaded + self.returned - self.sold - self.unloaded + self.other

    @property
    def difference(self) -> Decimal | None:
        """Counted − expected, None while nobody counted."""
        return None if self.counted is None else self.counted - self.expected
