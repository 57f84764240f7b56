"""What a batch of lines would do: create, skip or fail, and who would get each lead. Reads, writes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from crm.enums import AssignMode
from crm.models import LeadImport
from crm.queries import imports as import_queries
from crm.queries import lead_capture as queries
from crm.queries.duplicates import limits
from crm.queries.lead_imports import Key, known_keys
from crm.rules.duplicates import Fields, name_key
from crm.rules.import_rows import ImportRow, References, resolve


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
        # What is compared, and with whom: the company's options, as everywhere (§8).
        self.within = limits()
        # By hash: the texts of a large file would take ten times the memory.
        self._seen: dict[int, int] = {}

    def plan(self, rows: Sequence[ImportRow], turn: int) -> list[Outcome]:
        """Decide about each line in order. `turn` counts the leads made before: it says whose turn it is."""
        keys: dict[int, list[Key]] = {}
        for row in rows:
            resolve(row, self.references)
            if not row.errors:
                keys[row.number] = [] if self.options.duplicates_too else row_keys(row, self.within.fields)
        known = known_keys({key for some in keys.values() for key in some}, self.within)
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
        for key in keys:
            if reason := self._twin(key, known):
                return Outcome(Action.SKIP, row, reason)
        if self.within.leads:
            for key in keys:
                self._seen.setdefault(hash(key), row.number)
        return Outcome(Action.CREATE, row, owner_id=self._owner(row, turn))

    def _twin(self, key: Key, known: dict[Key, str]) -> str:
        if number := self._seen.get(hash(key)):
            return _IN_FILE[key[0]]() % {"row": number}
        if (whose := known.get(key)) is None:
            return ""
        if whose == "customer":
            return _CUSTOMER[key[0]]()
        return _LEAD[key[0]]() + (_(" It is in the recycle bin.") if whose == "bin" else "")

    def _owner(self, row: ImportRow, turn: int) -> int | None:
        if row.owner_id is not None:
            return row.owner_id
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


_IN_FILE = {
    "phone": lambda: _("Same phone as row %(row)s."),
    "tax_id": lambda: _("Same tax id as row %(row)s."),
    "name": lambda: _("Same name as row %(row)s."),
}
# Nobody is named: the check tells no importer whose customer that is.
_CUSTOMER = {
    "phone": lambda: _("A customer has this phone."),
    "tax_id": lambda: _("A customer has this tax id."),
    "name": lambda: _("A customer has this name."),
}
_LEAD = {
    "phone": lambda: _("A lead has this phone."),
    "tax_id": lambda: _("A lead has this tax id."),
    "name": lambda: _("A lead has this name."),
}


def row_keys(row: ImportRow, fields: Fields) -> list[Key]:
    """What makes two lines or records the same: an equal phone, tax id or normalised name, as far as `fields` go (§8)."""
    keys: list[Key] = []
    if fields.phone:
        keys += [("phone", e164) for _raw, e164 in row.phones if e164]
    if fields.tax_id and (tax_id := row.values.get("tax_id", "")):
        keys.append(("tax_id", tax_id))
    if fields.name and (name := name_key(row.values["name"])):
        keys.append(("name", name))
    return keys


def places(row: ImportRow) -> list[str]:
    """The line's place from the wide to the narrow."""
    return [row.values.get(name, "") for name in ("province", "city", "district", "address")]
