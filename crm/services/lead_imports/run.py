"""The dry run and the run: a file in batches, each batch one transaction together with the job's counters."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from common.jobs import LostClaim
from common.sheets import Row
from crm.enums import ImportState
from crm.models import Dictionary, LeadImport
from crm.rules.duplicates import name_key
from crm.rules.import_rows import ImportRow, RowParser, fold_word
from crm.rules.lead_import import check_mapping
from crm.services.imports.similar import Similar
from crm.services.imports.source import left_out, local_copy, open_source
from crm.services.lead_imports.plan import Action, Options, Outcome, Planner, options_of, places
from crm.services.lead_imports.report import keep_failed
from crm.services.leads.importing import NewLead, import_leads

BATCH_ROWS = 500
_SHOWN = 50
_COPIED = ("province", "city", "district", "address", "notes", "tax_id", "latitude", "longitude")
_CHOICES = ("region", "source", "industry")
Progress = Callable[[int, int], None]


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH_ROWS)):
        yield batch


# --- dry run
def check_file(path: Path, file_name: str, options: Options, progress: Progress) -> dict[str, Any]:
    """{rows, counts, shown, ignored, new_choices, unknown_choices, owners, similar_complete}: what the import would do now.

    Raises ValidationError for a file or a mapping that cannot work.
    """
    source = open_source(path, file_name)
    check_mapping(options.mapping, source.headers)
    parser = RowParser(source.headers, options.mapping, datum=options.datum)
    planner = Planner(options, remember=True)
    tally, similar = _Tally(), Similar(options.actor, planner.within)
    for batch in _batches(source.rows):
        rows = [parser.parse(number, cells) for number, cells in batch]
        outcomes = planner.plan(rows, tally.counts["created"])
        if not options.duplicates_too:
            similar.remark(_new(outcomes))
        tally.add(outcomes)
        progress(tally.rows, max(source.line_count, tally.rows))
    return {
        "rows": tally.rows,
        "counts": tally.counts,
        "shown": tally.shown,
        "owners": tally.by_name(),
        "ignored": left_out(options.mapping, source.headers),
        "new_choices": planner.references.new_choices(),
        "unknown_choices": planner.references.unknown_choices(),
        "similar_complete": similar.complete,
    }


def _new(outcomes: list[Outcome]) -> list[ImportRow]:
    """The rows that become leads, with their name keys for the comparison."""
    rows = [outcome.row for outcome in outcomes if outcome.action is Action.CREATE]
    for row in rows:
        row.name_key = name_key(row.values["name"])
    return rows


class _Tally:
    """Counts, the first lines of each tab, and how many leads each person would get."""

    def __init__(self) -> None:
        self.rows = 0
        self.counts = dict.fromkeys((*(action.value for action in Action), "warnings"), 0)
        self.shown: dict[str, list[dict[str, Any]]] = {}
        self.owners: dict[int | None, int] = {}

    def add(self, outcomes: list[Outcome]) -> None:
        self.rows += len(outcomes)
        for outcome in outcomes:
            tab = outcome.action.value
            self.counts[tab] += 1
            self._show(tab, outcome, outcome.reason)
            if outcome.action is Action.CREATE:
                self.owners[outcome.owner_id] = self.owners.get(outcome.owner_id, 0) + 1
                if outcome.row.warnings:
                    self.counts["warnings"] += 1
                    self._show("warnings", outcome, " ".join(outcome.row.warnings))

    def _show(self, tab: str, outcome: Outcome, reason: str) -> None:
        shown = self.shown.setdefault(tab, [])
        if len(shown) >= _SHOWN:
            return
        row = outcome.row
        shown.append(
            {
                "number": row.number,
                "name": row.values.get("name", ""),
                "contact": row.contact,
                "phone": "、".join(raw for raw, _e164 in row.phones),
                "address": "".join(places(row)),
                "reason": reason,
            }
        )

    def by_name(self) -> list[list[Any]]:
        """[[person, number]], the lead pool as an empty name, most first."""
        people = User.objects.in_bulk([pk for pk in self.owners if pk is not None])
        rows = [[str(people[pk]) if pk is not None else "", number] for pk, number in self.owners.items()]
        return sorted(rows, key=lambda row: -row[1])


# --- run
def import_rows(job: LeadImport) -> list[str]:
    """Import the lines after `job.rows_done`; returns the file's heads.

    Raises ValidationError for a file that cannot be read and LostClaim when the job is no longer this worker's.
    """
    options = options_of(job)
    with local_copy(job.file) as path:
        source = open_source(path, job.file_name)
        check_mapping(options.mapping, source.headers)
        parser = RowParser(source.headers, options.mapping, datum=options.datum)
        run = _Run(job, options)
        done, made = job.rows_done, job.created
        for batch in _batches(islice(source.rows, done, None)):
            rows = [parser.parse(number, cells) for number, cells in batch]
            made += run.batch(done, rows, made)
            done += len(rows)
        return source.headers


class _Run:
    """One worker's hold on a job."""

    def __init__(self, job: LeadImport, options: Options) -> None:
        self.job = job
        self.options = options
        self.planner = Planner(options, remember=False)
        self.entries: dict[int, Dictionary] = Dictionary.objects.in_bulk()
        self.people: dict[int, User] = User.objects.active().in_bulk()

    @transaction.atomic
    def batch(self, start: int, rows: list[ImportRow], made: int) -> int:
        """Write one batch; returns how many leads it made."""
        mine = LeadImport.objects.filter(
            pk=self.job.pk, state=ImportState.RUNNING, attempts=self.job.attempts, rows_done=start
        )
        # First of all, so that a second worker waits here and then finds the rows done.
        if not mine.update(rows_done=start + len(rows), heartbeat_at=timezone.now()):
            raise LostClaim
        outcomes = self.planner.plan(rows, made)
        self._create([outcome for outcome in outcomes if outcome.action is Action.CREATE])
        keep_failed(self.job, start, outcomes)
        counts = {action.value: sum(one.action is action for one in outcomes) for action in Action}
        LeadImport.objects.filter(pk=self.job.pk).update(
            **{name: F(name) + number for name, number in counts.items() if number}
        )
        return counts["created"]

    def _create(self, outcomes: list[Outcome]) -> None:
        """A line that is refused takes nothing with it; it fails with the reason."""
        lines = [self._line(outcome) for outcome in outcomes]
        for place, reason in import_leads(actor=self.options.actor, job=self.job, lines=lines).items():
            outcomes[place].action, outcomes[place].reason = Action.FAIL, reason

    def _line(self, outcome: Outcome) -> NewLead:
        row = outcome.row
        values: dict[str, Any] = {name: row.values[name] for name in _COPIED if name in row.values}
        return NewLead(
            name=row.values["name"],
            contact=row.contact,
            phones="、".join(raw for raw, _e164 in row.phones),
            owner=self.people.get(outcome.owner_id) if outcome.owner_id else None,
            fields=values | self._choices(row),
        )

    def _choices(self, row: ImportRow) -> dict[str, Dictionary]:
        found: dict[str, Dictionary] = {}
        for kind in _CHOICES:
            pk = row.values.get(f"{kind}_id")
            if pk is None and kind in row.choices:
                pk = self._new_choice(kind, row.choices[kind])
            if pk is None and kind == "region":
                pk = self.planner.book.region("", places(row))
            if pk is not None:
                found[kind] = self.entries[pk]
        return found

    def _new_choice(self, kind: str, name: str) -> int:
        choices = self.planner.references.choices
        key = (kind, fold_word(name))
        if key not in choices:
            entry, _made = Dictionary.objects.get_or_create(kind=kind, name=name)
            choices[key], self.entries[entry.pk] = entry.pk, entry
        return choices[key]
