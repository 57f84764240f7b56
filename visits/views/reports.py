"""拜访统计: what was planned and done, by rep, department, customer, route or day (D10)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from common import business_calendar
from common.exports import rows_response
from common.periods import PRESETS, parse_period
from common.signals import data_exported
from common.templatetags import paodian as fmt
from visits.models import Visit
from visits.queries.reports import Asked, Report, far_names, skip_reasons, staff, visit_report
from visits.rules.reports import MEASURES, Tally

PAGE_SIZE = 50
GROUPINGS = {
    "rep": (gettext_lazy("By rep"), gettext_lazy("Rep")),
    "department": (gettext_lazy("By department"), gettext_lazy("Department")),
    "customer": (gettext_lazy("By customer"), gettext_lazy("Customer")),
    "route": (gettext_lazy("By route"), gettext_lazy("Route")),
    "day": (gettext_lazy("By day"), gettext_lazy("Day")),
}
KEPT = ("period", "on", "since", "until", "rep", "department", "customer", "route")
RATES = ("attainment", "strike")
TIMES = ("average_s", "median_s")
# measure → the list that holds its rows, and the filters that choose them
ROWS: dict[str, tuple[str, dict[str, str]]] = {
    "planned": ("tasks", {}),
    "done": ("tasks", {"served": "yes"}),
    "attainment": ("tasks", {}),
    "closed": ("tasks", {"served": "closed"}),
    "skipped": ("tasks", {"status": "skipped"}),
    "visits": ("visits", {}),
    "valid": ("visits", {"valid": "yes"}),
    "unplanned": ("visits", {"planned": "no"}),
    "customers": ("visits", {}),
    "strike": ("visits", {"ordered": "yes"}),
    "average_s": ("visits", {"valid": "yes"}),
    "median_s": ("visits", {"valid": "yes"}),
    "flagged": ("visits", {"flagged": "yes"}),
    "forgotten": ("visits", {"outcome": "forgotten"}),
}
PAGES = {"tasks": "visits:task_list", "visits": "visits:visit_list"}
PERMISSIONS = {"tasks": "visits.view_visittask", "visits": "visits.view_visit"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One or more figures, each with the address of its rows ("" when nothing is there to see)."""

    key: str
    label: str
    figures: list[tuple[str, str]]


class VisitReportView(PermissionRequiredMixin, View):
    """GET by=, period= (or since= and until=), rep=, department=, customer=, route=, sort=, page=; export=xlsx."""

    permission_required = "visits.view_visit"
    raise_exception = True

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if request.GET.get("export") == "xlsx":
            return self.export()
        return self.draw()

    # --- what is asked
    @cached_property
    def by(self) -> str:
        by = self.request.GET.get("by", "rep")
        if by not in GROUPINGS:
            raise Http404
        return by

    @cached_property
    def today(self) -> dt.date:
        return business_calendar.today()

    @cached_property
    def period(self) -> tuple[Any, Any]:
        """A period that has begun ends today: days ahead have no visits yet."""
        period, problem = parse_period(self.request.GET.dict(), self.today)
        if period.first <= self.today < period.last:
            period = replace(period, last=self.today)
        return period, problem

    @cached_property
    def staff(self) -> Any:
        return staff(self.request.user)

    def number(self, name: str) -> int | None:
        typed = self.request.GET.get(name, "")
        if not typed:
            return None
        if not typed.isdecimal() or len(typed) > 18:
            raise Http404
        return int(typed)

    @cached_property
    def asked(self) -> Asked:
        """404 for a rep who is out of scope."""
        rep_id, period = self.number("rep"), self.period[0]
        if rep_id is not None and rep_id not in {person.pk for person in self.staff.people}:
            raise Http404
        reps = self.staff.reps(rep_id, self.number("department"))
        return Asked(period.first, period.last, self.by, reps, self.number("customer"), self.number("route"))

    @cached_property
    def report(self) -> Report:
        return visit_report(self.asked)

    # --- rows
    def ordered(self) -> list[Any]:
        """Keys of the groups in the order asked for; what has no figure stands last."""
        groups = self.report.groups
        sort = self.request.GET.get("sort") or {"day": "-name", "customer": "-visits"}.get(self.by, "name")
        key, descending = sort.lstrip("-"), sort.startswith("-")
        value: Callable[[Any], Any]
        if key in ROWS:
            value = lambda group: getattr(groups[group], key)  # noqa: E731
        elif self.by == "day":
            value = lambda group: group  # noqa: E731
        else:
            value = self.all_names.get
        have = [group for group in groups if value(group) is not None]
        have.sort(key=lambda group: (value(group), str(group)), reverse=descending)
        return have + [group for group in groups if value(group) is None]

    @cached_property
    def all_names(self) -> dict[Any, str]:
        return self.names(self.report.groups)

    def names(self, keys: Any) -> dict[Any, str]:
        if self.by == "day":
            return {key: str(fmt.day(key)) for key in keys}
        if self.by in ("rep", "department"):
            return self.staff.names(self.by)
        return far_names(self.by, keys, self.request.user)

    def name_of(self, key: Any, names: dict[Any, str]) -> str:
        if key is None:
            return _("No route") if self.by == "route" else _("No department")
        return names.get(key) or _("Deleted")

    # --- links
    def filters(self, key: Any = None, *, total: bool = False) -> dict[str, object]:
        """Filters of the lists that leave just the rows of a group, or of everything asked for."""
        asked = self.asked
        params: dict[str, object] = {"since": asked.first, "until": asked.last}
        for name in ("department", "customer", "route"):
            if (value := self.number(name)) is not None:
                params[name] = value
        rep_id = key if self.by == "rep" and not total else self.number("rep")
        if rep_id is not None:
            params |= self.rep_filter(rep_id)
        if total or self.by == "rep":
            return params
        if self.by == "day":
            return {**params, "since": key, "until": key}
        name = {"department": "unit"}.get(self.by, self.by)
        return {**params, name: "none" if key is None else key}

    def rep_filter(self, rep_id: int) -> dict[str, object]:
        """The box of the lists offers those who still visit; others are named apart."""
        here = any(person.pk == rep_id and person.visits for person in self.staff.people)
        return {"rep" if here else "who": rep_id}

    @cached_property
    def opens(self) -> set[str]:
        """The lists that the reader may open."""
        return {page for page, permission in PERMISSIONS.items() if self.request.user.has_perm(permission)}

    def link(self, filters: dict[str, object], page: str, more: dict[str, str]) -> str:
        """The address of a figure's rows; "" when one may not open their list."""
        if page not in self.opens:
            return ""
        team = {"team": 1} if page == "visits" else {}
        return f"{reverse(PAGES[page])}?{urlencode({**filters, **team, **more})}"

    def cells(self, tally: Tally, filters: dict[str, object]) -> list[Cell]:
        cells = []
        for measure in MEASURES:
            if measure.key == "grades":
                figures = [
                    (f"{grade} {count}", self.link(filters, "visits", {"grade": grade}))
                    for grade, count in tally.grades
                    if count
                ]
            else:
                value = getattr(tally, measure.key)
                figures = [
                    (figure_text(measure.key, value), self.link(filters, *ROWS[measure.key]) if value else "")
                ]
            cells.append(Cell(measure.key, str(measure.label), figures or [("–", "")]))
        return cells

    # --- answers
    def draw(self) -> HttpResponse:
        page = Paginator(self.ordered(), PAGE_SIZE).get_page(self.request.GET.get("page"))
        names = self.names(page.object_list) if self.by == "customer" else self.all_names
        tasks = self.filters(total=True)
        groups = self.report.groups
        rows = [
            {
                "key": key,
                "name": self.name_of(key, names),
                "cells": self.cells(groups[key], self.filters(key)),
            }
            for key in page.object_list
        ]
        kept = {name: value for name in KEPT if (value := self.request.GET.get(name))}
        reasons = [
            (text, count, self.link(tasks, "tasks", {"status": "skipped", "reason": text}))
            for text, count in skip_reasons(self.asked)
        ]
        context = {
            "by": self.by,
            "tabs": [(by, label, urlencode({**kept, "by": by})) for by, (label, _head) in GROUPINGS.items()],
            "head": GROUPINGS[self.by][1],
            "period": self.period[0],
            "problem": self.period[1],
            "presets": list(PRESETS.items())[:-1],
            "measures": MEASURES,
            "sortable": ROWS,
            "sort": self.request.GET.get("sort", ""),
            "page": page,
            "rows": rows,
            "total": self.cells(self.report.total, tasks),
            "reasons": reasons,
            "people": [person for person in self.staff.people if person.visits],
            "tree": self.staff.tree,
            "rep_id": self.number("rep"),
            "department_id": self.number("department"),
            "narrowed": self.narrowed(),
            "kept": kept,
            "may_export": self.request.user.has_perm("visits.export_visit"),
        }
        return TemplateResponse(self.request, "visits/visit_report.html", context)

    def narrowed(self) -> list[tuple[str, str]]:
        """What a link narrowed the report to, with the address that takes it away."""
        words = {"customer": _("Customer"), "route": _("Route")}
        found = []
        for name, label in words.items():
            if (pk := self.number(name)) is not None:
                params = self.request.GET.copy()
                del params[name]
                title = far_names(name, [pk], self.request.user).get(pk, str(pk))
                found.append((f"{label}: {title}", params.urlencode()))
        return found

    def export(self) -> FileResponse:
        if not self.request.user.has_perm("visits.export_visit"):
            raise PermissionDenied
        keys = self.ordered()
        names = self.names(keys)
        heads = [str(GROUPINGS[self.by][1])]
        for measure in MEASURES:
            heads += (
                [f"{measure.label} {grade}" for grade, _n in Tally().grades]
                if measure.key == "grades"
                else [f"{measure.label} (min)" if measure.key in TIMES else str(measure.label)]
            )
        lines = [
            [key if self.by == "day" else self.name_of(key, names), *bare(self.report.groups[key])]
            for key in keys
        ]
        lines.append([_("Total"), *bare(self.report.total)])
        data_exported.send(sender=Visit, user=self.request.user, what=_("Visit report"), rows=len(keys))
        return rows_response(f"visit-report-{self.today:%Y%m%d}.xlsx", heads, lines)


def figure_text(key: str, value: Any) -> str:
    if key in RATES:
        return fmt.percent(value)
    if key in TIMES:
        return fmt.duration(None if value is None else dt.timedelta(seconds=round(value)))
    return str(value)


def bare(tally: Tally) -> list[Any]:
    """The figures for Excel: rates as parts of one, times in minutes."""
    line: list[Any] = []
    for measure in MEASURES:
        if measure.key == "grades":
            line += [count for _grade, count in tally.grades]
            continue
        value = getattr(tally, measure.key)
        if value is not None and measure.key in RATES:
            value = round(value, 4)
        elif value is not None and measure.key in TIMES:
            value = round(value / 60, 2)
        line.append(value)
    return line
