"""Tasks by day: the board of reps and days, a day's list, a month of one rep."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import get_language

from accounts.models import User
from common import business_calendar
from visits.enums import TaskStatus
from visits.models import VisitTask

# A manager of hundreds looks at a page of his people.
MAX_REPS = 60


@dataclass(frozen=True, slots=True)
class DayCell:
    """A rep's day: tasks that are not skipped, and how many of them are done."""

    day: dt.date
    planned: int
    done: int
    is_full: bool


@dataclass(frozen=True, slots=True)
class BoardRow:
    rep: User
    cells: list[DayCell]
    planned: int


def board_rows(*, reps: Sequence[User], days: Sequence[dt.date], limit: int) -> list[BoardRow]:
    """A row for each rep, a cell for each day; one statement."""
    rows = (
        VisitTask.objects.filter(rep__in=reps, date__range=(days[0], days[-1]))
        .exclude(status=TaskStatus.SKIPPED)
        .order_by()
        .values_list("rep_id", "date")
        .annotate(planned=Count("pk"), done=Count("pk", filter=Q(status=TaskStatus.DONE)))
    )
    found = {(rep_id, day): (planned, done) for rep_id, day, planned, done in rows}
    board = []
    for rep in reps:
        cells = []
        for day in days:
            planned, done = found.get((rep.pk, day), (0, 0))
            cells.append(DayCell(day, planned, done, planned > limit))
        board.append(BoardRow(rep, cells, sum(cell.planned for cell in cells)))
    return board


def day_list(*, user: User, rep: User, day: dt.date) -> list[Any]:
    """A rep's tasks of a day in their order, as far as `user` sees them."""
    rows = VisitTask.objects.visible_to(user).filter(rep=rep, date=day).select_related("customer")
    return list(rows.order_by("position", "pk"))


@dataclass(frozen=True, slots=True)
class CalendarDay:
    day: dt.date
    in_month: bool
    is_off: bool
    holiday: str  # its name on days that a public holiday frees, or that are worked in its stead
    tasks: list[Any]
    planned: int
    done: int


def month_days(month: dt.date) -> list[list[dt.date]]:
    """The weeks of a month, Monday first, filled up with the days around it."""
    return calendar.Calendar().monthdatescalendar(month.year, month.month)


def calendar_weeks(
    *, user: User, rep: User, weeks: Iterable[Sequence[dt.date]], month: int | None = None
) -> list[list[CalendarDay]]:
    """The tasks of a rep on these days, as far as `user` sees them; one statement."""
    weeks = list(weeks)
    rows = (
        VisitTask.objects.visible_to(user)
        .filter(rep=rep, date__range=(weeks[0][0], weeks[-1][-1]))
        .select_related("customer")
        .only("status", "date", "note", "moved_from", "rep_id", "customer__name", "customer__level")
        .order_by("date", "position", "pk")
    )
    found: dict[dt.date, list[Any]] = {}
    for task in rows:
        found.setdefault(task.date, []).append(task)
    return [[_calendar_day(day, found.get(day, []), month) for day in week] for week in weeks]


def _calendar_day(day: dt.date, tasks: list[Any], month: int | None) -> CalendarDay:
    return CalendarDay(
        day=day,
        in_month=month is None or day.month == month,
        is_off=not business_calendar.is_working_day(day),
        holiday=business_calendar.holiday_name(day, chinese=(get_language() or "zh").startswith("zh")),
        tasks=tasks,
        planned=sum(task.status != TaskStatus.SKIPPED for task in tasks),
        done=sum(task.status == TaskStatus.DONE for task in tasks),
    )
