"""The only writers of targets (G8)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Department, User
from accounts.queries import scope_department_ids
from accounts.querysets import scope_user_ids
from crm.services.audit import log_changes, log_deletions, text
from sales.enums import TargetMeasure
from sales.models import ProductCategory, Target
from sales.queries.actuals import ZERO, Actual, actuals
from sales.queries.targets import COMPANY, Measure, Subject, key_of, subjects, values_of
from sales.rules import targets as rules

YEARS = range(2000, 2101)
MAX_PERCENT = Decimal(1000)


@dataclass(frozen=True, slots=True)
class Cell:
    """The target of one subject ("company", "d12", "r34") in one month; None takes it away."""

    key: str
    month: int
    value: Decimal | None


def parse_cell(key: str, month: int, typed: str, measure: Measure) -> Cell:
    """A cell from what was typed; ValidationError says what is wrong with it."""
    if month not in rules.MONTHS:
        raise ValidationError(_("There is no such month."))
    try:
        return Cell(key, month, rules.parse_value(typed, measure.name))
    except rules.BadValue as error:
        raise ValidationError(value_problem(error.code) % {"text": typed[:30]}) from error


def value_problem(code: str) -> str:
    problems = {
        "number": _("“%(text)s” is not a number."),
        "negative": _("“%(text)s”: a target is not negative."),
        "fraction": _("“%(text)s”: this is counted in whole numbers."),
        "large": _("“%(text)s” is too large."),
    }
    return problems[code]


def set_targets(*, actor: User, measure: Measure, year: int, cells: Sequence[Cell]) -> int:
    """Write the cells, all or none; answers how many differ from what stood there.

    Raises ValidationError for a measure, year or number that cannot be, PermissionDenied for a subject that is not
    the actor's to set: reps in his data scope, departments whose people are all in it, the company only with the
    scope "all". What two people write at once into one cell is what the later wrote.
    """
    check_measure(measure)
    check_year(year)
    check_subjects(actor=actor, keys={cell.key for cell in cells})
    wanted = {(cell.key, cell.month): cell.value for cell in cells}
    for value in wanted.values():
        if value is not None and not ZERO <= value <= rules.MAX_VALUE:
            raise ValidationError(_("A target lies between 0 and 99,999,999,999.99."))
    try:
        return _write(actor, measure, year, wanted)
    except IntegrityError:  # somebody else has just made the same cell: now it is there
        return _write(actor, measure, year, wanted)


@transaction.atomic
def _write(actor: User, measure: Measure, year: int, wanted: dict[tuple[str, int], Decimal | None]) -> int:
    rows = Target.objects.select_for_update().filter(
        _subject_q(key for key, _month in wanted),
        year=year,
        measure=measure.name,
        category_id=measure.category_id,
    )
    there = {(key_of(row.department_id, row.rep_id), row.month): row for row in rows}
    changed, new, gone, log = [], [], [], []
    now = timezone.now()
    for (key, month), value in wanted.items():
        row = there.get((key, month))
        if row is None and value is not None:
            new.append(_target(actor, measure, year, key, month, value))
        elif row is not None and value is None:
            gone.append(row)
        elif row is not None and value is not None and row.value != value:
            log.append((row, {"value": [text(row.value), text(value)]}))
            row.value, row.updated_by, row.updated_at = value, actor, now
            changed.append(row)
    Target.objects.bulk_create(new, batch_size=500)
    Target.objects.bulk_update(changed, ["value", "updated_by", "updated_at"], batch_size=200)
    log += [(row, {"value": ["None", text(row.value)]}) for row in new]
    log_changes(actor=actor, changes=log)
    log_deletions(actor=actor, rows=gone)
    Target.objects.filter(pk__in=[row.pk for row in gone]).delete()
    return len(changed) + len(new) + len(gone)


def _target(actor: User, measure: Measure, year: int, key: str, month: int, value: Decimal) -> Target:
    pk = int(key[1:]) if key != COMPANY else None
    return Target(
        year=year,
        month=month,
        measure=measure.name,
        category_id=measure.category_id,
        department_id=pk if key[0] == "d" else None,
        rep_id=pk if key[0] == "r" else None,
        value=value,
        updated_by=actor,
    )


def _subject_q(keys: Iterable[str]) -> Q:
    departments, reps, company = _split(set(keys))
    condition = Q(department_id__in=departments) | Q(rep_id__in=reps)
    return condition | Q(department__isnull=True, rep__isnull=True) if company else condition


def _split(keys: Collection[str]) -> tuple[set[int], set[int], bool]:
    """(departments, reps, whether the company is among them); ValidationError for a key that names nobody."""
    found: dict[str, set[int]] = {"d": set(), "r": set()}
    for key in keys:
        if key == COMPANY:
            continue
        if key[:1] not in found or not key[1:].isascii() or not key[1:].isdecimal() or len(key) > 19:
            raise ValidationError(_("Nobody is called “%(key)s”.") % {"key": key[:30]})
        found[key[0]].add(int(key[1:]))
    return found["d"], found["r"], COMPANY in keys


# --- who may, and what there is
def check_subjects(*, actor: User, keys: Collection[str]) -> None:
    """PermissionDenied unless all of these targets are the actor's to set."""
    departments, reps, company = _split(keys)
    scope, people = scope_department_ids(actor), scope_user_ids(actor)
    if not actor.has_perm("sales.change_target"):
        raise PermissionDenied
    if company and scope is not None:
        raise PermissionDenied
    if (scope is not None and not departments <= scope) or (people is not None and not reps <= people):
        raise PermissionDenied
    if Department.objects.filter(pk__in=departments).count() < len(departments):
        raise PermissionDenied
    if User.objects.filter(pk__in=reps).count() < len(reps):
        raise PermissionDenied


def check_measure(measure: Measure) -> None:
    """ValidationError unless it is a measure, with a category that exists exactly when it needs one."""
    if measure.name not in TargetMeasure.values:
        raise ValidationError(_("There is no such measure."))
    needs = measure.name == TargetMeasure.CATEGORY_AMOUNT
    if needs != (measure.category_id is not None):
        raise ValidationError(_("Choose the category."))
    if needs and not ProductCategory.objects.filter(pk=measure.category_id or 0).exists():
        raise ValidationError(_("This category does not exist any more."))


def check_year(year: int) -> None:
    if year not in YEARS:
        raise ValidationError(_("The year lies between 2000 and 2100."))


# --- a year at once
def spread_year(
    *, actor: User, measure: Measure, year: int, key: str, total: Decimal, by_last_year: bool
) -> int:
    """Spread a year's target of one subject over its months, evenly or in the shape of its last year.

    The shape is last year's actuals, where there are none its targets; ValidationError where there is neither.
    """
    check_measure(measure)
    weights = [Decimal(1)] * 12
    if by_last_year:
        weights = _shape(actor, measure, year - 1, key)
    try:
        parts = rules.spread(total, weights, measure.name)
    except ValueError as error:
        raise ValidationError(_("There is nothing last year to take the shape of.")) from error
    cells = [Cell(key, month, value) for month, value in zip(rules.MONTHS, parts, strict=True)]
    return set_targets(actor=actor, measure=measure, year=year, cells=cells)


def _shape(actor: User, measure: Measure, year: int, key: str) -> list[Decimal]:
    check_subjects(actor=actor, keys={key})
    subject = next((s for s in subjects(actor, {key}) if s.key == key), None)
    if subject is None:
        raise ValidationError(_("There is nothing last year to take the shape of."))
    months = _months_of(subject, _last_year(measure, year))
    if not any(value > 0 for value in months):
        values = values_of(measure, year)
        months = [values.get((key, month), ZERO) for month in rules.MONTHS]
    return months


def copy_last_year(
    *,
    actor: User,
    measure: Measure,
    year: int,
    percent: Decimal,
    from_actuals: bool,
    keep: bool,
    under: str = "",
) -> int:
    """Take over last year's targets (or what was reached), `percent` more or less, for everybody the actor may set.

    `under`: only this subject and those below it. `keep`: months that have a target already keep it. A month without
    anything last year stays as it is. Answers how many cells changed.
    """
    check_measure(measure)
    check_year(year)
    if abs(percent) > MAX_PERCENT:
        raise ValidationError(_("That is more than a thousand per cent."))
    old, now = values_of(measure, year - 1), values_of(measure, year)
    found = _last_year(measure, year - 1) if from_actuals else []
    cells = []
    for subject in _branch(subjects(actor, {key for key, _month in old}), under):
        if from_actuals:
            months = [value or None for value in _months_of(subject, found)]
        else:
            months = [old.get((subject.key, month)) for month in rules.MONTHS]
        for month, value in zip(rules.MONTHS, months, strict=True):
            if value is None or value < 0 or (keep and (subject.key, month) in now):
                continue
            cells.append(Cell(subject.key, month, rules.grow(value, percent, measure.name)))
    return set_targets(actor=actor, measure=measure, year=year, cells=cells) if cells else 0


def _branch(found: list[Subject], under: str) -> list[Subject]:
    if not under:
        return found
    keys = {under}
    for subject in found:  # a parent stands before its children
        if subject.parent in keys:
            keys.add(subject.key)
    return [subject for subject in found if subject.key in keys]


def _last_year(measure: Measure, year: int) -> list[Actual]:
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    return actuals(measure.name, first, last, category_id=measure.category_id)


def _months_of(subject: Subject, found: Iterable[Actual]) -> list[Decimal]:
    months = [ZERO] * 12
    for actual in found:
        if subject.people is None or actual.rep_id in subject.people:
            months[actual.month.month - 1] += actual.value
    return months
