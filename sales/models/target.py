from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from sales.enums import TargetMeasure
from sales.models.fields import author_field
from sales.querysets import TargetQuerySet


class Target(models.Model):
    """What is to be reached in one month (G8), by the company, a department (with its children) or a rep.

    CNY for amounts, a number for new customers and visits.
    """

    year = models.PositiveSmallIntegerField(_("year"))
    month = models.PositiveSmallIntegerField(_("month"))
    measure = models.CharField(_("measure"), max_length=20, choices=TargetMeasure.choices)
    category = models.ForeignKey(
        "sales.ProductCategory",
        verbose_name=_("category"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="targets",
    )
    # Neither: the company's.
    department = models.ForeignKey(
        "accounts.Department",
        verbose_name=_("department"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="targets",
    )
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("rep"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="targets",
    )
    value = models.DecimalField(_("target"), max_digits=16, decimal_places=2)
    updated_by = author_field(_("changed by"))
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    objects = TargetQuerySet.as_manager()

    class Meta:
        ordering = ["year", "month", "measure", "pk"]
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        permissions = [("export_target", _("Can export targets"))]
        constraints = [
            # Coalesce: an absent category, department or rep counts as a value, on every database.
            models.UniqueConstraint(
                "year",
                "month",
                "measure",
                Coalesce("category", 0),
                Coalesce("department", 0),
                Coalesce("rep", 0),
                name="target_unique",
            ),
            models.CheckConstraint(condition=Q(month__gte=1, month__lte=12), name="target_month"),
            models.CheckConstraint(condition=Q(value__gte=0), name="target_not_negative"),
            models.CheckConstraint(
                condition=Q(department__isnull=True) | Q(rep__isnull=True), name="target_one_scope"
            ),
            models.CheckConstraint(
                condition=Q(measure="category_amount", category__isnull=False)
                | (~Q(measure="category_amount") & Q(category__isnull=True)),
                name="target_category_named",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02} {self.get_measure_display()} {self.value}"
