from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.punctuation import named
from crm.models import Customer
from visits.models.visit import Visit
from visits.models.visit_type import CustomForm
from visits.querysets import LineQuerySet, VisitQuerySet


class StoreReport(models.Model):
    """What a rep notes of a customer, mostly during a visit. Sent twice with one uuid, it is one report."""

    visit = models.ForeignKey(
        Visit,
        verbose_name=_("visit"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="%(class)ss",
    )
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="%(class)ss"
    )
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("rep"), on_delete=models.PROTECT, related_name="%(class)ss"
    )
    day = models.DateField(_("business day"))
    occurred_at = models.DateTimeField(_("time"))  # the phone's
    note = models.CharField(_("note"), max_length=300, blank=True)
    client_uuid = models.UUIDField(unique=True, editable=False)
    created_at = models.DateTimeField(_("received"), auto_now_add=True)

    objects: Any = VisitQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-occurred_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.day} {self.customer}"


def product_field(related_name: str) -> models.ForeignKey:
    return models.ForeignKey(
        "sales.Product", verbose_name=_("product"), on_delete=models.PROTECT, related_name=related_name
    )


class ShelfCount(StoreReport):
    """What stands at the customer (库存上报); the last one says what is low."""

    class Meta(StoreReport.Meta):
        verbose_name = _("stock count")
        verbose_name_plural = _("stock counts")
        indexes = [models.Index(fields=["customer", "-day"], name="shelf_count_customer")]


class ShelfCountLine(models.Model):
    report = models.ForeignKey(ShelfCount, on_delete=models.CASCADE, related_name="lines")
    product = product_field("shelf_lines")
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)  # in product.unit
    best_before = models.DateField(_("best before"), null=True, blank=True)
    suggested = models.DecimalField(
        _("suggested order"), max_digits=12, decimal_places=3, null=True, blank=True
    )

    objects = LineQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("stock count line")
        verbose_name_plural = _("stock count lines")
        constraints = [
            models.UniqueConstraint(fields=["report", "product"], name="shelf_line_unique"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="shelf_line_not_negative"),
        ]

    def __str__(self) -> str:
        return named(self.product, self.quantity)


class SellOut(StoreReport):
    """What the customer sold on (动销上报) since the last report."""

    class Meta(StoreReport.Meta):
        verbose_name = _("sell-out report")
        verbose_name_plural = _("sell-out reports")
        indexes = [models.Index(fields=["customer", "-day"], name="sell_out_customer")]


class SellOutLine(models.Model):
    report = models.ForeignKey(SellOut, on_delete=models.CASCADE, related_name="lines")
    product = product_field("sell_out_lines")
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)
    price = models.DecimalField(_("shelf price"), max_digits=12, decimal_places=2, null=True, blank=True)

    objects = LineQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("sell-out line")
        verbose_name_plural = _("sell-out lines")
        constraints = [
            models.UniqueConstraint(fields=["report", "product"], name="sell_out_line_unique"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="sell_out_line_not_negative"),
        ]

    def __str__(self) -> str:
        return named(self.product, self.quantity)


class DisplayReport(StoreReport):
    """How our goods stand on the shelf (铺货上报): photos and facings."""

    place = models.CharField(_("where in the shop"), max_length=60, blank=True)

    class Meta(StoreReport.Meta):
        verbose_name = _("display report")
        verbose_name_plural = _("display reports")
        indexes = [models.Index(fields=["customer", "-day"], name="display_customer")]


class DisplayLine(models.Model):
    report = models.ForeignKey(DisplayReport, on_delete=models.CASCADE, related_name="lines")
    product = product_field("display_lines")
    facings = models.PositiveSmallIntegerField(_("facings"))

    objects = LineQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("display line")
        verbose_name_plural = _("display lines")
        constraints = [models.UniqueConstraint(fields=["report", "product"], name="display_line_unique")]

    def __str__(self) -> str:
        return named(self.product, self.facings)


class FormAnswer(StoreReport):
    """A filled-in form; the questions are kept with their answers, so that a later change of the form hurts nothing."""

    form = models.ForeignKey(
        CustomForm, verbose_name=_("form"), on_delete=models.PROTECT, related_name="answers"
    )
    answers = models.JSONField(_("answers"), default=list)  # [{"label", "kind", "value"}, …]

    class Meta(StoreReport.Meta):
        verbose_name = _("filled-in form")
        verbose_name_plural = _("filled-in forms")
