"""Routes: list, form, the page with map and stops, and what its head does."""

import datetime as dt
from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.models import SystemOptions
from common import business_calendar
from common.tables import Column
from common.views import ListPage
from territory import queries, services, tasks
from territory.filters import RouteFilterSet, StopFilterSet
from territory.forms import RouteForm, WayForm
from territory.models import Route, RouteSuggestion
from territory.tables import route_columns, weekday_names
from territory.views import user_of

can_see = permission_required("territory.view_route", raise_exception=True)
may_change = permission_required("territory.change_route", raise_exception=True)


class RouteList(ListPage):
    permission_required = "territory.view_route"
    title = gettext_lazy("Routes")
    filterset_class = RouteFilterSet
    default_sort = "-saving"  # the worst first
    template_name = "territory/route_list.html"
    export_permission = "crm.export_customer"
    export_name = "routes"
    empty_text = gettext_lazy(
        "No routes yet. A route is an ordered list of customers that a rep walks on certain weekdays."
    )
    create_url = reverse_lazy("territory:route_create")
    create_label = gettext_lazy("New route")
    create_permission = "territory.add_route"
    next_url = reverse_lazy("visits:today")
    next_label = gettext_lazy("My day")
    next_permission = "visits.view_visittask"

    def get_queryset(self) -> QuerySet[Route]:
        return queries.routes_for_list(user_of(self.request))

    @cached_property
    def all_columns(self) -> Sequence[Column]:
        return route_columns(SystemOptions.load())

    def get_columns(self) -> Sequence[Column]:
        return self.all_columns

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        options = SystemOptions.load()
        stale = [row.pk for row in context["page"].object_list if not queries.is_measured(row, options)]
        if stale:
            transaction.on_commit(partial(tasks.measure_routes.delay, stale), robust=True)
        return context | {"stale": stale}


def get_route(request: HttpRequest, pk: int) -> Route:
    return get_object_or_404(Route.objects.visible_to(user_of(request)).select_related("rep__role"), pk=pk)


@permission_required("territory.add_route", raise_exception=True)
def create(request: HttpRequest) -> HttpResponse:
    return _form_page(
        request, Route(starts_on=business_calendar.today()), _("New route"), reverse("territory:route_list")
    )


@may_change
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    route = get_route(request, pk)
    return _form_page(request, route, route.name, route.get_absolute_url())


def _form_page(request: HttpRequest, route: Route, title: str, cancel_url: str) -> HttpResponse:
    form = RouteForm(request.POST or None, instance=route, user=user_of(request))
    if request.method == "POST" and form.is_valid():
        changed = {name: form.cleaned_data[name] for name in form.changed_data or form.cleaned_data}
        fields = changed if route.pk else form.cleaned_data
        try:
            saved = services.save_route(actor=user_of(request), route=route, **fields)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            remeasure(saved)
            messages.success(request, _("Route %(name)s is saved.") % {"name": saved.name})
            return redirect(saved)
    return TemplateResponse(
        request, "territory/route_form.html", {"form": form, "title": title, "cancel_url": cancel_url}
    )


@require_safe
@can_see
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    route = get_route(request, pk)
    context = page_context(request, route)
    context["weekdays"] = weekday_names(route)
    context["filterset"] = StopFilterSet(None, queryset=route.stops.none(), request=request)
    context["way_form"] = WayForm(route=route)
    return TemplateResponse(request, "territory/route.html", context)


def page_context(request: HttpRequest, route: Route) -> dict[str, object]:
    """What the stop list, the figures and the suggestion need."""
    view = queries.route_view(route, user_of(request))
    now = timezone.now()
    suggestion = queries.last_suggestion(route, view.order, now)
    return {
        "route": route,
        "view": view,
        "rows": view.rows,
        "may_change": request.user.has_perm("territory.change_route"),
        "suggestion": suggestion,
        **search_progress(suggestion, now),
    }


def search_progress(suggestion: RouteSuggestion | None, now: dt.datetime) -> dict[str, int]:
    """How long a search has run, of how long it may: it tells no more about itself."""
    total = round(services.SECONDS_AS_JOB)
    since = suggestion.heartbeat_at if suggestion and suggestion.is_busy else None
    return {"done": min(total, int((now - since).total_seconds())) if since else 0, "total": total}


def changed_answer(request: HttpRequest, route: Route) -> HttpResponse:
    """The stop list, with figures and suggestion beside it, after a change."""
    remeasure(route)
    return TemplateResponse(request, "territory/route_changed.html", page_context(request, route))


def remeasure(route: Route) -> None:
    """Bring the figures up to date: at once, or by a job where opening hours make the search long."""
    if not services.measure_now(route):
        transaction.on_commit(partial(tasks.measure_routes.delay, [route.pk]), robust=True)


@require_safe
@can_see
def figures(request: HttpRequest, pk: int) -> HttpResponse:
    """Figures and suggestion alone: after a drag, whose stop list the browser has in order already, and while the
    search for the best length goes on."""
    route = get_route(request, pk)
    remeasure(route)
    return TemplateResponse(request, "territory/route_figures.html#answer", page_context(request, route))


@require_POST
@permission_required("territory.delete_route", raise_exception=True)
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    route = get_route(request, pk)
    services.delete_route(actor=user_of(request), route=route)
    messages.success(request, _("Route %(name)s is deleted. Its visit tasks stay.") % {"name": route.name})
    return redirect("territory:route_list")


@require_POST
@permission_required(["territory.change_route", "visits.add_visittask"], raise_exception=True)
def generate(request: HttpRequest, pk: int) -> HttpResponse:
    """Tasks of this route for the next 14 days."""
    route = get_route(request, pk)
    result = services.generate_visit_tasks(route_ids=[route.pk], actor=user_of(request))
    text = _("%(created)s visit tasks made, %(existing)s were there already.") % {
        "created": result.created,
        "existing": result.existing,
    }
    if result.skipped:
        text += " " + _("%(n)s stops were left out: inactive, or no longer the rep's.") % {
            "n": result.skipped
        }
    (messages.success if result.created or result.existing else messages.warning)(request, text)
    return redirect(route)
