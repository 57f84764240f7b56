"""What a batch of lines would do: create, update, skip or fail. Reads the database, writes nothing."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from accounts.models import User
from crm.enums import OnDuplicate
from crm.queries.duplicate_batches import SAME_NAME, Known, Libraries, Library, known_in
from crm.queries.duplicates import Limits
from crm.rules.import_batches import Asked, Batch, asked_by
from crm.rules.import_matches import (
    Action,
    Key,
    Match,
    Place,
    decide,
    row_keys,
    same_name_warning,
    same_place,
)
from crm.rules.import_rows import ImportRow, References, merge, resolve


@dataclass(slots=True)
class Outcome:
    """One line and what becomes of it; `reason` says why it is skipped or fails.

    `into` is the row that is written for it: its own, or that of the earlier line of the batch it is merged into.
    """

    action: Action
    row: ImportRow
    reason: str = ""
    into: ImportRow | None = None


@dataclass(slots=True)
class Plan:
    """A batch. `created` holds one row a new customer, `updated` one a customer id; several lines may be merged.

    What can be known ahead of the writing: `keys` are reserved for `created`, and `capped` says whether one of those
    who receive customers has a cap.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    created: list[ImportRow] = field(default_factory=list)
    updated: dict[int, ImportRow] = field(default_factory=dict)
    keys: list[int] | None = None
    capped: bool = True

    def counts(self) -> Counter[Action]:
        """How many lines each action takes."""
        return Counter(outcome.action for outcome in self.outcomes)

    def refuse(self, refused: dict[int, str]) -> None:
        """Let the lines behind these rows fail: {id() of a row of `created` or `updated`: why}."""
        if not refused:
            return
        for outcome in self.outcomes:
            if outcome.into is not None and (reason := refused.get(id(outcome.into))):
                outcome.action, outcome.reason = Action.FAIL, reason
        if self.keys is not None:
            self.keys = [
                pk for pk, row in zip(self.keys, self.created, strict=True) if id(row) not in refused
            ]
        self.created = [row for row in self.created if id(row) not in refused]


@dataclass(slots=True)
class _Seen:
    """A customer this file has brought or changed: by which line, and where to merge a further line."""

    number: int
    row: ImportRow | None
    pk: int | None


class Planner:
    """Plans the lines of one file, batch by batch.

    With `remember` (the dry run) it keeps in mind what earlier batches would have brought, some 100 bytes a key;
    without it the database already holds that. `owner_id` is the owner of lines that name none; `within` says what is
    compared and with whom. The file's own lines become customers and are compared where customers are.
    """

    def __init__(
        self,
        *,
        actor: User | None,
        policy: OnDuplicate,
        references: References,
        within: Limits,
        owner_id: int | None = None,
        remember: bool = False,
    ) -> None:
        self.actor = actor
        self.policy = policy
        self.references = references
        self.within = within
        self.owner_id = owner_id
        self.remember = remember
        # By hash: the texts of a large file would take ten times the memory.
        self._seen: dict[int, _Seen] = {}
        self._fresh: list[_Seen] = []
        self._names: dict[int, list[tuple[_Seen, Place]]] = {}

    def prepared(self, rows: list[ImportRow]) -> Batch:
        """A batch of rows that are parsed and no more; crm.rules.import_lines does the same ahead of an import."""
        for row in rows:
            resolve(row, self.references)
            if not row.errors:
                row.keys = list(row_keys(row, self.within.fields))
        return Batch(rows, asked_by(rows))

    def plan(self, batch: Batch) -> Plan:
        """Decide about each line in order; a later line may hit an earlier one."""
        asked = batch.asked
        known = known_in(asked.values, asked.names, self.actor, self.within)
        plan = Plan()
        for row in batch.rows:
            if row.errors:
                outcome = Outcome(Action.FAIL, row, " ".join(row.errors))
            elif self._stands_alone(row, asked, known):
                outcome = self._create(row, plan)
            else:
                outcome = self._decide(row, row.keys or [], known, plan)
            plan.outcomes.append(outcome)
        # A line may be merged into another only within its batch; letting go keeps memory flat.
        for seen in self._fresh:
            seen.row = None
        self._fresh.clear()
        if not self.remember:
            self._seen.clear()
            self._names.clear()
        return plan

    def forget(self, plan: Plan) -> None:
        """Let new customers that were refused after planning not stand in the way of later lines."""
        for outcome in plan.outcomes:
            row = outcome.row
            if outcome.action is not Action.FAIL or outcome.into is None:
                continue
            for key in row.keys or ():
                if (seen := self._seen.get(hash(key))) is not None and seen.number == row.number:
                    del self._seen[hash(key)]
            if same := self._names.get(hash(row.name_key)):
                same[:] = [one for one in same if one[0].number != row.number]

    def _stands_alone(self, row: ImportRow, asked: Asked, known: Libraries) -> bool:
        """Whether nothing we have and no other line of the batch shares a key or the name: most lines, so asked first."""
        return not (
            self.remember
            or row.name_key in asked.repeated_names
            or not asked.repeated.isdisjoint(row.keys or ())
            or known.customers.touches(row.keys or (), row.name_key)
            or known.leads.touches(row.keys or (), row.name_key)
        )

    def _create(self, row: ImportRow, plan: Plan) -> Outcome:
        if not self._give_owner(row):
            return Outcome(Action.FAIL, row, " ".join(row.errors))
        plan.created.append(row)
        return Outcome(Action.CREATE, row, "", row)

    def _decide(self, row: ImportRow, keys: list[Key], libraries: Libraries, plan: Plan) -> Outcome:
        match, seen, known = self._find(row, keys, libraries)
        decision = decide(match, self.policy)
        if decision.warning:
            row.warnings.append(decision.warning)
        if decision.action is Action.UPDATE:
            into = self._update(row, seen, known, plan)
            self._note(row, keys, known)
            return Outcome(Action.UPDATE, row, decision.reason, into)
        if decision.action is not Action.CREATE:
            return Outcome(decision.action, row, decision.reason)
        outcome = self._create(row, plan)
        if outcome.action is Action.CREATE:
            if match is None or match.by != "name":
                self._remark_same_name(row, libraries.customers)
            self._note(row, keys, None)
        return outcome

    def _note(self, row: ImportRow, keys: list[Key], updated: Known | None) -> None:
        """Keep in mind that this line has brought a customer, or says more of one we have."""
        note = _Seen(row.number, row if updated is None else None, updated.pk if updated else None)
        self._fresh.append(note)
        for key in keys:
            if self.within.customers or key[0] == "code":
                self._seen.setdefault(hash(key), note)
        if row.name_key and self.within.customers:
            same = self._names.setdefault(hash(row.name_key), [])
            if len(same) < SAME_NAME:
                same.append((note, row.place))

    def _find(
        self, row: ImportRow, keys: Iterable[Key], libraries: Libraries
    ) -> tuple[Match | None, _Seen | None, Known | None]:
        """What the line hits: customers we have and lines before it first, then leads; each by its surest key."""
        by_key = libraries.customers.by_key
        for key in keys:
            if by_key and (known := by_key.get(key)) is not None:
                return _match(key[0], known), None, known
            if (seen := self._seen.get(hash(key))) is not None:
                return Match(key[0], "", "", number=seen.number), seen, None
        if row.name_key:
            if (known := _at_its_place(row, libraries.customers)) is not None:
                return _match("name", known), None, known
            for seen, at in self._names.get(hash(row.name_key), ()):
                if same_place(row.place, at):
                    return Match("name", "", "", number=seen.number), seen, None
        if not libraries.leads.by_key and not libraries.leads.by_name:
            return None, None, None
        for key in keys:
            if (known := libraries.leads.by_key.get(key)) is not None:
                return _match(key[0], known), None, known
        if row.name_key and (known := _at_its_place(row, libraries.leads)) is not None:
            return _match("name", known), None, known
        return None, None, None

    def _give_owner(self, row: ImportRow) -> bool:
        row.owner_id = row.owner_id or self.owner_id
        if row.owner_id is not None:
            return True
        if self.references.mine is None:
            return True
        row.errors.append(
            _("No owner: you would not see this customer yourself. Name one or choose one for all.")
        )
        return False

    def _remark_same_name(self, row: ImportRow, customers: Library) -> None:
        if not row.name_key:
            return
        same, before = customers.by_name.get(row.name_key), self._names.get(hash(row.name_key))
        if same or before:
            code = same[0][0].code if same and same[0][0].within_reach else "–"
            row.warnings.append(same_name_warning(before[0][0].number if before else None, code))

    def _update(
        self, row: ImportRow, seen: _Seen | None, known: Known | None, plan: Plan
    ) -> ImportRow | None:
        pk = known.pk if known is not None else seen.pk if seen is not None else None
        if pk is not None:
            if pk in plan.updated:
                merge(plan.updated[pk], row)
            else:
                plan.updated[pk] = row
            return plan.updated[pk]
        if seen is not None and seen.row is not None:
            merge(seen.row, row)
            return seen.row
        return None


def _match(by: str, known: Known) -> Match:
    return Match(
        by,
        known.name,
        known.code,
        within_reach=known.within_reach,
        is_lead=known.is_lead,
        in_bin=known.in_bin,
    )


def _at_its_place(row: ImportRow, library: Library) -> Known | None:
    same = library.by_name.get(row.name_key)
    return next((known for known, at in same if same_place(row.place, at)), None) if same else None
