"""The life of a file on its way in: uploaded → checked → queued → running → done, the same for whatever it brings.

The row is the job, claimed, kept alive and given up as common.jobs says; what is more here are the steps of the page,
the dry run, which is a job too, and the undo.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.core.files import File
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import AccessAction
from accounts.models import User
from accounts.services import in_language_of, record_access
from common.jobs import JobLife, LostClaim
from crm.enums import ImportState
from crm.models import ImportFile
from crm.rules.bulk import UNDO_DAYS, may_undo, undo_ends

OVER = (ImportState.DONE, ImportState.FAILED)
_SUFFIXES = {".xlsx", ".xls", ".csv", ".txt"}
log = logging.getLogger(__name__)
J = TypeVar("J", bound=ImportFile)


@dataclass(frozen=True)
class Swept:
    """Ids to nudge again."""

    check: list[int]
    run: list[int]


@dataclass(frozen=True)
class Undone:
    """How many records an undo removed, and how many it left."""

    removed: int
    kept: int


@dataclass(frozen=True)
class ImportLife(JobLife[J]):
    """The state machine of one kind of import; nobody else assigns the state of `model`. `label` is for the log."""

    label: str = ""

    # --- steps of the page
    def keep(self, file: "File[bytes]", file_name: str, columns: list[dict[str, Any]], **fields: Any) -> J:
        """Keep an uploaded file as a new job. Raises ValidationError when none of its `columns` has a sample."""
        if not any(column["samples"] for column in columns):
            raise ValidationError(_("The file has column heads but no rows below them."))
        job = self.model(file_name=file_name[-200:], preview={"columns": columns}, **fields)
        suffix = PurePath(file_name).suffix.lower()
        file.seek(0)
        job.file.save(f"{uuid.uuid4().hex}{suffix if suffix in _SUFFIXES else ''}", file, save=False)
        job.save()
        return job

    def ask_for_check(self, job: J, **fields: Any) -> None:
        """Note mapping and options and ask for the dry run. Raises ValidationError once something was written."""
        moved = self.move(
            job.pk,
            [ImportState.UPLOADED, ImportState.PREVIEWED, ImportState.FAILED],
            ImportState.PREVIEWING,
            guard={self.model.done_field: 0},
            preview={"columns": job.preview["columns"]},
            message="",
            attempts=0,
            heartbeat_at=timezone.now(),
            **fields,
        )
        if not moved:
            raise ValidationError(_("This import has moved on; reload the page."))

    def start(self, *, job: J, actor: User | None = None) -> None:
        """Queue a checked import. Raises ValidationError when it was started already."""
        now = timezone.now()
        if not self.move(job.pk, ImportState.PREVIEWED, ImportState.QUEUED, attempts=0, heartbeat_at=now):
            raise ValidationError(_("This import was started already."))

    def resume(self, *, job: J, actor: User | None = None) -> None:
        """Queue an import again that stopped on the way; it goes on after what is in."""
        now = timezone.now()
        moved = job.has_run and self.move(
            job.pk, ImportState.FAILED, ImportState.QUEUED, message="", attempts=0, heartbeat_at=now
        )
        if not moved:
            raise ValidationError(_("This import cannot be continued."))

    def cancel(self, *, job: J, actor: User | None = None) -> None:
        """Give up an import that has not begun, with its file. Raises ValidationError once it runs."""
        early = [ImportState.UPLOADED, ImportState.PREVIEWING, ImportState.PREVIEWED, ImportState.QUEUED]
        guard = {self.model.done_field: 0}
        if not self.move(job.pk, early, ImportState.CANCELLED, guard=guard, finished_at=timezone.now()):
            raise ValidationError(_("The import runs already; wait for its end and undo it then."))
        job.file.delete(save=False)

    # --- what workers do
    def check(self, job_id: int, look: Callable[[J], dict[str, Any]]) -> bool:
        """Do the dry run of a job that waits for it; False when it does not, or somebody else finished it.

        `look` reads the file and returns what to note in the row; `looking` is its sign of life.
        """
        job = self.claim(job_id, ImportState.PREVIEWING, ImportState.PREVIEWING)
        if job is None:
            return False
        with in_language_of(job.created_by):
            try:
                found = look(job)
            except LostClaim:
                return False
            except ValidationError as error:
                self.fail(job, " ".join(error.messages), ImportState.PREVIEWING)
                return False
            except Exception:
                log.exception("Checking %s %s failed", self.label, job.pk)
                message = _("Checking stopped with an unexpected error; it is in the log.")
                self.fail(job, message, ImportState.PREVIEWING)
                return False
        mine = {"attempts": job.attempts}
        return self.move(job.pk, ImportState.PREVIEWING, ImportState.PREVIEWED, guard=mine, **found)

    def looking(self, job: J, **fields: Any) -> None:
        """A sign of life of a dry run, with what it has come to. Raises LostClaim when another worker has it."""
        self.alive(job, ImportState.PREVIEWING, **fields)

    def run(self, job_id: int, work: Callable[[J], None]) -> J | None:
        """Run a queued import to its end; None when another worker has it or takes it over on the way.

        `work` writes in batches and calls `finish`. Killed at any moment it leaves whole batches behind, and goes on
        after the last of them when queued again.
        """
        job = self.claim(job_id)
        if job is None:
            return None
        with in_language_of(job.created_by):
            try:
                work(job)
            except LostClaim:
                log.warning("%s %s was taken over by another worker", self.label.capitalize(), job.pk)
                return None
            except ValidationError as error:
                self.fail(job, " ".join(error.messages))
            except Exception:
                log.exception("%s %s stopped", self.label.capitalize(), job.pk)
                message = _(
                    "The import stopped with an unexpected error; it is in the log. All rows before it are in."
                )
                self.fail(job, message)
        job.refresh_from_db()
        return job

    def finish(self, job: J, report: str, **fields: Any) -> None:
        """All is in; `report` is the stored error workbook, if any. Raises LostClaim when it is another worker's."""
        now = timezone.now()
        self.end(job, ImportState.DONE, error_report=report, finished_at=now, **fields)
        if job.created_by is not None:
            job.refresh_from_db(fields=["rows"])
            record_access(actor=job.created_by, action=AccessAction.IMPORT, what=job.file_name, rows=job.rows)

    def sweep_all(self, now: dt.datetime | None = None) -> Swept:
        """Find jobs whose message was lost or whose worker died: queue them again, or give them up after some tries."""
        words = _("The import was interrupted %(count)s times. All rows before are in; you can continue it.")
        looking = ImportState.PREVIEWING
        return Swept(
            check=self.sweep(words, now=now, states=[looking], target=looking),
            run=self.sweep(words, now=now),
        )

    # --- afterwards
    def may_undo(self, job: J, now: dt.datetime | None = None) -> bool:
        """Whether the import is over, has brought something, and its 30 days last."""
        return may_undo(
            state=job.state,
            finished_at=job.finished_at,
            changed=job.created,
            undo_began=False,
            now=now or timezone.now(),
        )

    def begin_undo(self, job: J, now: dt.datetime) -> None:
        """The first statement of an undo. Raises ValidationError unless the import is over, and 30 days after its end."""
        over = self.model._default_manager.filter(pk=job.pk, state__in=OVER)
        finished_at = over.values_list("finished_at", flat=True).first()
        if finished_at is not None and now >= undo_ends(finished_at):
            raise ValidationError(_("An import can be undone for %(days)s days."), params={"days": UNDO_DAYS})
        if not self.move(job.pk, OVER, ImportState.UNDONE, finished_at=now):
            raise ValidationError(_("Only an import that is over can be undone, and only once."))

    def note_undone(self, job: J, *, actor: User, undone: Undone) -> None:
        """What the page of an undone import says."""
        job.refresh_from_db(fields=["preview"])
        report = {"removed": undone.removed, "kept": undone.kept, "by": str(actor)}
        self.model._default_manager.filter(pk=job.pk).update(preview={**job.preview, "undone": report})
