from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.enums import OnDuplicate
from crm.models.import_file import ImportFile
from crm.querysets import ImportJobQuerySet


class ImportJob(ImportFile):
    """One file of customers on its way in."""

    kind = models.CharField(max_length=20, default="customers")
    file = models.FileField(upload_to="imports/%Y/%m/")
    mapping = models.JSONField(default=dict)  # {header in the file: our field}
    datum = models.CharField(_("coordinates are in"), max_length=10, default="wgs84")
    on_duplicate = models.CharField(
        _("duplicates"), max_length=10, choices=OnDuplicate.choices, default=OnDuplicate.SKIP
    )
    create_choices = models.BooleanField(_("create unknown choices"), default=False)
    keep_extra = models.BooleanField(_("keep other columns as further fields"), default=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner of rows without one"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    preview = models.JSONField(default=dict)  # counts and sample rows of the dry run
    # Rows up to this number in the file are in the database; a resumed run goes on after it.
    rows_done = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(_("updated"), default=0)
    error_report = models.FileField(upload_to="imports/%Y/%m/", blank=True)
    message = models.CharField(max_length=400, blank=True)
    # Empty: imported by the command line for nobody in particular.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="imports",
    )
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def get_absolute_url(self) -> str:
        return reverse("crm:import_detail", args=[self.pk])
