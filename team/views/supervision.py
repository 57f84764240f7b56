"""督导 (H4): the team's day as one table, and a person's day with its rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.queries import branch_ids, department_tree
from common import business_calendar
from common.exports import rows_response
from common.signals import data_exported
from common.templatetags import paodian as fmt
from team.queries import supervision as queries
from team.queries import supervision_day as day_queries
from team.rules.supervision import COMPARED, MEASURES, OFF_PHONE, DayFigures, Measure, total

PAGE_SIZE = 50
_DAY = dt.timedelta(days=1)
_WEEK = dt.timedelta(days=7)
# measure → the list that holds its rows, and how the list names the person and the days
Params = dict[str, object]


def _slips(person: int, day: dt.date) -> Params:
    return {"since": day, "until": day, "rep": person}


LINKS: dict[str, tuple[str, Callable[[int, dt.date], Params]]] = {
    "new_customers": (
        "crm:customer_list",
        lambda person, day: {"owner": person, "created_after": day, "created_before": day},
    ),
    "leads": ("crm:follow_up_list", _slips),
    "contacted": ("crm:follow_up_list", _slips),
    "planned": ("visits:task_list", _slips),
    "done": ("visits:task_list", lambda person, day: {**_slips(person, day), "served": "yes"}),
    "visits": ("visits:visit_list", lambda person, day: {**_slips(person, day), "team": 1}),
    "valid": ("visits:visit_list", lambda person, day: {**_slips(person, day), "team": 1, "valid": "yes"}),
    "quotes": ("sales:quote_list", _slips),
    "quoted": ("sales:quote_list", _slips),
    "orders": ("sales:order_list", _slips),
    "ordered": ("sales:order_list", _slips),
    "received": ("sales:receipt_list", lambda person, day: {**_slips(person, day), "status": "posted"}),
    "mileage_m": ("territory:track", lambda person, day: {"rep": person, "date": day}),
    "unanswered": (
        "team:instruction_list",
        lambda person, _day: {"person": person, "state": "unanswered"},
    ),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure and the address of its rows ("" when there are none)."""

    measure: Measure
    text: str
    url: str = ""
    before: str = ""  # the same weekday a week before, in the line of totals

    @property
    def phone(self) -> str:
        """Where it stands on a phone's card."""
        if self.measure.key == "ordered":
            return "side"
        return "off" if self.measure.key in OFF_PHONE or not self.text else "line"


def me(request: HttpRequest) -> User:
    """The logged-in user; LoginRequiredMiddleware lets nobody else in."""
    return cast(User, request.user)


def day_of(text: str) -> dt.date | None:
    """A day as addresses and date boxes write it; None for anything else, and for years that calendars do not have."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


def steps(day: dt.date, today: dt.date) -> dict[str, dt.date | None]:
    """The days beside a day; none after today."""
    tomorrow = day + _DAY
    return {
        "today": today,
        "before": day - _DAY,
        "after": tomorrow if day < today else None,
        "tomorrow": tomorrow,
    }


class TeamDayView(PermissionRequiredMixin, View):
    """GET day= (today), department=, sort= (a measure, "-" before it for descending), page=; export=xlsx."""

    permission_required = "team.view_supervision"
    raise_exception = True

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.export() if request.GET.get("export") == "xlsx" else self.draw()

    # --- what is asked
    @cached_property
    def today(self) -> dt.date:
        return business_calendar.today()

    @cached_property
    def asked_day(self) -> tuple[dt.date, str]:
        """The day, and what is wrong with the one that was typed."""
        typed = self.request.GET.get("day", "")
        day = day_of(typed) if typed else self.today
        if day is None:
            return self.today, _("This is not a date: write it like 2026-11-27.")
        if day > self.today:
            return self.today, _("That day is still to come.")
        return day, ""

    @cached_property
    def department_id(self) -> int | None:
        typed = self.request.GET.get("department", "")
        if not typed:
            return None
        if not typed.isdecimal() or len(typed) > 18:
            raise Http404
        return int(typed)

    @cached_property
    def tree(self) -> list[Any]:
        return department_tree()

    @cached_property
    def everybody(self) -> list[User]:
        return list(queries.supervised(me(self.request)))

    @cached_property
    def people(self) -> list[User]:
        return queries.of_department(self.everybody, self.tree, self.department_id)

    @cached_property
    def found(self) -> queries.TeamDay:
        day = self.asked_day[0]
        return queries.team_day(user=me(self.request), people=self.people, day=day, before=day - _WEEK)

    @cached_property
    def measures(self) -> list[Measure]:
        return [measure for measure in MEASURES if me(self.request).has_perm(measure.permission)]

    def ordered(self) -> list[User]:
        """As `sort` asks; who has no value stands last, and people of the same value by name."""
        sort = self.request.GET.get("sort", "")
        key, descending = sort.lstrip("-"), sort.startswith("-")
        if key not in {measure.key for measure in self.measures}:
            return self.people[::-1] if sort == "-name" else self.people
        value = lambda person: getattr(self.found.now[person.pk], key)  # noqa: E731
        have = [person for person in self.people if value(person) is not None]
        have.sort(key=value, reverse=descending)
        return have + [person for person in self.people if value(person) is None]

    # --- answers
    def draw(self) -> HttpResponse:
        day, problem = self.asked_day
        page = Paginator(self.ordered(), PAGE_SIZE).get_page(self.request.GET.get("page"))
        rows = [
            {"person": person, "cells": person_cells(self.measures, person, day, self.found.now[person.pk])}
            for person in page.object_list
        ]
        context = {
            "day": day,
            "problem": problem,
            "typed_day": self.request.GET.get("day", "") if problem else day.isoformat(),
            **steps(day, self.today),
            "measures": self.measures,
            "sort": self.request.GET.get("sort", ""),
            "department_id": self.department_id,
            "departments": self.departments(),
            "page": page,
            "rows": rows,
            "people": len(self.people),
            "totals": total_cells(self.measures, self.found),
            "tiles": tiles(self.measures, self.found),
            "may_export": me(self.request).has_perm("team.export_supervision"),
        }
        return TemplateResponse(self.request, "team/supervision.html", context)

    def departments(self) -> list[Any]:
        """Those with somebody in them or below them."""
        staffed = {person.department_id for person in self.everybody}
        return [node for node in self.tree if branch_ids(self.tree, node.pk) & staffed]

    def export(self) -> FileResponse:
        if not me(self.request).has_perm("team.export_supervision"):
            raise PermissionDenied
        people, day = self.ordered(), self.asked_day[0]
        heads = [_("Rep"), _("Department"), _("Day"), *(head_of(measure) for measure in self.measures)]
        lines = [
            [
                person.name,
                person.department.name if person.department else "",
                day,
                *(bare(measure, self.found.now[person.pk]) for measure in self.measures),
            ]
            for person in people
        ]
        data_exported.send(
            sender=User,
            user=self.request.user,
            what=_("Supervision %(day)s") % {"day": day},
            rows=len(people),
        )
        return rows_response(f"supervision-{day:%Y%m%d}.xlsx", heads, lines)


def head_of(measure: Measure) -> str:
    return f"{measure.label} (km)" if measure.kind == "metres" else str(measure.label)


def bare(measure: Measure, figures: DayFigures) -> Any:
    """For Excel: kilometres, local times of the day, yes or no."""
    value = getattr(figures, measure.key)
    if value is None:
        return None
    if measure.kind == "metres":
        return round(value / 1000, 1)
    if measure.kind == "clock":
        return fmt.clock(value)
    if measure.kind == "sent":
        return _("yes") if value else _("no")
    return value


def words(measure: Measure, value: Any) -> str:
    if measure.kind == "money":
        return fmt.money(value)
    if measure.kind == "metres":
        return fmt.distance(value)
    if measure.kind == "clock":
        return fmt.clock(value)
    if measure.kind == "sent":
        return _("Sent") if value else _("Not sent")
    return str(value)


def person_cells(measures: list[Measure], person: User, day: dt.date, figures: DayFigures) -> list[Cell]:
    cells = []
    for measure in measures:
        value = getattr(figures, measure.key)
        url = ""
        if value and measure.key == "reported":
            url = reverse("visits:daily_report", args=[figures.report_pk])
        elif value and measure.key in LINKS:
            page, params = LINKS[measure.key]
            url = f"{reverse(page)}?{urlencode(params(person.pk, day))}"
        cells.append(Cell(measure, words(measure, value), url))
    return cells


def total_cells(measures: list[Measure], found: queries.TeamDay) -> list[Cell]:
    """Sums over all people asked for, not only those of the page."""
    now = total(found.now.values())
    cells = []
    for measure in measures:
        if measure.kind == "clock":
            text = ""
        elif measure.kind == "sent":
            text = f"{now.sent} / {now.people}"
        else:
            text = words(measure, getattr(now, measure.key))
        cells.append(Cell(measure, text))
    return cells


def tiles(measures: list[Measure], found: queries.TeamDay) -> list[Cell]:
    """The sums that are compared with the same weekday a week before."""
    now, before = total(found.now.values()), total(found.before.values())
    shown = [measure for measure in measures if measure.key in COMPARED]
    cells = []
    for measure in shown:
        text = words(measure, getattr(now, measure.key))
        if measure.key == "done":
            text = f"{text} / {now.planned}"
        cells.append(Cell(measure, text, before=words(measure, getattr(before, measure.key))))
    return cells


# --- one person
@permission_required("team.view_instruction", raise_exception=True)
@require_safe
def person_day(request: HttpRequest, rep_pk: int, day: str) -> HttpResponse:
    """A person's day with its rows: his own, or of somebody in the scope of who supervises; else 404."""
    viewer, today = me(request), business_calendar.today()
    beside, chosen = person_and_day(viewer, rep_pk, day, today)
    found = day_queries.person_day(viewer=viewer, person=beside.person, day=chosen)
    measures = [measure for measure in MEASURES if viewer.has_perm(measure.permission)]
    cells = person_cells(measures, beside.person, chosen, found.figures)
    context = {
        "beside": beside,
        "found": found,
        "day": chosen,
        **steps(chosen, today),
        "tiles": [cell for cell in cells if cell.measure.kind not in ("clock", "sent", "metres")][:-1],
        "links": {cell.measure.key: cell.url for cell in cells},
    }
    return TemplateResponse(request, "team/supervision_day.html", context)


@permission_required("team.view_instruction", raise_exception=True)
@require_safe
def person_reports(request: HttpRequest, rep_pk: int, day: str) -> HttpResponse:
    """Fragment of the day's page: what the person reported of it."""
    viewer = me(request)
    beside, chosen = person_and_day(viewer, rep_pk, day, business_calendar.today())
    report = None
    if viewer.has_perm("visits.view_dailyreport"):
        report = day_queries.sent_report(viewer=viewer, person=beside.person, day=chosen)
    written = []
    if viewer.has_perm("team.view_workreport"):
        written = day_queries.work_reports(viewer=viewer, person=beside.person, day=chosen)
    context = {"person": beside.person, "day": chosen, "report": report, "written": written}
    return TemplateResponse(request, "team/supervision_reports.html", context)


def person_and_day(viewer: User, pk: int, day: str, today: dt.date) -> tuple[day_queries.Beside, dt.date]:
    """The person and the day of an address; 404 for who is out of scope, nonsense, and days to come."""
    chosen = day_of(day)
    beside = day_queries.person_beside(viewer=viewer, pk=pk)
    if beside is None or chosen is None or chosen > today:
        raise Http404
    return beside, chosen
