"""The dry run: what an import would do, without writing anything."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from accounts.models import User
from crm.enums import OnDuplicate
from crm.queries import imports as queries
from crm.queries.duplicates import limits
from crm.rules.import_columns import check_mapping
from crm.rules.import_matches import Action
from crm.rules.import_rows import RowParser
from crm.services.imports.foresee import Rooms
from crm.services.imports.plan import Outcome, Plan, Planner
from crm.services.imports.similar import Similar
from crm.services.imports.source import left_out, open_source, own_code_number

BATCH_ROWS = 2000
_SHOWN = 50
# From what becomes of a line to the tab it is shown under, which is also the counter's name.
TABS = {Action.CREATE: "created", Action.UPDATE: "updated", Action.SKIP: "skipped", Action.FAIL: "failed"}
Progress = Callable[[int, int], None]
T = TypeVar("T")


@dataclass(frozen=True)
class Options:
    """How a file is to be read; `actor` None is the command line and may do everything."""

    mapping: dict[str, str]
    actor: User | None = None
    datum: str = "wgs84"
    on_duplicate: OnDuplicate = OnDuplicate.SKIP
    create_choices: bool = False
    keep_extra: bool = False
    owner_id: int | None = None


@dataclass
class Tally:
    """Counts and the first lines of each tab."""

    rows: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*TABS.values(), "warnings"), 0))
    shown: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, plan: Plan) -> None:
        self.rows += len(plan.outcomes)
        for outcome in plan.outcomes:
            tab = TABS[outcome.action]
            self.counts[tab] += 1
            self._show(tab, outcome, outcome.reason)
            if outcome.row.warnings and outcome.action in (Action.CREATE, Action.UPDATE):
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
                "code": row.values.get("code", ""),
                "name": row.values.get("name", ""),
                "phone": "、".join(raw for raw, _e164 in row.phones),
                "address": "".join(
                    row.values.get(p, "") for p in ("province", "city", "district", "address")
                ),
                "reason": reason,
            }
        )


def batches(rows: Iterator[T], size: int) -> Iterator[list[T]]:
    """Lists of up to `size` items."""
    while batch := list(islice(rows, size)):
        yield batch


def check_file(
    path: Path, file_name: str, options: Options, progress: Progress | None = None, *, measured: bool = False
) -> dict[str, Any]:
    """{rows, counts, shown, ignored, new_choices, unknown_choices, own_code, similar_complete}: what the import would do now.

    `measured`: it is a file of ours that was opened at its upload, see common.sheets. Raises ValidationError for a
    file or a mapping that cannot work.
    """
    source = open_source(path, file_name, measured=measured)
    check_mapping(options.mapping, source.headers)
    parser = RowParser(source.headers, options.mapping, datum=options.datum, keep_extra=options.keep_extra)
    references = queries.references(actor=options.actor, create_choices=options.create_choices)
    planner = Planner(
        actor=options.actor,
        policy=options.on_duplicate,
        references=references,
        within=limits(),
        owner_id=options.owner_id,
        remember=True,
    )
    rooms, similar = Rooms(options.actor), Similar(options.actor, planner.within)
    tally, own_code = Tally(), 0
    for batch in batches(source.rows, BATCH_ROWS):
        rows = [parser.parse(number, cells) for number, cells in batch]
        plan = planner.plan(planner.prepared(rows))
        if rooms.refuse(plan):
            planner.forget(plan)
        similar.remark(plan.created)
        tally.add(plan)
        own_code = max(own_code, *(own_code_number(row.values.get("code", "")) for row in rows))
        if progress:
            progress(tally.rows, max(source.line_count, tally.rows))
    return {
        "rows": tally.rows,
        "counts": tally.counts,
        "shown": tally.shown,
        "ignored": left_out(options.mapping, source.headers),
        "new_choices": references.new_choices(),
        "unknown_choices": references.unknown_choices(),
        "own_code": own_code,
        "similar_complete": similar.complete,
    }
