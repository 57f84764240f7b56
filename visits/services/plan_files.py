"""Visit plans and tasks from a workbook: checked without writing, then made in one go."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common.sheets import SheetError, read_rows, write_workbook
from crm.models import Customer
from visits.enums import Rhythm, TaskSource
from visits.queries import reps_for
from visits.queries.plans import unseen_pairs
from visits.rules import plan_rows as rules
from visits.rules.drafts import KEEP
from visits.rules.plans import write_days
from visits.services.drafts import create_drafts
from visits.services.plans import PlanTerms, save_plans

MAX_ROWS = 5000
_NO_LIMIT = 10_000  # the file names the days; nothing is moved


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A good line: a task on `date`, or a plan on `weekdays` ("1,4") or `frequency` times in 28 days."""

    row: int
    rep_id: int
    customer_id: int
    date: dt.date | None
    weekdays: str
    frequency: int | None
    note: str


@dataclass(frozen=True, slots=True)
class LineProblem:
    row: int
    name: str
    text: str


@dataclass(slots=True)
class PlanFile:
    """What a file says, checked. `rows` counts all of them."""

    rows: int = 0
    lines: list[PlanLine] = field(default_factory=list)
    problems: list[LineProblem] = field(default_factory=list)

    @property
    def tasks(self) -> int:
        return sum(line.date is not None for line in self.lines)

    @property
    def plans(self) -> int:
        return len(self.lines) - self.tasks


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """Tasks made and there already; plans made, changed and as they were; tasks of these plans."""

    tasks: int
    existing: int
    plans: int
    changed: int
    same: int
    plan_tasks: int


def write_template(fileobj: IO[bytes], *, actor: User, today: dt.date) -> None:
    """A workbook with the columns and two lines of example; his first customer where he has one."""
    customer = Customer.objects.visible_to(actor).active().select_related("owner").order_by("pk").first()
    code, name = (customer.code, customer.name) if customer else ("C000001", "")
    rep = customer.owner.username if customer and customer.owner else actor.username
    heads = ["客户编码", "客户名称", "业务员", "日期", "周几", "频率", "备注"]
    rows: list[list[Any]] = [
        [code, name, rep, today + dt.timedelta(days=1), "", "", ""],
        [code, name, rep, "", "周一、周四", "", ""],
    ]
    write_workbook(fileobj, heads, rows, title=_("Visit plans"))


def read_plan(*, actor: User, path: Path, name: str, today: dt.date) -> PlanFile:
    """Check a file without writing. Raises ValidationError when it cannot be read or lacks a column."""
    try:
        sheet = read_rows(path, name)
        columns = rules.find_columns(sheet.headers)
        rows = []
        for row in sheet.rows:
            rows.append((row.number, {key: row.cells[position] for key, position in columns.items()}))
            if len(rows) > MAX_ROWS:
                raise ValidationError(_("The file has more than %(n)s rows.") % {"n": f"{MAX_ROWS:,}"})
    except SheetError as error:
        raise ValidationError(str(error)) from error
    reader = _Reader(actor, rows, today)
    for number, cells in rows:
        reader.take(number, cells)
    return reader.found


class _Reader:
    """Turns lines into plans and tasks, knowing the customers and reps they name."""

    def __init__(self, actor: User, rows: list[tuple[int, dict[str, str]]], today: dt.date) -> None:
        self.found, self.today = PlanFile(), today
        mine = Customer.objects.visible_to(actor).active().only("pk", "code", "name", "owner_id")
        codes = {cells.get("code", "").strip() for _number, cells in rows} - {""}
        names = {cells.get("name", "").strip() for _number, cells in rows} - {""}
        self.by_code = {customer.code: customer for customer in mine.filter(code__in=codes)}
        self.by_name: dict[str, list[Customer]] = defaultdict(list)
        for customer in mine.filter(name__in=names):
            self.by_name[customer.name].append(customer)
        reps = list(reps_for(user=actor).select_related("role"))
        self.reps = {rep.pk: rep for rep in reps}
        self.by_username = {rep.username.lower(): rep for rep in reps}
        self.by_rep_name: dict[str, list[User]] = defaultdict(list)
        for rep in reps:
            self.by_rep_name[rep.name].append(rep)
        known = {
            c.pk: c for c in [*self.by_code.values(), *(c for found in self.by_name.values() for c in found)]
        }
        self.unseen = unseen_pairs(reps, known.values())
        self.seen: dict[tuple[int, int, dt.date | None], int] = {}

    def take(self, number: int, cells: dict[str, str]) -> None:
        self.found.rows += 1
        name = cells.get("name", "").strip() or cells.get("code", "").strip()
        try:
            line = self._line(number, cells)
        except ValidationError as error:
            self.found.problems.append(LineProblem(number, name, " ".join(error.messages)))
        else:
            self.found.lines.append(line)

    def _line(self, number: int, cells: dict[str, str]) -> PlanLine:
        customer = self._customer(cells)
        rep = self._rep(cells.get("rep", "").strip(), customer)
        if (rep.pk, customer.pk) in self.unseen:
            raise ValidationError(
                _("%(rep)s does not see %(customer)s and could not check in there.")
                % {"rep": rep.name, "customer": customer.name}
            )
        way = rules.one_way(cells)
        date = rules.read_date(cells["date"], self.today) if way == "date" else None
        first = self.seen.setdefault((rep.pk, customer.pk, date), number)
        if first != number:
            raise ValidationError(_("The same stands in row %(row)s already.") % {"row": first})
        return PlanLine(
            row=number,
            rep_id=rep.pk,
            customer_id=customer.pk,
            date=date,
            weekdays=write_days(rules.read_weekdays(cells["weekdays"])) if way == "weekdays" else "",
            frequency=rules.read_frequency(cells["frequency"]) if way == "frequency" else None,
            note=cells.get("note", "").strip()[:200],
        )

    def _customer(self, cells: dict[str, str]) -> Customer:
        code, name = cells.get("code", "").strip(), cells.get("name", "").strip()
        if code:
            if code not in self.by_code:
                raise ValidationError(
                    _("You have no customer with the code “%(text)s”.") % {"text": code[:30]}
                )
            return self.by_code[code]
        same = self.by_name.get(name, [])
        if len(same) > 1:
            raise ValidationError(_("Several are called “%(text)s”: write the code.") % {"text": name[:30]})
        if not same:
            raise ValidationError(_("You have no customer called “%(text)s”.") % {"text": name[:30]})
        return same[0]

    def _rep(self, typed: str, customer: Customer) -> User:
        if not typed:
            if customer.owner_id not in self.reps:
                raise ValidationError(_("Write who goes: the customer has no rep of yours."))
            return self.reps[customer.owner_id]
        if found := self.by_username.get(typed.lower()):
            return found
        same = self.by_rep_name.get(typed, [])
        if len(same) > 1:
            raise ValidationError(
                _("Several are called “%(text)s”: write the user name.") % {"text": typed[:30]}
            )
        if not same:
            raise ValidationError(_("You cannot plan visits for “%(text)s”.") % {"text": typed[:30]})
        return same[0]


@transaction.atomic
def import_plan(*, actor: User, lines: Iterable[PlanLine], today: dt.date) -> FileOutcome:
    """Make what `read_plan` found, all or none. Days that the file names are kept, whatever stands against them."""
    groups: dict[str, list[PlanLine]] = defaultdict(list)
    terms: dict[PlanTerms, list[tuple[int, int]]] = defaultdict(list)
    for line in lines:
        if line.date is not None:
            groups[line.note].append(line)
        else:
            rhythm = Rhythm.WEEKDAYS if line.weekdays else Rhythm.CYCLE
            wanted = PlanTerms(
                today, rhythm, weekdays=line.weekdays, frequency=line.frequency, note=line.note
            )
            terms[wanted].append((line.rep_id, line.customer_id))
    made = existing = 0
    for note, group in groups.items():
        wanted_tasks = [(line.rep_id, line.customer_id, line.date) for line in group if line.date]
        result = create_drafts(
            actor=actor,
            wanted=wanted_tasks,
            chosen=dict.fromkeys(wanted_tasks, KEEP),
            limit=_NO_LIMIT,
            note=note,
            source=TaskSource.UPLOAD,
            today=today,
        )
        made, existing = made + result.created, existing + result.existing
    results = [save_plans(actor=actor, pairs=pairs, terms=key, today=today) for key, pairs in terms.items()]
    return FileOutcome(
        tasks=made,
        existing=existing,
        plans=sum(result.created for result in results),
        changed=sum(result.changed for result in results),
        same=sum(result.same for result in results),
        plan_tasks=sum(result.tasks_made for result in results),
    )


# --- between the dry run and the import
def packed(lines: Iterable[PlanLine]) -> list[list[Any]]:
    """Lines as plain values, for a signed field of the page."""
    return [
        [
            *(line.row, line.rep_id, line.customer_id, line.date and line.date.isoformat()),
            *(line.weekdays, line.frequency, line.note),
        ]
        for line in lines
    ]


def unpacked(values: Iterable[list[Any]]) -> list[PlanLine]:
    return [
        PlanLine(row, rep, customer, dt.date.fromisoformat(day) if day else None, weekdays, frequency, note)
        for row, rep, customer, day, weekdays, frequency, note in values
    ]
