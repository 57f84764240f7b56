from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.enums import ImportState, OnDuplicate
from crm.querysets import ImportJobQuerySet


class ImportJob(models.Model):
    """One file on its way in. The row is the job; a Celery message is only a nudge to look at it."""

    kind = models.CharField(max_length=20, default="customers")
    file = models.FileField(upload_to="imports/%Y/%m/")
    file_name = models.CharField(_("file"), max_length=200)
    state = models.CharField(
        _("state"), max_length=12, choices=ImportState.choices, default=ImportState.UPLOADED
    )
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
    rows = models.PositiveIntegerField(_("rows"), default=0)
    # Rows up to this number in the file are in the database; a resumed run goes on after it.
    rows_done = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(_("new"), default=0)
    updated = models.PositiveIntegerField(_("updated"), default=0)
    skipped = models.PositiveIntegerField(_("skipped"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    error_report = models.FileField(upload_to="imports/%Y/%m/", blank=True)
    message = models.CharField(max_length=400, blank=True)
    # How often a worker took it up since it was queued; tells a worker that was given up from its successor.
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    # Empty: imported by the command line for nobody in particular.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="imports",
    )
    created_at = models.DateTimeField(_("time"), auto_now_add=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("crm:import_detail", args=[self.pk])

    @property
    def is_busy(self) -> bool:
        """Whether a worker has it or should have it soon."""
        return self.state in (ImportState.PREVIEWING, ImportState.QUEUED, ImportState.RUNNING)
