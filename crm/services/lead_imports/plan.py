"""What a batch of lines would do: create, skip or fail, and who would get each lead. Reads, writes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from common.names import normalise_name
from crm.enums import AssignMode
from crm.models import LeadImport
from crm.queries import imports as import_queries
from crm.queries import lead_capture as queries
from crm.queries.lead_imports import known_keys
from crm.rules.import_rows import ImportRow, References, resolve

Key = tuple[str, str]  # ("phone", E.164) or ("name", normalised name)


class Action(Enum):
    CREATE = "created"
    SKIP = "skipped"
    FAIL = "failed"


@dataclass(slots=True)
class Outcome:
    """One line and what becomes of it; `reason` says why it is skipped or fails."""

    action: Action
    row: ImportRow
    reason: str = ""
    owner_id: int | None = None


@dataclass(frozen=True)
class Options:
    """How a file is to be read and whose its leads become; see LeadImport.options."""

    mapping: dict[str, str]
    actor: User
    mode: AssignMode
    people: list[int] = field(default_factory=list)
    datum: str = "wgs84"
    create_choices: bool = False
    duplicates_too: bool = False


def options_of(job: LeadImport) -> Options:
    """What the job's row says."""
    said: dict[str, Any] = job.options
    return Options(
        mapping=dict(job.mapping),
        actor=job.created_by,
        mode=AssignMode(job.assign_mode),
        people=queries.active_assignees(job),
        datum=said.get("datum", "wgs84"),
        create_choices=bool(said.get("create_choices")),
        duplicates_too=bool(said.get("duplicates_too")),
    )


class Planner:
    """Plans the lines of one file, batch by batch.

    With `remember` (the dry run) it keeps in mind what earlier batches would have brought; without it the database
    already holds that.
    """

    def __init__(self, options: Options, *, remember: bool) -> None:
        self.options = options
        self.remember = remember
        self.references: References = import_queries.references(
            actor=options.actor, create_choices=options.create_choices
        )
        self.book = queries.region_book()
        # By hash: the texts of a large file would take ten times the memory.
        self._seen: dict[int, int] = {}

    def plan(self, rows: Sequence[ImportRow], turn: int) -> list[Outcome]:
        """Decide about each line in order. `turn` counts the leads made before: it says whose turn it is."""
        keys: dict[int, list[Key]] = {}
        for row in rows:
            if not row.errors:
                resolve(row, self.references)
            if not row.errors:
                keys[row.number] = list(row_keys(row))
        known = (
            {} if self.options.duplicates_too else known_keys({key for some in keys.values() for key in some})
        )
        outcomes = []
        for row in rows:
            outcome = self._decide(row, keys.get(row.number, ()), known, turn)
            turn += outcome.action is Action.CREATE
            outcomes.append(outcome)
        if not self.remember:
            self._seen.clear()
        return outcomes

    def _decide(self, row: ImportRow, keys: Iterable[Key], known: dict[Key, str], turn: int) -> Outcome:
        if row.errors:
            return Outcome(Action.FAIL, row, " ".join(_in_lead_words(row.errors)))
        if not self.options.duplicates_too:
            for key in keys:
                if reason := self._twin(key, known):
                    return Outcome(Action.SKIP, row, reason)
        for key in keys:
            self._seen.setdefault(hash(key), row.number)
        return Outcome(Action.CREATE, row, owner_id=self._owner(row, turn))

    def _twin(self, key: Key, known: dict[Key, str]) -> str:
        by_phone = key[0] == "phone"
        if number := self._seen.get(hash(key)):
            text = _("Same phone as row %(row)s.") if by_phone else _("Same name as row %(row)s.")
            return text % {"row": number}
        if (kind := known.get(key)) is None:
            return ""
        if kind == "customer":
            return _("A customer has this phone.") if by_phone else _("A customer has this name.")
        return _("A lead has this phone.") if by_phone else _("A lead has this name.")

    def _owner(self, row: ImportRow, turn: int) -> int | None:
        if "owner_id" in row.values:
            owner_id: int = row.values["owner_id"]
            return owner_id
        if self.options.mode == AssignMode.EVENLY and self.options.people:
            return self.options.people[turn % len(self.options.people)]
        if self.options.mode == AssignMode.REGION:
            return self._reachable(self.book.person(row.choices.get("region", ""), places(row), turn))
        return None

    def _reachable(self, owner_id: int | None) -> int | None:
        """Somebody of another department may stand for the region; his leads go to the pool, not to him."""
        mine = self.references.mine
        return owner_id if mine is None or owner_id in mine else None


def _in_lead_words(errors: list[str]) -> list[str]:
    """The reader of lines speaks of customers."""
    customer, lead = _("The customer name is missing."), _("The lead name is missing.")
    return [lead if error == customer else error for error in errors]


def row_keys(row: ImportRow) -> Iterable[Key]:
    """What makes two lines or records the same: an equal phone, else an equal normalised name (§8)."""
    for _raw, e164 in row.phones:
        if e164:
            yield "phone", e164
    if name := normalise_name(row.values["name"])[:120]:
        yield "name", name


def places(row: ImportRow) -> list[str]:
    """The line's place from the wide to the narrow."""
    return [row.values.get(name, "") for name in ("province", "city", "district", "address")]
