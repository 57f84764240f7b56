"""Tour plans (F4): list, form, the page with map, table and board, the comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from accounts.models import User
from common import business_calendar
from common.views import BulkAction, ListPage
from crm.models import Customer
from territory.filters.tour_plans import TourPlanFilterSet
from territory.forms.tour_plans import PlacesForm, TourPlanForm
from territory.models import Tour, TourPlan, TourPlanRep
from territory.queries import tour_plans as queries
from territory.services import tour_plans as services
from territory.tables.tour_plans import REASONS, REFUSALS, TOUR_PLAN_COLUMNS
from territory.views import user_of

# One colour a weekday or day, told apart on a light map.
PALETTE = (
    "#0f766e", "#c2410c", "#1d4ed8", "#a21caf", "#4d7c0f", "#be123c", "#0369a1", "#854d0e", "#6d28d9", "#15803d",
)  # fmt: skip
MOST_COMPARED = 4
can_see = permission_required("territory.view_tourplan", raise_exception=True)
may_change = permission_required("territory.change_tourplan", raise_exception=True)


class TourPlanList(ListPage):
    permission_required = "territory.view_tourplan"
    title = gettext_lazy("Tour plans")
    columns = TOUR_PLAN_COLUMNS
    filterset_class = TourPlanFilterSet
    bulk_actions = (
        BulkAction(gettext_lazy("Compare"), reverse_lazy("territory:tour_plan_compare"), icon="columns"),
    )
    export_permission = "crm.export_customer"
    export_name = "tour-plans"
    empty_text = gettext_lazy(
        "No tour plans yet. A plan says which rep visits which customers on which day of a period, and in what order. "
        "Reps get nothing before you publish it."
    )
    create_url = reverse_lazy("territory:tour_plan_create")
    create_label = gettext_lazy("New tour plan")
    create_permission = "territory.add_tourplan"

    def get_queryset(self) -> QuerySet[TourPlan]:
        return queries.tour_plans_for_list(user_of(self.request))


def get_plan(request: HttpRequest, pk: int) -> TourPlan:
    plan: TourPlan = get_object_or_404(
        TourPlan.objects.visible_to(user_of(request)).select_related("created_by"), pk=pk
    )
    return plan


# --- form
@permission_required("territory.add_tourplan", raise_exception=True)
def create(request: HttpRequest) -> HttpResponse:
    plan = queries.defaults(business_calendar.today())
    return _form_page(request, plan, _("New tour plan"), reverse("territory:tour_plan_list"))


@may_change
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    plan = get_plan(request, pk)
    return _form_page(request, plan, plan.name, plan.get_absolute_url())


def _form_page(request: HttpRequest, plan: TourPlan, title: str, cancel_url: str) -> HttpResponse:
    form = TourPlanForm(request.POST or None, instance=plan, user=user_of(request))
    if request.method == "POST" and form.is_valid():
        values, reps = form.values(), list(form.cleaned_data["reps"])
        try:
            saved = services.save_tour_plan(actor=user_of(request), plan=plan, reps=reps, **values)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Tour plan %(name)s is saved.") % {"name": saved.name})
            return redirect(
                saved if saved.shops.exists() else reverse("territory:tour_plan_shops", args=[saved.pk])
            )
    context = {"form": form, "title": title, "cancel_url": cancel_url}
    return TemplateResponse(request, "territory/tour_plan_form.html", context)


@may_change
def places(request: HttpRequest, pk: int, rep_pk: int) -> HttpResponse:
    """Where a rep's days begin and end."""
    plan = get_plan(request, pk)
    row: TourPlanRep = get_object_or_404(plan.reps.select_related("rep"), rep_id=rep_pk)
    form = PlacesForm(request.POST or None, row=row)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_places(actor=user_of(request), plan=plan, rep_id=rep_pk, **form.values())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Start and end of %(rep)s are saved.") % {"rep": row.rep})
            return redirect(plan)
    context = {"form": form, "plan": plan, "row": row, "cancel_url": plan.get_absolute_url()}
    return TemplateResponse(request, "territory/tour_plan_places.html", context)


# --- the page
@require_safe
@can_see
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    plan = get_plan(request, pk)
    context = page_context(request, plan) | progress_context(plan)
    return TemplateResponse(request, "territory/tour_plan.html", context)


@require_safe
@can_see
def board(request: HttpRequest, pk: int) -> HttpResponse:
    """The figures, the table and the board again, for the rep of `rep`."""
    return TemplateResponse(
        request, "territory/tour_plan_board.html", page_context(request, get_plan(request, pk))
    )


def page_context(request: HttpRequest, plan: TourPlan) -> dict[str, Any]:
    """What map, table and board show. The board is one rep's: that of `rep`, else the first."""
    user = user_of(request)
    tours = queries.laid_tours(plan)
    lines = queries.rep_lines(plan, tours)
    chosen = request.GET.get("rep") or request.POST.get("rep") or ""
    line = next((line for line in lines if str(line.rep.pk) == chosen), lines[0] if lines else None)
    dates = queries.tour_dates(plan)
    hidden = queries.hidden_customers(plan, user)
    return {
        "plan": plan,
        "dates": list(zip(dates, colours(dates), strict=True)),
        "lines": lines,
        "line": line,
        "days": list(zip(line.tours, colours(dates), strict=True)) if line else [],
        "figures": queries.plan_figures(plan, tours, lines),
        "missing": [(shop, REASONS.get(shop.reason, "")) for shop in queries.missing_shops(plan)],
        "hidden": hidden,
        "unseen": _unseen(lines),
        "refused": _refused(plan, hidden),
        "shop_count": plan.shops.count(),
        "may_change": request.user.has_perm("territory.change_tourplan"),
        "may_publish": request.user.has_perm("territory.publish_tourplan"),
        "can_undo": bool(plan.history),
        "has_moved": any(stop.by_hand for tour in tours for stop in tour.stops.all()),
    }


def colours(dates: Sequence[Any]) -> list[str]:
    """Names of the classes that colour a day on map and board: pt-day-0 …"""
    return [f"pt-day-{number % len(PALETTE)}" for number in range(len(dates))]


def _unseen(lines: Sequence[queries.RepLine]) -> list[tuple[User, int]]:
    counts = queries.unseen_by_reps(lines, timezone.now())
    return [(line.rep, counts[line.rep.pk]) for line in lines if counts[line.rep.pk]]


def _refused(plan: TourPlan, hidden: set[int]) -> list[tuple[str, str, Any, str]]:
    """(customer, rep, day, reason) of what the last publishing refused."""
    rows = plan.report.get("refused", [])
    customers = Customer.objects.in_bulk({row[0] for row in rows} - hidden)
    reps = User.objects.in_bulk({row[1] for row in rows})
    return [
        (str(customers.get(customer, "–")), str(reps.get(rep, "–")), day, str(REFUSALS.get(reason, reason)))
        for customer, rep, day, reason in rows
    ]


@require_safe
@can_see
@gzip_page
def lines(request: HttpRequest, pk: int) -> JsonResponse:
    """Tours for the map: [{rep, name, day, start, end, stops: [[lat, lng, name], …]}], days as numbers of the plan."""
    plan = get_plan(request, pk)
    hidden = queries.hidden_customers(plan, user_of(request))
    days = {day: number for number, day in enumerate(queries.tour_dates(plan))}
    rows = {row.rep_id: row for row in plan.reps.all()}
    found = [
        _line(tour, rows[tour.rep_id], days[tour.date], hidden)
        for tour in queries.laid_tours(plan)
        if tour.rep_id in rows and tour.date in days
    ]
    return JsonResponse({"tours": found, "colours": PALETTE})


def _line(tour: Tour, row: TourPlanRep, day: int, hidden: set[int]) -> dict[str, Any]:
    shops = [stop.shop.customer for stop in tour.stops.all() if stop.shop.customer_id not in hidden]
    return {
        "rep": tour.rep_id,
        "name": str(tour.rep),
        "day": day,
        "start": row.start,
        "end": row.end,
        "stops": [[shop.latitude, shop.longitude, shop.name] for shop in shops if shop.has_location],
    }


@require_safe
@can_see
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The bar while tours are searched for; when that is over, the page is loaded anew."""
    plan = get_plan(request, pk)
    answer = TemplateResponse(
        request, "territory/tour_plan_progress.html", progress_context(plan) | {"plan": plan}
    )
    if not plan.is_busy:
        answer["HX-Refresh"] = "true"
    return answer


def progress_context(plan: TourPlan) -> dict[str, Any]:
    text = _("Waiting for a worker") if plan.state == "queued" else _("Searching for tours")
    if plan.stop_wanted:
        text = _("Being cancelled")
    return {
        "busy": plan.is_busy,
        "url": reverse("territory:tour_plan_progress", args=[plan.pk]),
        "done": plan.done,
        "total": plan.total or 1,
        "text": text,
    }


# --- comparison
@can_see
def compare(request: HttpRequest) -> HttpResponse:
    """Plans `pk` (2 to 4) beside each other; a POST from the list leads to their address."""
    if request.method == "POST":
        picked = [pk for pk in request.POST.getlist("pk") if pk.isdecimal()]
        query = "&".join(f"pk={pk}" for pk in picked[:MOST_COMPARED])
        return redirect(f"{request.path}?{query}")
    ids = [int(pk) for pk in request.GET.getlist("pk") if pk.isdecimal() and len(pk) < 10][:MOST_COMPARED]
    plans = {plan.pk: plan for plan in TourPlan.objects.visible_to(user_of(request)).filter(pk__in=ids)}
    if any(pk not in plans for pk in ids):
        raise Http404
    columns = []
    for plan in (plans[pk] for pk in dict.fromkeys(ids)):
        tours = queries.laid_tours(plan)
        rows = queries.rep_lines(plan, tours)
        columns.append({"plan": plan, "figures": queries.plan_figures(plan, tours, rows), "lines": rows})
    best = _best(columns)
    return TemplateResponse(request, "territory/tour_plan_compare.html", {"columns": columns, "best": best})


def _best(columns: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The smallest of each figure, so that the table can mark it."""
    names = ("missing", "metres", "work_s", "spread", "changed", "longest_s")
    if len(columns) < 2:
        return {}
    return {name: min(getattr(column["figures"], name) for column in columns) for name in names}
