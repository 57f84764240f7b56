"""White space on the map (F2): cells in view, what is in one of them, Excel, and where people live."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views import View as BaseView
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from accounts.enums import AccessAction
from accounts.services import record_access
from common import business_calendar
from common.exports import rows_response
from common.geo import valid_coordinates
from common.geo.cells import area_km2, cell_boundary, cell_centre, cell_of, resolution_of
from common.periods import PRESETS, Period, parse_period
from common.templatetags.paodian import money
from crm.models import Customer
from territory.filters import CustomerFilterSet
from territory.forms.white_space import PopulationForm
from territory.queries import white_space as queries
from territory.rules.white_space import (
    COARSEST,
    FINEST,
    Cell,
    Suggestion,
    drawn_resolution,
    leads_without_customers,
    per_10_000,
)
from territory.services.white_space import load_population
from territory.views import user_of

can_see_map = permission_required("territory.view_map", raise_exception=True)
SHOWN = 50  # customers and leads of one cell that are named
SCALE = 1e5


def filterset_of(request: HttpRequest) -> CustomerFilterSet:
    customers = Customer.objects.visible_to(user_of(request)).active()
    return CustomerFilterSet(request.GET, queryset=customers, request=request)


@dataclass(frozen=True)
class Question:
    """What the address asks for, read and checked."""

    filterset: CustomerFilterSet
    period: Period
    before: Period
    sources: queries.Sources

    def view(self, bounds: tuple[float, float, float, float], zoom: float) -> queries.View:
        resolution = drawn_resolution(*bounds, zoom)
        return queries.View(
            *bounds,
            resolution,
            (self.period.first, self.period.last),
            (self.before.first, self.before.last),
        )


def read_question(request: HttpRequest) -> Question | None:
    """None when a filter makes no sense."""
    filterset = filterset_of(request)
    if not filterset.is_valid():
        return None
    period, _wrong = parse_period(request.GET, business_calendar.today(), default="quarter")
    chosen = filterset.form.cleaned_data
    owner = chosen.get("owner")
    rows = queries.sources(
        user_of(request),
        filterset.qs,
        owner=owner.pk if owner else None,
        filtered=any(chosen.values()),
    )
    return Question(filterset, period, period.before(), rows)


def read_bounds(data: Mapping[str, str]) -> tuple[tuple[float, float, float, float], float] | None:
    """((south, west, north, east), zoom) of `bounds` and `zoom`; None when they are nonsense."""
    try:
        south, west, north, east = (float(part) for part in data["bounds"].split(","))
        zoom = float(data["zoom"])
    except (KeyError, ValueError):
        return None
    fits = valid_coordinates(south, west) and valid_coordinates(north, east)
    return (
        ((south, west, north, east), zoom)
        if fits and south < north and west < east and 0 <= zoom <= 25
        else None
    )


class WhiteSpacePage(PermissionRequiredMixin, BaseView):
    permission_required = "territory.view_map"
    raise_exception = True

    def get(self, request: HttpRequest) -> HttpResponse:
        period, wrong = parse_period(request.GET, business_calendar.today(), default="quarter")
        if wrong:
            messages.warning(request, wrong)
        places, districts, residents = queries.population_loaded()
        context = {
            "filterset": filterset_of(request),
            "period": period,
            "before": period.before(),
            "periods": [
                (key, label) for key, label in PRESETS.items() if key != "custom" or period.key == "custom"
            ],
            "population": {
                "places": places,
                "districts": districts,
                "residents": f"{residents:,}" if residents else "",
            },
            "can_export": user_of(request).has_perm("crm.export_customer"),
        }
        return TemplateResponse(request, "territory/white_space.html", context)


@require_safe
@can_see_map
@gzip_page
def cells(request: HttpRequest) -> HttpResponse:
    """Cells in view as columns, what is worth a look, and in which resolution; 400 for bounds that are none."""
    question, asked = read_question(request), read_bounds(request.GET)
    if question is None or asked is None:
        return HttpResponseBadRequest()
    view = question.view(*asked)
    found = queries.cells_in_view(question.sources, view)
    answer = {
        "resolution": view.resolution,
        "km2": round(area_km2(view.resolution), 4),
        "cells": columns_of(found),
        "alone": [str(cell) for cell in leads_without_customers(found)],
        "suggestions": [_suggestion(row) for row in queries.suggested(found, view)],
    }
    return JsonResponse(answer, json_dumps_params={"separators": (",", ":")})


def columns_of(found: Mapping[int, Cell]) -> dict[str, list[Any]]:
    """One list a figure. `ring`: the corners, in 1/100,000 degree, the first whole and the others from the one before."""
    rows = list(found.items())
    return {
        # A cell is a number of 64 bits, which a script cannot count with.
        "id": [str(cell) for cell, _sums in rows],
        "ring": [_ring(cell) for cell, _sums in rows],
        "customers": [sums.customers for _cell, sums in rows],
        "leads": [sums.leads for _cell, sums in rows],
        "sales": [float(sums.sales) for _cell, sums in rows],
        "sales_before": [float(sums.sales_before) for _cell, sums in rows],
        "new": [sums.new for _cell, sums in rows],
        "new_before": [sums.new_before for _cell, sums in rows],
        "residents": [sums.residents for _cell, sums in rows],
    }


def _ring(cell: int) -> list[int]:
    corners = [(round(lat * SCALE), round(lng * SCALE)) for lat, lng in cell_boundary(cell)]
    ring, last = list(corners[0]), corners[0]
    for corner in corners[1:]:
        ring += [corner[0] - last[0], corner[1] - last[1]]
        last = corner
    return ring


def _suggestion(row: Suggestion) -> dict[str, Any]:
    """`why`: in words."""
    here = _("%(customers)s customers here") % {"customers": row.customers}
    if row.leads:
        here = _("%(here)s, %(leads)s leads") % {"here": here, "leads": row.leads}
    if row.residents:
        here = _("%(here)s, %(residents)s residents") % {"here": here, "residents": f"{row.residents:,}"}
    why = _("beside %(n)s good cells; the best has %(customers)s customers and sold %(sales)s") % {
        "n": row.beside,
        "customers": row.best_customers,
        "sales": money(row.best_sales),
    }
    return {"id": str(row.cell), "ring": _ring(row.cell), "here": here, "why": why}


# --- one cell
def read_cell(text: str) -> int:
    """The cell of an address; 404 for what is none."""
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise Http404
    cell = int(text)
    resolution = resolution_of(cell)
    if cell >= 1 << 63 or not COARSEST <= resolution <= FINEST:
        raise Http404
    try:
        is_cell = cell_of(*cell_centre(cell), resolution) == cell
    except ValueError:
        is_cell = False
    if not is_cell:
        raise Http404
    return cell


@require_safe
@can_see_map
def cell_rows(request: HttpRequest) -> HttpResponse:
    """Customers and leads of one `cell` by name, with the filters of the page: a fragment."""
    question = read_question(request)
    if question is None:
        return HttpResponseBadRequest()
    cell = read_cell(request.GET.get("cell", ""))
    customers = (
        queries.in_cell(question.sources.customers, cell).select_related("owner").order_by("name", "pk")
    )
    leads = question.sources.leads
    named = list(customers[:SHOWN])
    sold = {}
    if question.sources.deliveries is not None:
        period = (question.period.first, question.period.last)
        sold = queries.sales_by_customer(question.sources.deliveries, [row.pk for row in named], period)
    context = {
        "customers": [(row, sold.get(row.pk)) for row in named],
        "customer_count": customers.count(),
        "leads": None if leads is None else queries.in_cell(leads, cell).select_related("owner")[:SHOWN],
        "centre": cell_centre(cell),
        "km2": area_km2(resolution_of(cell)),
    }
    return TemplateResponse(request, "territory/white_space_cell.html", context)


# --- Excel
@require_safe
@permission_required(["territory.view_map", "crm.export_customer"], raise_exception=True)
def export(request: HttpRequest) -> FileResponse | HttpResponse:
    """The cells in view as Excel."""
    question, asked = read_question(request), read_bounds(request.GET)
    if question is None or asked is None:
        return HttpResponseBadRequest()
    view = question.view(*asked)
    found = queries.cells_in_view(question.sources, view)
    record_access(
        actor=user_of(request), action=AccessAction.EXPORT, what=_("Cells of white space"), rows=len(found)
    )
    heads = [
        *(_("Cell"), _("Latitude"), _("Longitude"), _("Area (km²)"), _("Customers"), _("Leads"), _("Sales")),
        *(_("Sales before"), _("New customers"), _("New customers before"), _("Residents")),
        *(_("Customers per km²"), _("Customers per 10,000 residents")),
    ]
    km2 = area_km2(view.resolution)
    rows = (
        [
            *(f"{cell:x}", *(round(part, 5) for part in cell_centre(cell)), round(km2, 3)),
            *(sums.customers, sums.leads, sums.sales, sums.sales_before, sums.new, sums.new_before),
            *(sums.residents, round(sums.customers / km2, 2), per_10_000(sums.customers, sums.residents)),
        ]
        for cell, sums in found.items()
    )
    return rows_response(f"white-space-{business_calendar.today():%Y%m%d}.xlsx", heads, rows)


# --- districts and where people live
@can_see_map
def population(request: HttpRequest) -> HttpResponse:
    """Customers per resident by district; whoever may, loads the table here."""
    user = user_of(request)
    may_load = user.has_perm("territory.add_population")
    form = PopulationForm(request.POST or None, request.FILES or None)
    problems: list[tuple[int, str]] = []
    if request.method == "POST":
        if not may_load:
            return HttpResponse(status=403)
        if form.is_valid():
            problems = _load(request, form)
            if not problems and not form.errors:
                return redirect("territory:population")
    question = read_question(request)
    places, districts, residents = queries.population_loaded()
    context = {
        "form": form,
        "may_load": may_load,
        "problems": problems,
        "population": {
            "places": places,
            "districts": districts,
            "residents": f"{residents:,}" if residents else "",
        },
        "rows": queries.districts(question.sources) if question else [],
    }
    return TemplateResponse(request, "territory/population.html", context)


def _load(request: HttpRequest, form: PopulationForm) -> list[tuple[int, str]]:
    """Load the form's file; answers the rows that could not be used. What is wrong with it goes to the form."""
    upload = form.cleaned_data["file"]
    with tempfile.NamedTemporaryFile() as file:
        for chunk in upload.chunks():
            file.write(chunk)
        file.flush()
        try:
            loaded = load_population(
                actor=user_of(request),
                path=Path(file.name),
                name=upload.name,
                datum=form.cleaned_data["datum"],
            )
        except ValidationError as error:
            form.add_error("file", error)
            return []
    text = _("Loaded: %(places)s places and %(districts)s districts with %(residents)s residents.") % {
        "places": loaded.places,
        "districts": loaded.districts,
        "residents": f"{loaded.residents:,}",
    }
    messages.success(request, text)
    return loaded.problems
