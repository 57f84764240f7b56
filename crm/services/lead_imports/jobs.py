"""The life of a lead import: uploaded → checked → queued → running → done. Only this file assigns its state.

The row is the job, as with customers: every step is a conditional UPDATE that must change exactly one row, and
`attempts` tells a worker that was given up apart from the one that took over.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import AccessAction
from accounts.models import User
from accounts.services import record_access
from crm.enums import AssignMode, ImportState
from crm.models import LeadImport
from crm.queries.lead_imports import last_mapping
from crm.rules.lead_import import check_mapping, guess_mapping
from crm.services.imports.jobs import in_language_of
from crm.services.imports.source import column_samples, local_copy, open_source, refuse_large, temporary_copy
from crm.services.lead_imports.plan import options_of
from crm.services.lead_imports.report import drop_failed, write_report
from crm.services.lead_imports.run import LostClaim, check_file, import_rows

STALE_AFTER = dt.timedelta(minutes=5)  # a batch takes seconds; five minutes of silence are a dead worker
MAX_ATTEMPTS = 5
_SUFFIXES = {".xlsx", ".xls", ".csv", ".txt"}
log = logging.getLogger(__name__)


def _move(
    job_id: int,
    sources: Iterable[ImportState],
    target: ImportState,
    *,
    guard: dict[str, Any] | None = None,
    **fields: Any,
) -> bool:
    """The one door of the state machine; False when the job is not where the caller thinks it is."""
    rows = LeadImport.objects.filter(pk=job_id, state__in=list(sources), **(guard or {}))
    return rows.update(state=target, **fields) == 1


# --- steps of the page
def upload(*, actor: User, file: "File[bytes]", file_name: str) -> LeadImport:
    """Keep a file for import, with its columns, samples and a first guess of the mapping.

    Raises ValidationError with a message for people when the file is too large, no workbook or CSV, broken,
    encrypted, unsafe, or without a line of data.
    """
    refuse_large(file.size)
    with temporary_copy(file) as path:
        source = open_source(path, file_name)
        columns = column_samples(source)
    if not any(column["samples"] for column in columns):
        raise ValidationError(_("The file has column heads but no rows below them."))
    mapping = last_mapping(actor=actor, headers=source.headers) or guess_mapping(
        {column["header"]: column["samples"] for column in columns}
    )
    job = LeadImport(file_name=file_name[-200:], created_by=actor, mapping=mapping, rows=source.line_count)
    job.preview = {"columns": columns}
    suffix = PurePath(file_name).suffix.lower()
    file.seek(0)
    job.file.save(f"{uuid.uuid4().hex}{suffix if suffix in _SUFFIXES else ''}", file, save=False)
    job.save()
    return job


@transaction.atomic
def prepare(
    *,
    actor: User,
    job: LeadImport,
    mapping: dict[str, str],
    assign_mode: str,
    assignees: Iterable[User],
    datum: str,
    create_choices: bool,
    duplicates_too: bool,
) -> None:
    """Take mapping and options and ask for the dry run. Raises ValidationError with what is wrong with them."""
    check_mapping(mapping, [column["header"] for column in job.preview["columns"]])
    people = list(assignees)
    if assign_mode == AssignMode.EVENLY and not people:
        raise ValidationError(_("Choose the people among whom the leads go round."))
    reach = User.objects.active().visible_to(actor).filter(pk__in=[person.pk for person in people])
    if reach.count() != len(people):
        raise ValidationError(_("You can give leads only to people you are responsible for."))
    options = {"datum": datum, "create_choices": create_choices, "duplicates_too": duplicates_too}
    moved = _move(
        job.pk,
        [ImportState.UPLOADED, ImportState.PREVIEWED, ImportState.FAILED],
        ImportState.PREVIEWING,
        guard={"rows_done": 0},
        mapping=mapping,
        assign_mode=assign_mode,
        options=options,
        preview={"columns": job.preview["columns"]},
        message="",
        attempts=0,
        heartbeat_at=timezone.now(),
    )
    if not moved:
        raise ValidationError(_("This import has moved on; reload the page."))
    job.assignees.set(people)


def start(*, actor: User, job: LeadImport) -> None:
    """Queue a checked import. Raises ValidationError when it was started already."""
    if not _move(
        job.pk, [ImportState.PREVIEWED], ImportState.QUEUED, attempts=0, heartbeat_at=timezone.now()
    ):
        raise ValidationError(_("This import was started already."))


def resume(*, actor: User, job: LeadImport) -> None:
    """Queue an import again that stopped on the way; it goes on after the last line that is in."""
    has_run = "counts" in job.preview or job.rows_done > 0
    moved = has_run and _move(
        job.pk, [ImportState.FAILED], ImportState.QUEUED, message="", attempts=0, heartbeat_at=timezone.now()
    )
    if not moved:
        raise ValidationError(_("This import cannot be continued."))


def cancel(*, actor: User, job: LeadImport) -> None:
    """Give up an import that has not begun, with its file. Raises ValidationError once it runs."""
    early = [ImportState.UPLOADED, ImportState.PREVIEWING, ImportState.PREVIEWED, ImportState.QUEUED]
    if not _move(job.pk, early, ImportState.CANCELLED, guard={"rows_done": 0}, finished_at=timezone.now()):
        raise ValidationError(_("The import runs already; wait for its end and undo it then."))
    job.file.delete(save=False)


# --- what workers do
def check_job(job_id: int) -> bool:
    """Do the dry run of a job that waits for it; False when it does not, or somebody else finished it."""
    job = _claim(job_id, ImportState.PREVIEWING, ImportState.PREVIEWING)
    if job is None:
        return False
    mine = {"attempts": job.attempts}

    def alive(done: int, total: int) -> None:
        LeadImport.objects.filter(pk=job.pk, state=ImportState.PREVIEWING, **mine).update(
            heartbeat_at=timezone.now(), preview={**job.preview, "checked": done}, rows=total
        )

    with in_language_of(job.created_by):
        try:
            with local_copy(job.file) as path:
                result = check_file(path, job.file_name, options_of(job), alive)
        except ValidationError as error:
            return _fail(job, ImportState.PREVIEWING, " ".join(error.messages))
        except Exception:
            log.exception("Checking lead import %s failed", job.pk)
            return _fail(
                job, ImportState.PREVIEWING, _("Checking stopped with an unexpected error; it is in the log.")
            )
    preview = {"columns": job.preview.get("columns", []), **result}
    return _move(
        job.pk,
        [ImportState.PREVIEWING],
        ImportState.PREVIEWED,
        guard=mine,
        preview=preview,
        rows=result["rows"],
    )


def run_job(job_id: int) -> LeadImport | None:
    """Run a queued import to its end; None when another worker has it or takes it over on the way.

    Killed at any moment it leaves whole batches behind, and goes on after the last of them when queued again.
    """
    job = _claim(job_id, ImportState.QUEUED, ImportState.RUNNING)
    if job is None:
        return None
    with in_language_of(job.created_by):
        try:
            _finish(job, import_rows(job))
        except LostClaim:
            log.warning("Lead import %s was taken over by another worker", job.pk)
            return None
        except ValidationError as error:
            _fail(job, ImportState.RUNNING, " ".join(error.messages))
        except Exception:
            log.exception("Lead import %s stopped", job.pk)
            message = _(
                "The import stopped with an unexpected error; it is in the log. All rows before it are in."
            )
            _fail(job, ImportState.RUNNING, message)
    job.refresh_from_db()
    return job


def _claim(job_id: int, source: ImportState, target: ImportState) -> LeadImport | None:
    if not _move(job_id, [source], target, attempts=F("attempts") + 1, heartbeat_at=timezone.now()):
        return None
    job: LeadImport = LeadImport.objects.select_related("created_by").get(pk=job_id)
    return job


def _finish(job: LeadImport, headers: list[str]) -> None:
    report = write_report(job, headers)
    done = _move(
        job.pk,
        [ImportState.RUNNING],
        ImportState.DONE,
        guard={"attempts": job.attempts},
        error_report=report,
        rows=F("rows_done"),
        finished_at=timezone.now(),
    )
    if not done:
        raise LostClaim
    drop_failed(job)
    job.refresh_from_db(fields=["rows"])
    record_access(actor=job.created_by, action=AccessAction.IMPORT, what=job.file_name, rows=job.rows)


def _fail(job: LeadImport, source: ImportState, message: str) -> bool:
    """Mark the job failed with a message for people; always False."""
    guard = {"attempts": job.attempts}
    _move(
        job.pk, [source], ImportState.FAILED, guard=guard, message=message[:400], finished_at=timezone.now()
    )
    return False


@dataclass
class Swept:
    """Ids to nudge again, and how many jobs were given up."""

    check: list[int] = field(default_factory=list)
    run: list[int] = field(default_factory=list)
    given_up: int = 0


def sweep(now: dt.datetime | None = None) -> Swept:
    """Find jobs whose message was lost or whose worker died: queue them again, or give them up after some tries."""
    now = now or timezone.now()
    silent = {"heartbeat_at__lt": now - STALE_AFTER}
    waiting = [ImportState.PREVIEWING, ImportState.QUEUED, ImportState.RUNNING]
    swept = Swept()
    rows = LeadImport.objects.filter(state__in=waiting, **silent)
    for pk, state, attempts in rows.values_list("pk", "state", "attempts"):
        source = ImportState(state)
        if source is not ImportState.QUEUED and attempts >= MAX_ATTEMPTS:
            text = _(
                "The import was interrupted %(count)s times. All rows before are in; you can continue it."
            )
            message = text % {"count": attempts}
            swept.given_up += _move(
                pk, [source], ImportState.FAILED, guard=silent, message=message, finished_at=now
            )
        elif source is ImportState.PREVIEWING:
            if _move(pk, [source], source, guard=silent, heartbeat_at=now):
                swept.check.append(pk)
        elif _move(pk, [source], ImportState.QUEUED, guard=silent, heartbeat_at=now):
            swept.run.append(pk)
    return swept
