"""The run itself: a file in batches, each batch one transaction together with the job's counters."""

import gc
import logging
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from common.jobs import LostClaim
from common.sheets import Row
from crm.enums import ImportState
from crm.models import ImportJob, Sequence
from crm.queries import imports as queries
from crm.queries.duplicates import limits
from crm.rules.import_batches import Batch
from crm.rules.import_lines import LineReader
from crm.rules.import_matches import Action
from crm.services.imports.check import BATCH_ROWS, Options, Progress
from crm.services.imports.plan import Plan, Planner
from crm.services.imports.reading import Lines, Task, read_ahead
from crm.services.imports.report import keep_failed
from crm.services.imports.source import highest_own_code, local_copy, open_source
from crm.services.imports.write import Writer, records_of
from crm.services.inserting import takes_lines

_TRIES = 3
log = logging.getLogger(__name__)


def import_rows(job: ImportJob, options: Options, progress: Progress | None = None) -> list[str]:
    """Import the lines after `job.rows_done`; returns the file's heads.

    Raises ValidationError for a file that cannot be read and LostClaim when the job is no longer this worker's.
    """
    with local_copy(job.file) as path, _for_throughput():
        # Before the file is opened for good: two open workbooks would take twice the memory.
        _step_over_own_codes(job, options, path)
        run = _Run(job, options)
        done = job.rows_done
        lines = run.open(path, done)
        with closing(lines.batches) as ahead:
            for batch in ahead:
                run.batch(done, batch)
                done += len(batch)
                if progress:
                    progress(done, max(done, job.rows))
        return lines.headers


def _step_over_own_codes(job: ImportJob, options: Options, path: Path) -> None:
    """Lift the counter of codes over those of our form in the file (an export coming back)."""
    highest = job.preview.get("own_code")
    if highest is None:
        highest = highest_own_code(open_source(path, job.file_name, measured=True), options.mapping)
    if highest:
        Sequence.objects.bulk_create([Sequence(name="customer")], ignore_conflicts=True)
        Sequence.objects.filter(pk="customer", value__lt=highest).update(value=highest)


@contextmanager
def _for_throughput() -> Iterator[None]:
    """Let the interpreter do less beside the work, while an import runs.

    A batch is some 50,000 objects without a cycle among them, and looking for cycles took 8 % of the run. And the
    thread that reads ahead kept the one that writes waiting for 5 ms after each answer of the database.
    """
    collect, switch = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(100_000, *collect[1:])
    sys.setswitchinterval(0.0002)
    try:
        yield
    finally:
        gc.set_threshold(*collect)
        sys.setswitchinterval(switch)


class _Run:
    """One worker's hold on a job."""

    def __init__(self, job: ImportJob, options: Options) -> None:
        self.job = job
        self.options = options
        self.records = records_of(job, options.actor, options.owner_id)
        self.reader: LineReader | None = None
        self._look_up()

    def _look_up(self) -> None:
        options = self.options
        references = queries.references(actor=options.actor, create_choices=options.create_choices)
        self.planner = Planner(
            actor=options.actor,
            policy=options.on_duplicate,
            references=references,
            within=limits(),
            owner_id=options.owner_id,
        )
        self.writer = Writer(job=self.job, actor=options.actor, references=references, records=self.records)
        if self.reader is not None:
            self.reader = LineReader(self.reader.parser, references, self.planner.within.fields)

    def open(self, path: Path, done: int) -> Lines:
        """Begin to read the lines after the first `done`."""
        lines = read_ahead(
            Task(
                path=path,
                file_name=self.job.file_name,
                options=self.options,
                references=self.planner.references,
                fields=self.planner.within.fields,
                records=self.records if takes_lines() else None,
                skip=done,
                batch=BATCH_ROWS,
                lines=self.job.rows,
            )
        )
        self.reader = lines.reader
        return lines

    def batch(self, start: int, batch: Batch) -> None:
        """Write one batch; when another writer was faster with a code or a choice, look again and repeat it."""
        for attempt in range(1, _TRIES + 1):
            try:
                self._write(start, batch)
                return
            except (IntegrityError, OperationalError):
                if attempt == _TRIES:
                    raise
                log.warning("Import %s: rows after %s are tried again", self.job.pk, start, exc_info=True)
                self._look_up()
                # Planning has written into the rows.
                assert self.reader is not None
                batch = self.reader.read(Row(row.number, row.cells) for row in batch.rows)

    @transaction.atomic
    def _write(self, start: int, batch: Batch) -> None:
        _tune_batch()
        mine = ImportJob.objects.filter(
            pk=self.job.pk, state=ImportState.RUNNING, attempts=self.job.attempts, rows_done=start
        )
        # First of all, so that a second worker waits here and then finds the rows done.
        if not mine.update(rows_done=start + len(batch), heartbeat_at=timezone.now()):
            raise LostClaim
        plan = self.planner.plan(batch)
        self.writer.write(plan)
        keep_failed(self.job, start, plan)
        self._count(plan)

    def _count(self, plan: Plan) -> None:
        ImportJob.objects.filter(pk=self.job.pk).update(
            created=F("created") + plan.count(Action.CREATE),
            updated=F("updated") + plan.count(Action.UPDATE),
            skipped=F("skipped") + plan.count(Action.SKIP),
            failed=F("failed") + plan.count(Action.FAIL),
        )


def _tune_batch() -> None:
    """For this transaction, keep PostgreSQL from scanning whole tables and from waiting for the disk at its commit.

    A batch only looks for keys. But into an empty table an import runs ahead of the statistics, by which all rows look
    quicker to read than two thousand keys are to find, until there are too many.

    A batch whose commit is lost, because the database server itself went down within half a second, is lost with the
    job's counters: both are one transaction, and the job goes on after the last batch that is there. Commits are
    lost from the end only, and the one that says "done" waits for the disk and so for all before it.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL synchronous_commit = off")
