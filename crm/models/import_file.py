"""What every file on its way in has in common, whatever it brings."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.enums import ImportState

STEP_OF = {
    ImportState.UPLOADED: 2,
    ImportState.PREVIEWING: 3,
    ImportState.PREVIEWED: 3,
    ImportState.QUEUED: 4,
    ImportState.RUNNING: 4,
}


class ImportFile(models.Model):
    """The row is the job; a Celery message is only a nudge to look at it. Its life is crm.services.import_jobs."""

    done_field = "rows_done"  # which column says how much is in

    file_name = models.CharField(_("file"), max_length=200)
    state = models.CharField(
        _("state"), max_length=12, choices=ImportState.choices, default=ImportState.UPLOADED
    )
    rows = models.PositiveIntegerField(_("rows"), default=0)
    created = models.PositiveIntegerField(_("new"), default=0)
    skipped = models.PositiveIntegerField(_("skipped"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    # How often a worker took it up since it was queued; tells a worker that was given up from its successor.
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("time"), auto_now_add=True)

    if TYPE_CHECKING:  # each has them, by a name of its own
        file: models.FileField
        mapping: models.JSONField[Any]
        preview: models.JSONField[Any]
        error_report: models.FileField
        message: models.CharField[str, str]
        finished_at: models.DateTimeField[Any, Any]
        created_by: Any

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_busy(self) -> bool:
        """Whether a worker has it or should have it soon."""
        return self.state in (ImportState.PREVIEWING, ImportState.QUEUED, ImportState.RUNNING)

    @property
    def step(self) -> int:
        """Which step of the wizard it waits in: 2 columns, 3 dry run, 4 import, 5 when all is over."""
        return STEP_OF.get(ImportState(self.state), 5)

    @property
    def begun(self) -> int:
        """How much of it is in."""
        return int(getattr(self, self.done_field))

    @property
    def may_be_mapped_again(self) -> bool:
        return self.state in (ImportState.PREVIEWED, ImportState.FAILED) and not self.begun

    @property
    def has_run(self) -> bool:
        """Whether its dry run came to an end, so that a run which broke off may go on."""
        return "counts" in self.preview or self.begun > 0
