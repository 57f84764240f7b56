"""Territory scenarios (F4): list, form, the page with map and table, the comparison."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from common.views import BulkAction, ListPage
from crm.enums import BulkState
from territory import tasks
from territory.enums import ScenarioState, TerritoryWeight
from territory.filters.territories import ScenarioFilterSet
from territory.forms.territories import PublishForm, ScenarioForm
from territory.models import TerritoryScenario
from territory.queries import territories as queries
from territory.rules.territory_terms import read_terms
from territory.services import territories as services
from territory.tables.territories import SCENARIO_COLUMNS
from territory.views import user_of

# One colour a rep, told apart on a light map; after the last they begin again, and the number tells.
PALETTE = (
    *(
        "#0f766e",
        "#c2410c",
        "#1d4ed8",
        "#a21caf",
        "#4d7c0f",
        "#be123c",
        "#0369a1",
        "#b45309",
        "#6d28d9",
        "#15803d",
    ),
    *(
        "#9f1239",
        "#0e7490",
        "#854d0e",
        "#4338ca",
        "#b91c1c",
        "#047857",
        "#7e22ce",
        "#a16207",
        "#155e75",
        "#9d174d",
    ),
)
MOST_COMPARED, SHOWN = 4, 100

can_see = permission_required("territory.view_territoryscenario", raise_exception=True)
may_change = permission_required("territory.change_territoryscenario", raise_exception=True)


class ScenarioList(ListPage):
    permission_required = "territory.view_territoryscenario"
    title = gettext_lazy("Territories")
    columns = SCENARIO_COLUMNS
    filterset_class = ScenarioFilterSet
    default_sort = "-created_at"
    bulk_actions = (
        BulkAction(gettext_lazy("Compare"), reverse_lazy("territory:scenario_compare"), icon="columns"),
    )
    empty_text = gettext_lazy(
        "No scenarios yet. A scenario shares customers out among reps, so that everybody has the same weight in an area "
        "of one piece. Nothing changes hands until you publish it."
    )
    create_url = reverse_lazy("territory:scenario_create")
    create_label = gettext_lazy("New scenario")
    create_permission = "territory.add_territoryscenario"

    def get_queryset(self) -> QuerySet[TerritoryScenario]:
        return queries.scenarios_for_list(user_of(self.request))


def get_scenario(request: HttpRequest, pk: int) -> TerritoryScenario:
    rows = TerritoryScenario.objects.visible_to(user_of(request)).select_related("created_by")
    scenario: TerritoryScenario = get_object_or_404(rows, pk=pk)
    return scenario


def nudge(scenario: TerritoryScenario) -> None:
    """Tell a worker once the row is committed; without a broker the sweeper finds the row."""
    transaction.on_commit(partial(tasks.run_scenario.delay, scenario.pk), robust=True)


# --- form
@permission_required("territory.add_territoryscenario", raise_exception=True)
def create(request: HttpRequest) -> HttpResponse:
    """A new one; with `copy` the form begins as that scenario."""
    model = None
    if request.GET.get("copy", "").isdecimal():
        model = get_scenario(request, int(request.GET["copy"]))
    return _form_page(request, None, model, _("New scenario"), reverse("territory:scenario_list"))


@may_change
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    scenario = get_scenario(request, pk)
    return _form_page(request, scenario, scenario, scenario.name, scenario.get_absolute_url())


def _form_page(
    request: HttpRequest,
    scenario: TerritoryScenario | None,
    model: TerritoryScenario | None,
    title: str,
    cancel_url: str,
) -> HttpResponse:
    initial = {"name": (_("%(name)s, copy") % {"name": model.name})[:60]} if model and not scenario else {}
    form = ScenarioForm(request.POST or None, user=user_of(request), scenario=model, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.save_scenario(
                actor=user_of(request),
                scenario=scenario,
                values=form.values(),
                terms=form.terms(),
                reps=form.cleaned_data["reps"],
                locked_reps=[rep.pk for rep in form.cleaned_data["locked_reps"]],
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            nudge(saved)
            return redirect(saved)
    context = {"form": form, "title": title, "cancel_url": cancel_url, "submit_label": _("Reckon")}
    return TemplateResponse(request, "territory/scenario_form.html", context)


# --- the page
@require_safe
@can_see
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    return TemplateResponse(
        request, "territory/scenario.html", page_context(request, get_scenario(request, pk))
    )


def page_context(request: HttpRequest, scenario: TerritoryScenario) -> dict[str, Any]:
    """What the whole page needs, and its parts that are drawn anew after a change."""
    user = user_of(request)
    context: dict[str, Any] = {
        "scenario": scenario,
        "may_change": user.has_perm("territory.change_territoryscenario"),
        "may_publish": user.has_perm("territory.change_territoryscenario")
        and user.has_perm("crm.assign_customer"),
        **progress_context(scenario),
    }
    if scenario.state in (ScenarioState.READY, ScenarioState.PUBLISHED):
        context |= figures_context(scenario)
        context["publish_form"] = PublishForm()
        context["undoable"] = scenario.moves.exists()
        context["handovers"] = handover_rows(scenario)
        context["handing_over"] = any(job.is_busy for job in context["handovers"])
        context["may_take_back"] = any(job.state == BulkState.DONE for job in context["handovers"])
    return context


def figures_context(scenario: TerritoryScenario) -> dict[str, Any]:
    figures = queries.scenario_figures(scenario)
    return {
        "scenario": scenario,
        "figures": figures,
        "rows": [(row, colour_of(row.number)) for row in figures.rows],
        "tolerance": scenario.tolerance / 100,
        "minus_tolerance": -scenario.tolerance / 100,
        "colours_id": f"colours-{scenario.pk}",
        "unit": unit_of(scenario),
        "terms": read_terms(scenario.terms),
        "colours": {row.number: colour_of(row.number) for row in figures.rows if row.number is not None},
    }


def colour_of(number: int | None) -> str:
    return "#64748b" if number is None else PALETTE[number % len(PALETTE)]


def unit_of(scenario: TerritoryScenario) -> str:
    """What one of the weight is called; empty where the label says it."""
    return {TerritoryWeight.HOURS: _("h"), TerritoryWeight.SALES: "¥"}.get(
        TerritoryWeight(scenario.weight), ""
    )


def handover_rows(scenario: TerritoryScenario) -> list[Any]:
    return [row.job for row in scenario.handovers.select_related("job")]


def progress_context(scenario: TerritoryScenario) -> dict[str, Any]:
    waiting = scenario.state == ScenarioState.QUEUED
    text = _("Waiting for a worker") if waiting else _("%(n)s percent reckoned") % {"n": scenario.done}
    url = reverse("territory:scenario_progress", args=[scenario.pk])
    return {"url": url, "busy": scenario.is_busy, "done": scenario.done, "total": 100, "text": text}


@require_safe
@can_see
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Polled by the page; when it is over, the page loads itself anew."""
    scenario = get_scenario(request, pk)
    if not scenario.is_busy:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return TemplateResponse(request, "common/progress.html", progress_context(scenario))


@require_safe
@can_see
@gzip_page
def places(request: HttpRequest, pk: int) -> HttpResponse:
    """Columns of what the map draws: territory.queries.territories.scenario_places."""
    scenario = get_scenario(request, pk)
    return JsonResponse(queries.scenario_places(scenario), json_dumps_params={"separators": (",", ":")})


@require_safe
@can_see
def customers(request: HttpRequest, pk: int) -> HttpResponse:
    """The customers of the chosen places (`place`, many), as a fragment with what may be done with them."""
    scenario = get_scenario(request, pk)
    chosen = {int(place) for place in request.GET.getlist("place") if place.isdecimal() and len(place) < 9}
    rows = queries.rows_at(scenario, chosen, user_of(request))
    context = {
        "scenario": scenario,
        "rows": rows[:SHOWN],
        "count": rows.count(),
        "places": sorted(chosen),
        "reps": scenario.reps.filter(is_locked=False).select_related("rep"),
        "may_change": user_of(request).has_perm("territory.change_territoryscenario")
        and scenario.state == ScenarioState.READY,
    }
    return TemplateResponse(request, "territory/scenario_customers.html", context)


# --- side by side
@can_see
def compare(request: HttpRequest) -> HttpResponse:
    """`pk` (two to four): their figures beside each other. The list posts them; the address then holds them."""
    source = request.POST if request.method == "POST" else request.GET
    chosen = [int(pk) for pk in dict.fromkeys(source.getlist("pk")) if pk.isdecimal() and len(pk) < 19]
    if request.method == "POST":
        query = "&".join(f"pk={pk}" for pk in chosen[:MOST_COMPARED])
        return redirect(f"{reverse('territory:scenario_compare')}?{query}")
    rows = TerritoryScenario.objects.visible_to(user_of(request)).select_related("created_by")
    found = {row.pk: row for row in rows.filter(pk__in=chosen[:MOST_COMPARED])}
    scenarios = [found[pk] for pk in chosen if pk in found]
    ready = [row for row in scenarios if row.state in (ScenarioState.READY, ScenarioState.PUBLISHED)]
    context = {
        "columns": [figures_context(row) for row in ready],
        "left_out": [row for row in scenarios if row not in ready],
    }
    context["people"] = _people_rows(context["columns"])
    return TemplateResponse(request, "territory/scenario_compare.html", context)


def _people_rows(columns: list[dict[str, Any]]) -> list[tuple[str, list[Any]]]:
    """(name, [his figures in each scenario or None]) of everybody who gets an area in one of them."""
    names: dict[int, str] = {}
    for column in columns:
        for row in column["figures"].rows:
            if row.number is not None:
                names[row.person.pk] = str(row.person)
    return [
        (
            name,
            [
                next((row for row in column["figures"].rows if row.person and row.person.pk == pk), None)
                for column in columns
            ],
        )
        for pk, name in sorted(names.items(), key=lambda pair: (pair[1], pair[0]))
    ]
