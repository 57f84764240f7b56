"""Targets as a workbook: out, filled in by people, and in again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from common.sheets import SheetError, read_rows, write_workbook
from sales.enums import TargetMeasure
from sales.models import ProductCategory
from sales.queries.targets import GridRow, Measure, Subject, categories, grid, subjects, values_of
from sales.rules import targets as rules
from sales.services.targets import Cell, check_year, parse_cell, set_targets

MAX_ROWS = 20_000
_ENGLISH = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
    *("november", "december"),
)
MONTH_HEADS = {
    name: month
    for month, english in enumerate(_ENGLISH, start=1)
    for name in (f"{month}月", str(month), f"month {month}", english, english[:3])
}
HEADS = {
    "code": ("编号", "编码", "code"),
    "name": ("名称", "姓名", "name"),
    "username": ("账号", "用户名", "username", "user name"),
    "year": ("年份", "年", "年度", "year"),
    "measure": ("指标", "measure"),
    "category": ("品类", "分类", "类别", "商品分类", "category"),
}


# --- out
def write_targets(fileobj: IO[bytes], *, actor: User, measures: Sequence[Measure], year: int) -> int:
    """The grids of some measures in one sheet, a row for each subject; answers the number of rows."""
    names = {category.pk: category.name for category in categories()}
    rows = [_line(row, measure, year, names) for measure in measures for row in grid(actor, measure, year)]
    heads = [_("Code"), _("Kind"), _("Name"), _("Username"), _("Year"), _("Measure"), _("Category")]
    months = [_("Month %(n)s") % {"n": month} for month in rules.MONTHS]
    write_workbook(fileobj, [*heads, *months, _("Whole year")], rows, title=f"{_('Targets')} {year}")
    return len(rows)


def _line(row: GridRow, measure: Measure, year: int, names: dict[int, str]) -> list[Any]:
    subject = row.subject
    levels = {"company": _("Company"), "department": _("Department"), "rep": _("Rep")}
    category = names.get(measure.category_id or 0, "")
    label = TargetMeasure(measure.name).label
    head = [subject.key, levels[subject.kind], subject.name, subject.username, year, label, category]
    return [*head, *row.values, row.total]


# --- in
@dataclass(frozen=True, slots=True)
class FileCell:
    """A target that a file would set."""

    year: int
    measure: Measure
    cell: Cell


@dataclass(frozen=True, slots=True)
class FileProblem:
    """What is wrong with a row: its number in the spreadsheet, whose it is, and why."""

    row: int
    name: str
    text: str


@dataclass(slots=True)
class TargetFile:
    """What a file says, checked: `cells` differ from what stands now; rows with a problem are left out whole."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    cells: list[FileCell] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)


def read_targets(*, actor: User, path: Path, name: str, measure: Measure, year: int) -> TargetFile:
    """Check a file without writing anything. `measure` and `year` are for files without such columns.

    An empty cell changes nothing. Raises ValidationError when the file cannot be read or has no month.
    """
    try:
        sheet = read_rows(path, name)
        columns = _columns(sheet.headers)
        reader = _Reader(actor, measure, year, columns)
        for row in sheet.rows:
            reader.take(row.number, row.cells)
            if reader.found.rows > MAX_ROWS:
                raise ValidationError(_("The file has more than %(n)s rows.") % {"n": f"{MAX_ROWS:,}"})
    except SheetError as error:
        raise ValidationError(str(error)) from error
    return reader.found


def _columns(headers: Sequence[str]) -> dict[str, int]:
    """{field, or month as text: column}; ValidationError when nobody could be found, or no month."""
    known = {alias: field for field, aliases in HEADS.items() for alias in aliases}
    columns: dict[str, int] = {}
    for position, header in enumerate(headers):
        plain = header.strip().lower()
        wanted = known.get(plain) or str(MONTH_HEADS.get(plain, ""))
        if wanted:
            columns.setdefault(wanted, position)
    if not any(name in columns for name in ("code", "username", "name")):
        raise ValidationError(_("The file has no column for whose target it is: code, username or name."))
    if not any(str(month) in columns for month in rules.MONTHS):
        raise ValidationError(_("The file has no column for a month: 1月 … 12月."))
    return columns


class _Reader:
    """Turns rows into cells, knowing who there is and what stands now."""

    def __init__(self, actor: User, measure: Measure, year: int, columns: dict[str, int]) -> None:
        self.usual, self.year, self.columns = measure, year, columns
        self.found = TargetFile()
        self.people = _Names(subjects(actor))
        self.measures = _measure_names()
        self.categories = {c.name: c.pk for c in ProductCategory.objects.order_by("pk")}
        self.there: dict[tuple[int, Measure], dict[tuple[str, int], Decimal]] = {}
        self.seen: dict[tuple[int, Measure, str], int] = {}

    def take(self, number: int, cells: list[str]) -> None:
        self.found.rows += 1
        at = {name: cells[position] for name, position in self.columns.items()}
        whose = " ".join(filter(None, (at.get("name"), at.get("username")))) or at.get("code", "")
        try:
            self._take(number, at)
        except ValidationError as error:
            self.found.problems.append(FileProblem(number, whose, " ".join(error.messages)))

    def _take(self, number: int, at: dict[str, str]) -> None:
        subject = self.people.find(at)
        year, measure = self._year(at), self._measure(at)
        first = self.seen.setdefault((year, measure, subject.key), number)
        if first != number:
            raise ValidationError(_("The same target stands in row %(row)s already.") % {"row": first})
        cells = [
            parse_cell(subject.key, month, at[str(month)], measure)
            for month in rules.MONTHS
            if at.get(str(month))
        ]
        if (year, measure) not in self.there:
            self.there[year, measure] = values_of(measure, year)
        for cell in cells:
            self._count(FileCell(year, measure, cell))

    def _count(self, wanted: FileCell) -> None:
        cell = wanted.cell
        if cell.value is None:
            return
        now = self.there[wanted.year, wanted.measure].get((cell.key, cell.month))
        if now == cell.value:
            self.found.same += 1
            return
        self.found.new += now is None
        self.found.changed += now is not None
        self.found.cells.append(wanted)

    def _year(self, at: dict[str, str]) -> int:
        typed = at.get("year", "").removesuffix("年")
        if not typed:
            return self.year
        if not (typed.isascii() and typed.isdecimal() and len(typed) == 4):
            raise ValidationError(_("“%(text)s” is no year.") % {"text": typed[:30]})
        check_year(int(typed))
        return int(typed)

    def _measure(self, at: dict[str, str]) -> Measure:
        typed, category = at.get("measure", "").lower(), at.get("category", "")
        name = self.measures.get(typed) if typed else self.usual.name
        if name is None:
            raise ValidationError(_("There is no measure “%(text)s”.") % {"text": at["measure"][:30]})
        if name != TargetMeasure.CATEGORY_AMOUNT:
            return Measure(name)
        if not category and not typed:
            return self.usual
        if category not in self.categories:
            raise ValidationError(_("There is no category “%(text)s”.") % {"text": category[:30]})
        return Measure(name, self.categories[category])


class _Names:
    """Finds a subject by its code, else by user name, else by a name that only one has."""

    def __init__(self, found: Iterable[Subject]) -> None:
        self.by_key = {subject.key: subject for subject in found}
        self.by_username = {s.username.lower(): s for s in self.by_key.values() if s.username}
        self.by_name: dict[str, list[Subject]] = {}
        for subject in self.by_key.values():
            self.by_name.setdefault(subject.name, []).append(subject)

    def find(self, at: dict[str, str]) -> Subject:
        code, username, name = (at.get(part, "").strip() for part in ("code", "username", "name"))
        if subject := self.by_key.get(code.lower()) or self.by_username.get(username.lower()):
            return subject
        if code or username:
            typed = code or username
            raise ValidationError(_("Nobody you may set targets for is “%(text)s”.") % {"text": typed[:30]})
        same = self.by_name.get(name, [])
        if len(same) > 1:
            raise ValidationError(_("Several are called “%(text)s”: write the code.") % {"text": name[:30]})
        if not same:
            raise ValidationError(_("Nobody you may set targets for is “%(text)s”.") % {"text": name[:30]})
        return same[0]


def _measure_names() -> dict[str, str]:
    """Names of measures in both languages, and their codes, lower case."""
    names = {str(value): str(value) for value in TargetMeasure.values}
    for language in ("en", "zh-hans"):
        with translation.override(language):
            names |= {str(measure.label).lower(): str(measure.value) for measure in TargetMeasure}
    return names


@transaction.atomic
def import_targets(*, actor: User, cells: Iterable[FileCell]) -> int:
    """Write what `read_targets` found, all or none; answers how many targets changed. Raises like `set_targets`."""
    groups: dict[tuple[int, Measure], list[Cell]] = {}
    for entry in cells:
        groups.setdefault((entry.year, entry.measure), []).append(entry.cell)
    return sum(
        set_targets(actor=actor, measure=measure, year=year, cells=group)
        for (year, measure), group in groups.items()
    )


# --- between the dry run and the import
def packed(cells: Iterable[FileCell]) -> list[list[Any]]:
    """Cells as plain values, for a signed field of the page."""
    return [
        [c.year, c.measure.name, c.measure.category_id, c.cell.key, c.cell.month, str(c.cell.value)]
        for c in cells
    ]


def unpacked(values: Iterator[list[Any]] | Sequence[list[Any]]) -> list[FileCell]:
    return [
        FileCell(year, Measure(name, category), Cell(key, month, Decimal(value)))
        for year, name, category, key, month, value in values
    ]
