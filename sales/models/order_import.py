from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.models import ImportFile
from sales.querysets import OrderImportQuerySet


class OrderImport(ImportFile):
    """An order history on its way in from an old system."""

    done_field = "orders_done"

    file = models.FileField(upload_to="imports/%Y/%m/")
    mapping = models.JSONField(default=dict)  # {head in the file: our field}
    create_missing = models.BooleanField(_("create unknown customers and products"), default=False)
    preview = models.JSONField(default=dict)  # columns with samples, then the counts of the dry run
    orders = models.PositiveIntegerField(_("orders"), default=0)
    orders_done = models.PositiveIntegerField(default=0)
    error_report = models.FileField(upload_to="imports/%Y/%m/", blank=True)
    message = models.CharField(max_length=400, blank=True)
    # Empty: imported by the command line for nobody in particular.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="order_imports",
    )
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = OrderImportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("order import")
        verbose_name_plural = _("order imports")

    def get_absolute_url(self) -> str:
        return reverse("sales:order_import_detail", args=[self.pk])

    @property
    def has_run(self) -> bool:
        return self.orders > 0


class OrderImportLine(models.Model):
    """One line of the file, laid down before anything is written: an order's lines may stand anywhere in the file,
    and the file may be larger than memory. Gone when the import is over."""

    job = models.ForeignKey(OrderImport, on_delete=models.CASCADE, related_name="lines")
    row = models.PositiveIntegerField()  # line of the file
    number = models.CharField(max_length=40, blank=True)
    cells = models.JSONField(default=list)  # as in the file, for the error workbook
    error = models.CharField(max_length=300, blank=True)
    done = models.BooleanField(default=False)

    class Meta:
        ordering = ["row"]
        verbose_name = _("order import line")
        verbose_name_plural = _("order import lines")
        indexes = [models.Index(fields=["job", "number", "row"], name="order_import_line_number")]

    def __str__(self) -> str:
        return f"{self.job_id}: {self.row}"
