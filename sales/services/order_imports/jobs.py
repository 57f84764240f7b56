"""The order import's steps: its options, its dry run and its run within the life that all imports share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.models import User
from common import business_calendar
from crm.services.failed_rows import save_report
from crm.services.import_jobs import ImportLife
from crm.services.imports.source import local_copy, refuse_large, temporary_copy
from sales.models import OrderImport, OrderImportLine
from sales.rules.order_rows import check_mapping, guess_mapping, unmapped_headers
from sales.services.order_imports import references
from sales.services.order_imports.last_events import catch_up
from sales.services.order_imports.staging import Progress, column_samples, lay_down, open_sheet
from sales.services.order_imports.write import read_batch, refuse_unresolved, write_batch

SHOWN = 20
_BATCH = 300  # orders a transaction
LIFE = ImportLife(OrderImport, label="order import")
start, resume, sweep = LIFE.start, LIFE.resume, LIFE.sweep_all


def upload(*, actor: User | None, file: File[bytes], file_name: str) -> OrderImport:
    """Keep a file, with its columns, samples and a first guess of the mapping.

    Raises ValidationError when it is too large, no workbook or CSV, broken, or without a line of data.
    """
    refuse_large(file.size)
    with temporary_copy(file) as path:
        sheet = open_sheet(path, file_name)
        columns = column_samples(sheet)
    mapping = guess_mapping(column["header"] for column in columns)
    return LIFE.keep(file, file_name, columns, created_by=actor, mapping=mapping, rows=sheet.row_count)


def headers_of(job: OrderImport) -> list[str]:
    return [column["header"] for column in job.preview["columns"]]


def prepare(
    *, job: OrderImport, mapping: dict[str, str], create_missing: bool, actor: User | None = None
) -> None:
    """Take mapping and options and ask for the dry run. Raises ValidationError with what is wrong with them."""
    check_mapping(mapping, headers_of(job))
    LIFE.ask_for_check(job, mapping=mapping, create_missing=create_missing)


def cancel(*, job: OrderImport, actor: User | None = None) -> None:
    """Give up an import that has not begun, with its file. Raises ValidationError once it runs."""
    LIFE.cancel(job=job)
    job.lines.all().delete()


# --- what workers do
def check_job(job_id: int, progress: Progress | None = None) -> bool:
    """Do the dry run of a job that waits for it; False when it does not, or somebody else finished it."""

    def look(job: OrderImport) -> dict[str, Any]:
        today = business_calendar.today()
        with local_copy(job.file) as path:
            rows = lay_down(
                job, path, today=today, alive=lambda done, total: _alive(job, progress, done, total)
            )
        preview = _preview(job, today, progress)
        return {"preview": preview, "rows": rows, "orders": preview["counts"]["orders"]}

    return LIFE.check(job_id, look)


def run_job(job_id: int, progress: Progress | None = None) -> OrderImport | None:
    """Run a queued import to its end; None when another worker has it or takes it over on the way."""

    def work(job: OrderImport) -> None:
        _run(job, progress)
        catch_up(job)
        LIFE.finish(job, write_report(job))
        job.lines.all().delete()

    return LIFE.run(job_id, work)


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
        for number, refusal in list(batch.refused.items())[: SHOWN - len(problems)]:
            problems.append({"number": number, "row": refusal.row, "reason": refusal.reason})
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
    LIFE.alive(
        job,
        orders_done=F("orders_done") + created + skipped + failed,
        created=F("created") + created,
        skipped=F("skipped") + skipped,
        failed=F("failed") + failed,
    )


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
    LIFE.looking(job, rows=max(total, done))
    if progress:
        progress(done, max(total, done))


def write_report(job: OrderImport) -> str:
    """The error workbook: the failed lines as they were with 失败原因; its name in storage, "" when nothing failed."""
    failed = job.lines.exclude(error="").order_by("row")
    if not failed.exists():
        return ""
    lines = ((line.cells, line.error) for line in failed.iterator(chunk_size=2000))
    return save_report(f"imports/order-errors-{job.pk}.xlsx", headers_of(job), lines)
