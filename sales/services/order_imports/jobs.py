"""The life of an order import: uploaded → checked → queued → running → done. Only this file assigns a job's state.

The row is the job. Every step is a conditional UPDATE that must change exactly one row; `attempts` grows with each
claim and so tells a worker that was given up apart from the one that took over.
"""

from __future__ import annotations

import datetime as dt
import logging
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import AccessAction
from accounts.models import User
from accounts.services import record_access
from common import business_calendar
from common.sheets import write_workbook
from crm.enums import ImportState
from crm.services.imports.jobs import in_language_of
from crm.services.imports.source import local_copy, refuse_large, temporary_copy
from sales.models import OrderImport, OrderImportLine
from sales.rules.order_rows import check_mapping, guess_mapping, unmapped_headers
from sales.services.order_imports import references
from sales.services.order_imports.last_events import catch_up
from sales.services.order_imports.staging import Progress, column_samples, lay_down, open_sheet
from sales.services.order_imports.write import read_batch, refuse_unresolved, write_batch

STALE_AFTER = dt.timedelta(minutes=5)
MAX_ATTEMPTS = 5
SHOWN = 20
_BATCH = 300  # orders a transaction
_SUFFIXES = {".xlsx", ".xls", ".csv", ".txt"}
log = logging.getLogger(__name__)


class LostClaim(Exception):
    """Another worker has taken this job over."""


def _move(
    job_id: int, sources: Iterable[ImportState], target: ImportState, *, guard: Any = None, **fields: Any
) -> bool:
    """The one door of the state machine; False when the job is not where the caller thinks it is."""
    rows = OrderImport.objects.filter(pk=job_id, state__in=list(sources), **(guard or {}))
    return bool(rows.update(state=target, **fields) == 1)


# --- steps of the page
def upload(*, actor: User | None, file: File[bytes], file_name: str) -> OrderImport:
    """Keep a file, with its columns, samples and a first guess of the mapping.

    Raises ValidationError when it is too large, no workbook or CSV, broken, or without a line of data.
    """
    refuse_large(file.size)
    with temporary_copy(file) as path:
        sheet = open_sheet(path, file_name)
        columns = column_samples(sheet)
    if not any(column["samples"] for column in columns):
        raise ValidationError(_("The file has column heads but no rows below them."))
    job = OrderImport(file_name=file_name[-200:], created_by=actor, rows=sheet.row_count)
    job.mapping = guess_mapping(column["header"] for column in columns)
    job.preview = {"columns": columns}
    suffix = PurePath(file_name).suffix.lower()
    file.seek(0)
    job.file.save(f"{uuid.uuid4().hex}{suffix if suffix in _SUFFIXES else ''}", file, save=False)
    job.save()
    return job


def headers_of(job: OrderImport) -> list[str]:
    return [column["header"] for column in job.preview["columns"]]


def prepare(*, job: OrderImport, mapping: dict[str, str], create_missing: bool) -> None:
    """Take mapping and options and ask for the dry run. Raises ValidationError with what is wrong with them."""
    check_mapping(mapping, headers_of(job))
    moved = _move(
        job.pk,
        [ImportState.UPLOADED, ImportState.PREVIEWED, ImportState.FAILED],
        ImportState.PREVIEWING,
        guard={"orders_done": 0},
        mapping=mapping,
        create_missing=create_missing,
        preview={"columns": job.preview["columns"]},
        message="",
        attempts=0,
        heartbeat_at=timezone.now(),
    )
    if not moved:
        raise ValidationError(_("This import has moved on; reload the page."))


def start(*, job: OrderImport) -> None:
    """Queue a checked import. Raises ValidationError when it was started already."""
    if not _move(
        job.pk, [ImportState.PREVIEWED], ImportState.QUEUED, attempts=0, heartbeat_at=timezone.now()
    ):
        raise ValidationError(_("This import was started already."))


def resume(*, job: OrderImport) -> None:
    """Queue an import again that stopped on the way; it goes on with the orders that are not in."""
    guard = {"orders__gt": 0}
    if not _move(
        job.pk,
        [ImportState.FAILED],
        ImportState.QUEUED,
        guard=guard,
        message="",
        attempts=0,
        heartbeat_at=timezone.now(),
    ):
        raise ValidationError(_("This import cannot be continued."))


def cancel(*, job: OrderImport) -> None:
    """Give up an import that has not begun, with its file. Raises ValidationError once it runs."""
    early = [ImportState.UPLOADED, ImportState.PREVIEWING, ImportState.PREVIEWED, ImportState.QUEUED]
    if not _move(job.pk, early, ImportState.CANCELLED, guard={"orders_done": 0}, finished_at=timezone.now()):
        raise ValidationError(_("The import runs already; wait for its end and undo it then."))
    job.lines.all().delete()
    job.file.delete(save=False)


# --- what workers do
def check_job(job_id: int, progress: Progress | None = None) -> bool:
    """Do the dry run of a job that waits for it; False when it does not, or somebody else finished it."""
    job = _claim(job_id, ImportState.PREVIEWING, ImportState.PREVIEWING)
    if job is None:
        return False
    today = business_calendar.today()
    with in_language_of(job.created_by):
        try:
            with local_copy(job.file) as path:
                rows = lay_down(
                    job, path, today=today, alive=lambda done, total: _alive(job, progress, done, total)
                )
            preview = _preview(job, today, progress)
        except ValidationError as error:
            return _fail(job, ImportState.PREVIEWING, " ".join(error.messages))
        except LostClaim:
            return False
        except Exception:
            log.exception("Checking order import %s failed", job.pk)
            text = _("Checking stopped with an unexpected error; it is in the log.")
            return _fail(job, ImportState.PREVIEWING, text)
    return _move(
        job.pk,
        [ImportState.PREVIEWING],
        ImportState.PREVIEWED,
        guard={"attempts": job.attempts},
        preview=preview,
        rows=rows,
        orders=preview["counts"]["orders"],
    )


def run_job(job_id: int, progress: Progress | None = None) -> OrderImport | None:
    """Run a queued import to its end; None when another worker has it or takes it over on the way.

    Killed at any moment it leaves whole batches behind, and goes on with the rest when queued again.
    """
    job = _claim(job_id, ImportState.QUEUED, ImportState.RUNNING)
    if job is None:
        return None
    with in_language_of(job.created_by):
        try:
            _run(job, progress)
            catch_up(job)
            _finish(job)
        except LostClaim:
            log.warning("Order import %s was taken over by another worker", job.pk)
            return None
        except ValidationError as error:
            _fail(job, ImportState.RUNNING, " ".join(error.messages))
        except Exception:
            log.exception("Order import %s stopped", job.pk)
            text = _(
                "The import stopped with an unexpected error; it is in the log. All rows before it are in."
            )
            _fail(job, ImportState.RUNNING, text)
    job.refresh_from_db()
    return job


def _preview(job: OrderImport, today: dt.date, progress: Progress | None) -> dict[str, Any]:
    """What the import would do, {columns, ignored, counts, unknown_customers, unknown_products, problems}."""
    headers = headers_of(job)
    counts = {"orders": 0, "new": 0, "known": 0, "failed": 0}
    unknown: dict[str, dict[str, int]] = {"customers": {}, "products": {}}
    problems: list[dict[str, Any]] = []
    for lines in _batches(job):
        batch = read_batch(job, lines, headers, today)
        for kind in unknown:
            for named, match in getattr(batch.found, kind).items():
                if match.is_unknown:
                    shown = named[1] or named[0]
                    unknown[kind][shown] = unknown[kind].get(shown, 0) + 1
                    if job.create_missing:
                        getattr(batch.found, kind)[named] = type(match)()
        refuse_unresolved(batch)
        nameless = max(len(batch.lines.get("", ())) - 1, 0)
        counts["orders"] += len(batch.lines) + nameless
        counts["new"] += len(batch.good)
        counts["known"] += len(batch.known)
        counts["failed"] += len(batch.refused) + nameless
        for number, reason in list(batch.refused.items())[: SHOWN - len(problems)]:
            problems.append({"number": number, "row": batch.lines[number][0].row, "reason": reason})
        _alive(job, progress, counts["orders"], job.rows)
    return {
        "columns": job.preview["columns"],
        "ignored": unmapped_headers(job.mapping, headers),
        "counts": counts,
        "problems": problems,
        **{
            f"unknown_{kind}": {"count": len(names), "shown": sorted(names)[:SHOWN]}
            for kind, names in unknown.items()
        },
    }


def _run(job: OrderImport, progress: Progress | None) -> None:
    headers, people, today = headers_of(job), references.people_by_name(), business_calendar.today()
    for lines in _batches(job, pending=True):
        try:
            _run_batch(job, lines, headers, people, today)
        except IntegrityError:
            # Somebody wrote an order with one of these numbers just now: on a second look it is known.
            _run_batch(job, lines, headers, people, today)
        if progress:
            job.refresh_from_db(fields=["orders_done"])
            progress(job.orders_done, job.orders)


@transaction.atomic
def _run_batch(
    job: OrderImport,
    lines: list[OrderImportLine],
    headers: list[str],
    people: dict[str, User],
    today: dt.date,
) -> None:
    """The orders, the marks on their lines and the job's counts, or nothing of it."""
    created, skipped, failed = write_batch(job, lines, headers, people, today)
    moved = _move(
        job.pk,
        [ImportState.RUNNING],
        ImportState.RUNNING,
        guard={"attempts": job.attempts},
        orders_done=F("orders_done") + created + skipped + failed,
        created=F("created") + created,
        skipped=F("skipped") + skipped,
        failed=F("failed") + failed,
        heartbeat_at=timezone.now(),
    )
    if not moved:
        raise LostClaim


def _batches(job: OrderImport, *, pending: bool = False) -> Iterator[list[OrderImportLine]]:
    """Staged lines of up to 300 orders at a time, by number; `pending` leaves out what is in already."""
    last: str | None = None
    while True:
        rows = OrderImportLine.objects.filter(job=job, **({"done": False} if pending else {}))
        if last is not None:
            rows = rows.filter(number__gt=last)
        numbers = list(rows.order_by("number").values_list("number", flat=True).distinct()[:_BATCH])
        if not numbers:
            return
        yield list(rows.filter(number__in=numbers).order_by("number", "row"))
        last = numbers[-1]


def _alive(job: OrderImport, progress: Progress | None, done: int, total: int) -> None:
    moved = OrderImport.objects.filter(pk=job.pk, state=ImportState.PREVIEWING, attempts=job.attempts).update(
        heartbeat_at=timezone.now(), rows=max(total, done)
    )
    if not moved:
        raise LostClaim
    if progress:
        progress(done, max(total, done))


def _claim(job_id: int, source: ImportState, target: ImportState) -> OrderImport | None:
    if not _move(job_id, [source], target, attempts=F("attempts") + 1, heartbeat_at=timezone.now()):
        return None
    job: OrderImport = OrderImport.objects.select_related("created_by").get(pk=job_id)
    return job


def _finish(job: OrderImport) -> None:
    report = write_report(job)
    done = _move(
        job.pk,
        [ImportState.RUNNING],
        ImportState.DONE,
        guard={"attempts": job.attempts},
        error_report=report,
        finished_at=timezone.now(),
    )
    if not done:
        raise LostClaim
    job.lines.all().delete()
    if job.created_by is not None:
        record_access(actor=job.created_by, action=AccessAction.IMPORT, what=job.file_name, rows=job.rows)


def write_report(job: OrderImport) -> str:
    """The error workbook: the failed lines as they were with 失败原因; its name in storage, "" when nothing failed."""
    failed = job.lines.exclude(error="").order_by("row")
    if not failed.exists():
        return ""
    with tempfile.TemporaryFile() as file:
        _write_lines(file, headers_of(job), failed.iterator(chunk_size=2000))
        file.seek(0)
        return str(default_storage.save(f"imports/order-errors-{job.pk}.xlsx", File(file)))


def _write_lines(file: IO[bytes], headers: list[str], lines: Iterable[OrderImportLine]) -> None:
    width = len(headers)
    rows = ([*line.cells[:width], *[""] * (width - len(line.cells)), line.error] for line in lines)
    write_workbook(file, [*headers, _("Reason for failure")], rows, title=_("Failed rows"))


def _fail(job: OrderImport, source: ImportState, message: str) -> bool:
    """Mark the job failed with a message for people; always False."""
    guard = {"attempts": job.attempts}
    _move(
        job.pk, [source], ImportState.FAILED, guard=guard, message=message[:400], finished_at=timezone.now()
    )
    return False


@dataclass(frozen=True)
class Swept:
    """Ids to nudge again."""

    check: list[int]
    run: list[int]


def sweep(now: dt.datetime | None = None) -> Swept:
    """Find jobs whose message was lost or whose worker died: queue them again, or give them up after some tries."""
    now = now or timezone.now()
    silent: dict[str, Any] = {"heartbeat_at__lt": now - STALE_AFTER}
    swept = Swept([], [])
    waiting = [ImportState.PREVIEWING, ImportState.QUEUED, ImportState.RUNNING]
    stuck = OrderImport.objects.filter(state__in=waiting, **silent)
    for pk, state, attempts in stuck.values_list("pk", "state", "attempts"):
        source = ImportState(state)
        if source is not ImportState.QUEUED and attempts >= MAX_ATTEMPTS:
            text = _(
                "The import was interrupted %(count)s times. All rows before are in; you can continue it."
            )
            _move(
                pk,
                [source],
                ImportState.FAILED,
                guard=silent,
                message=text % {"count": attempts},
                finished_at=now,
            )
        elif source is ImportState.PREVIEWING:
            if _move(pk, [source], source, guard=silent, heartbeat_at=now):
                swept.check.append(pk)
        elif _move(pk, [source], ImportState.QUEUED, guard=silent, heartbeat_at=now):
            swept.run.append(pk)
    return swept
