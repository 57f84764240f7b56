"""The life of an import: uploaded → checked → queued → running → done. Only this file assigns a job's state.

The row is the job. Every step is a conditional UPDATE that must change exactly one row; `attempts` grows with each
claim and so tells a worker that was given up apart from the one that took over.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.enums import AccessAction
from accounts.models import User
from accounts.services import record_access
from crm.enums import ImportState, OnDuplicate
from crm.models import ImportJob
from crm.queries.imports import last_mapping
from crm.rules.import_columns import check_mapping, guess_mapping
from crm.services.imports.check import Options, Progress, check_file
from crm.services.imports.engine import LostClaim, import_rows
from crm.services.imports.report import drop_failed, write_report
from crm.services.imports.source import column_samples, local_copy, open_source, refuse_large, temporary_copy

STALE_AFTER = dt.timedelta(minutes=5)  # a batch takes seconds; five minutes of silence are a dead worker
MAX_ATTEMPTS = 5
_SUFFIXES = {".xlsx", ".xls", ".csv", ".txt"}
log = logging.getLogger(__name__)


def _move(
    job_id: int, sources: Iterable[ImportState], target: ImportState, *, guard: Any = None, **fields: Any
) -> bool:
    """The one door of the state machine; False when the job is not where the caller thinks it is."""
    rows = ImportJob.objects.filter(pk=job_id, state__in=list(sources), **(guard or {}))
    return rows.update(state=target, **fields) == 1


def in_language_of(user: User | None) -> AbstractContextManager[None]:
    """Reasons are written for the person who started the import, whatever process writes them."""
    known = {code for code, _name in settings.LANGUAGES}
    language = user.language if user is not None and user.language in known else settings.LANGUAGE_CODE
    return translation.override(language)


# --- steps of the page
def upload(
    *, actor: User | None, file: "File[bytes]", file_name: str, mapping: dict[str, str] | None = None
) -> ImportJob:
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
    if mapping is None:
        before = last_mapping(actor=actor, headers=source.headers) if actor else None
        mapping = before or guess_mapping({column["header"]: column["samples"] for column in columns})
    job = ImportJob(file_name=file_name[-200:], created_by=actor, mapping=mapping, rows=source.line_count)
    job.preview = {"columns": columns}
    suffix = PurePath(file_name).suffix.lower()
    file.seek(0)
    job.file.save(f"{uuid.uuid4().hex}{suffix if suffix in _SUFFIXES else ''}", file, save=False)
    job.save()
    return job


def prepare(
    *,
    actor: User,
    job: ImportJob,
    mapping: dict[str, str],
    datum: str,
    on_duplicate: str,
    create_choices: bool,
    keep_extra: bool,
    owner: User | None,
) -> None:
    """Take mapping and options and ask for the dry run. Raises ValidationError with what is wrong with them."""
    check_mapping(mapping, [column["header"] for column in job.preview["columns"]])
    if owner is not None and not User.objects.active().visible_to(actor).filter(pk=owner.pk).exists():
        raise ValidationError(_("You can assign customers only to people you are responsible for."))
    moved = _move(
        job.pk,
        [ImportState.UPLOADED, ImportState.PREVIEWED, ImportState.FAILED],
        ImportState.PREVIEWING,
        guard={"rows_done": 0},
        mapping=mapping,
        datum=datum,
        on_duplicate=on_duplicate,
        create_choices=create_choices,
        keep_extra=keep_extra,
        owner=owner,
        preview={"columns": job.preview["columns"]},
        message="",
        attempts=0,
        heartbeat_at=timezone.now(),
    )
    if not moved:
        raise ValidationError(_("This import has moved on; reload the page."))


def start(*, actor: User, job: ImportJob) -> None:
    """Queue a checked import. Raises ValidationError when it was started already."""
    if not _move(
        job.pk, [ImportState.PREVIEWED], ImportState.QUEUED, attempts=0, heartbeat_at=timezone.now()
    ):
        raise ValidationError(_("This import was started already."))


def start_unchecked(*, job: ImportJob, options: Options) -> None:
    """Queue an uploaded file without a dry run, as the command does. Raises ValidationError for a bad mapping."""
    check_mapping(options.mapping, [column["header"] for column in job.preview["columns"]])
    _move(
        job.pk,
        [ImportState.UPLOADED],
        ImportState.QUEUED,
        mapping=options.mapping,
        datum=options.datum,
        on_duplicate=options.on_duplicate,
        create_choices=options.create_choices,
        keep_extra=options.keep_extra,
        owner_id=options.owner_id,
        heartbeat_at=timezone.now(),
    )


def resume(*, actor: User, job: ImportJob) -> None:
    """Queue an import again that stopped on the way; it goes on after the last line that is in."""
    has_run = "counts" in job.preview or job.rows_done > 0
    moved = has_run and _move(
        job.pk, [ImportState.FAILED], ImportState.QUEUED, message="", attempts=0, heartbeat_at=timezone.now()
    )
    if not moved:
        raise ValidationError(_("This import cannot be continued."))


def cancel(*, actor: User, job: ImportJob) -> None:
    """Give up an import that has not begun, with its file. Raises ValidationError once it runs."""
    early = [ImportState.UPLOADED, ImportState.PREVIEWING, ImportState.PREVIEWED, ImportState.QUEUED]
    if not _move(job.pk, early, ImportState.CANCELLED, guard={"rows_done": 0}, finished_at=timezone.now()):
        raise ValidationError(_("The import runs already; wait for its end and undo it then."))
    job.file.delete(save=False)


def options_of(job: ImportJob) -> Options:
    """What the job's row says about how to read its file."""
    return Options(
        mapping=dict(job.mapping),
        actor=job.created_by,
        datum=job.datum,
        on_duplicate=OnDuplicate(job.on_duplicate),
        create_choices=job.create_choices,
        keep_extra=job.keep_extra,
        owner_id=job.owner_id,
    )


# --- what workers do
def check_job(job_id: int) -> bool:
    """Do the dry run of a job that waits for it; False when it does not, or somebody else finished it."""
    job = _claim(job_id, ImportState.PREVIEWING, ImportState.PREVIEWING)
    if job is None:
        return False
    mine = {"attempts": job.attempts}

    def alive(done: int, total: int) -> None:
        preview = {**job.preview, "checked": done}
        ImportJob.objects.filter(pk=job.pk, state=ImportState.PREVIEWING, **mine).update(
            heartbeat_at=timezone.now(), preview=preview, rows=total
        )

    with in_language_of(job.created_by):
        try:
            with local_copy(job.file) as path:
                result = check_file(path, job.file_name, options_of(job), alive)
        except ValidationError as error:
            return _fail(job, ImportState.PREVIEWING, " ".join(error.messages))
        except Exception:
            log.exception("Checking import %s failed", job.pk)
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


def run_job(job_id: int, progress: Progress | None = None) -> ImportJob | None:
    """Run a queued import to its end; None when another worker has it or takes it over on the way.

    Killed at any moment it leaves whole batches behind, and goes on after the last of them when queued again.
    """
    job = _claim(job_id, ImportState.QUEUED, ImportState.RUNNING)
    if job is None:
        return None
    with in_language_of(job.created_by):
        try:
            headers = import_rows(job, options_of(job), progress)
            _finish(job, headers)
        except LostClaim:
            log.warning("Import %s was taken over by another worker", job.pk)
            return None
        except ValidationError as error:
            _fail(job, ImportState.RUNNING, " ".join(error.messages))
        except Exception:
            log.exception("Import %s stopped", job.pk)
            message = _(
                "The import stopped with an unexpected error; it is in the log. All rows before it are in."
            )
            _fail(job, ImportState.RUNNING, message)
    job.refresh_from_db()
    return job


def _claim(job_id: int, source: ImportState, target: ImportState) -> ImportJob | None:
    if not _move(job_id, [source], target, attempts=F("attempts") + 1, heartbeat_at=timezone.now()):
        return None
    job: ImportJob = ImportJob.objects.select_related("created_by").get(pk=job_id)
    return job


def _finish(job: ImportJob, headers: list[str]) -> None:
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
    if job.created_by is not None:
        job.refresh_from_db(fields=["rows"])
        record_access(actor=job.created_by, action=AccessAction.IMPORT, what=job.file_name, rows=job.rows)


def _fail(job: ImportJob, source: ImportState, message: str) -> bool:
    """Mark the job failed with a message for people; always False."""
    guard = {"attempts": job.attempts}
    _move(
        job.pk, [source], ImportState.FAILED, guard=guard, message=message[:400], finished_at=timezone.now()
    )
    return False


@dataclass(frozen=True)
class Swept:
    """Ids to nudge again, and how many jobs were given up."""

    check: list[int]
    run: list[int]
    given_up: int


def sweep(now: dt.datetime | None = None) -> Swept:
    """Find jobs whose message was lost or whose worker died: queue them again, or give them up after some tries."""
    now = now or timezone.now()
    silent: Mapping[str, Any] = {"heartbeat_at__lt": now - STALE_AFTER}
    waiting = [ImportState.PREVIEWING, ImportState.QUEUED, ImportState.RUNNING]
    check: list[int] = []
    run: list[int] = []
    given_up = 0
    for pk, state, attempts in ImportJob.objects.filter(state__in=waiting, **silent).values_list(
        "pk", "state", "attempts"
    ):
        source = ImportState(state)
        if source is not ImportState.QUEUED and attempts >= MAX_ATTEMPTS:
            message = _(
                "The import was interrupted %(count)s times. All rows before are in; you can continue it."
            )
            given_up += _move(
                pk,
                [source],
                ImportState.FAILED,
                guard=silent,
                message=message % {"count": attempts},
                finished_at=now,
            )
        elif source is ImportState.PREVIEWING:
            if _move(pk, [source], source, guard=silent, heartbeat_at=now):
                check.append(pk)
        elif _move(pk, [source], ImportState.QUEUED, guard=silent, heartbeat_at=now):
            run.append(pk)
    return Swept(check, run, given_up)
