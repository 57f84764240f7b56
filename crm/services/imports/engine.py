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
from crm.services.imports.ahead import Prepared, prepared
from crm.services.imports.check import BATCH_ROWS, Options, Progress
from crm.services.imports.plan import Plan, Planner
from crm.services.imports.reading import Lines, Task, read_lines
from crm.services.imports.report import keep_failed
from crm.services.imports.source import highest_own_code, local_copy, open_source
from crm.services.imports.write import Writer, know_ahead, records_of
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
        with closing(prepared(lines.batches, run.look)) as ahead:
            for one in ahead:
                run.batch(done, one)
                done += len(one.batch)
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
        # What the caller has written in a transaction of its own, nobody else's connection sees.
        self.look = None if connection.in_atomic_block or not takes_lines() else self._look_ahead
        self.outdated = False  # the next plan that was made ahead: the batch before has turned out otherwise

    def _look_up(self) -> None:
        options = self.options
        references = queries.references(actor=options.actor, create_choices=options.create_choices)
        within = limits()
        # The second for the thread that plans ahead: each remembers while it plans.
        self.planner, self.planner_ahead = (
            Planner(
                actor=options.actor,
                policy=options.on_duplicate,
                references=references,
                within=within,
                owner_id=options.owner_id,
            )
            for _thread in range(2)
        )
        self.writer = Writer(job=self.job, actor=options.actor, references=references, records=self.records)
        if self.reader is not None:
            self.reader = LineReader(self.reader.parser, references, within.fields)

    def open(self, path: Path, done: int) -> Lines:
        """Begin to read the lines after the first `done`."""
        lines = read_lines(
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

    def _look_ahead(self, batch: Batch) -> Plan:
        """Plan a batch in another thread, on its connection."""
        with transaction.atomic():
            _tune_batch()
            plan = self.planner_ahead.plan(batch)
            know_ahead(plan)
            return plan

    def batch(self, start: int, one: Prepared) -> None:
        """Write one batch; when another writer was faster with a code or a choice, look again and repeat it."""
        if one.plan is not None and self.outdated:
            one.plan, one.batch = None, self._read_again(one.batch)
            self.outdated = False
        for attempt in range(1, _TRIES + 1):
            try:
                self._write(start, one)
                return
            except (IntegrityError, OperationalError):
                if attempt == _TRIES:
                    raise
                log.warning("Import %s: rows after %s are tried again", self.job.pk, start, exc_info=True)
                self._look_up()
                one.plan, one.batch = None, self._read_again(one.batch)

    def _read_again(self, batch: Batch) -> Batch:
        """Planning has written into the rows."""
        assert self.reader is not None
        return self.reader.read(Row(row.number, row.cells) for row in batch.rows)

    def _plan(self, one: Prepared) -> Plan:
        if one.plan is not None:
            return one.plan
        plan = self.planner.plan(one.batch)
        self.outdated = not one.settle(plan)
        return plan

    @transaction.atomic
    def _write(self, start: int, one: Prepared) -> None:
        _tune_batch()
        mine = ImportJob.objects.filter(
            pk=self.job.pk, state=ImportState.RUNNING, attempts=self.job.attempts, rows_done=start
        )
        # First of all, so that a second worker waits here and then finds the rows done.
        if not mine.update(rows_done=start + len(one.batch), heartbeat_at=timezone.now()):
            raise LostClaim
        plan = self._plan(one)
        self.writer.write(plan)
        keep_failed(self.job, start, plan)
        self._count(plan)

    def _count(self, plan: Plan) -> None:
        counts = plan.counts()
        ImportJob.objects.filter(pk=self.job.pk).update(
            created=F("created") + counts[Action.CREATE],
            updated=F("updated") + counts[Action.UPDATE],
            skipped=F("skipped") + counts[Action.SKIP],
            failed=F("failed") + counts[Action.FAIL],
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
