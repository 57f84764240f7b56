"""Routes: list, form, the page with map and stops, and what its buttons do."""

import json

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from common import business_calendar
from common.templatetags.paodian import distance
from common.views import ListPage
from territory import queries, services
from territory.filters import RouteFilterSet, StopFilterSet
from territory.forms import RouteForm
from territory.models import Route
from territory.tables import ROUTE_COLUMNS, weekday_names
from territory.views import user_of

SEARCH_LIMIT = 50

may_change = permission_required("territory.change_route", raise_exception=True)


class RouteList(ListPage):
    permission_required = "territory.view_route"
    title = gettext_lazy("Routes")
    columns = ROUTE_COLUMNS
    filterset_class = RouteFilterSet
    default_sort = "name"
    empty_text = gettext_lazy(
        "No routes yet. A route is an ordered list of customers that a rep walks on certain weekdays."
    )
    create_url = reverse_lazy("territory:route_create")
    create_label = gettext_lazy("New route")
    create_permission = "territory.add_route"

    def get_queryset(self) -> QuerySet[Route]:
        return queries.routes_for_list(user_of(self.request))


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
            messages.success(request, _("Route %(name)s is saved.") % {"name": saved.name})
            return redirect(saved)
    return TemplateResponse(
        request, "territory/route_form.html", {"form": form, "title": title, "cancel_url": cancel_url}
    )


@require_safe
@permission_required("territory.view_route", raise_exception=True)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    route = get_route(request, pk)
    context = _stops_context(request, route)
    context["weekdays"] = weekday_names(route)
    context["filterset"] = StopFilterSet(None, queryset=route.stops.none(), request=request)
    return TemplateResponse(request, "territory/route.html", context)


def _stops_context(request: HttpRequest, route: Route) -> dict[str, object]:
    rows = queries.stop_rows(route, user_of(request))
    return {
        "route": route,
        "rows": rows,
        "length_m": sum(row.leg_m or 0 for row in rows),
        "may_change": request.user.has_perm("territory.change_route"),
    }


def _stops_fragment(request: HttpRequest, route: Route) -> HttpResponse:
    return TemplateResponse(request, "territory/route.html#stops", _stops_context(request, route))


@require_POST
@permission_required("territory.delete_route", raise_exception=True)
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    route = get_route(request, pk)
    services.delete_route(actor=user_of(request), route=route)
    messages.success(request, _("Route %(name)s is deleted. Its visit tasks stay.") % {"name": route.name})
    return redirect("territory:route_list")


@require_POST
@may_change
def order(request: HttpRequest, pk: int) -> HttpResponse:
    """`{"order": [stop ids], "seen": [stop ids before]}` → length and legs; 409 when somebody was faster."""
    route = get_route(request, pk)
    try:
        body = json.loads(request.body)
        wanted, seen = ([int(stop) for stop in body[key]] for key in ("order", "seen"))
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"error": _("This order cannot be read.")}, status=400)
    try:
        services.order_stops(actor=user_of(request), route=route, order=wanted, seen=seen)
    except services.StopsChangedError:
        message = _("Somebody else has changed this route meanwhile. Here is its present order.")
        return JsonResponse({"error": message}, status=409)
    rows = queries.stop_rows(route, user_of(request))
    length = distance(sum(row.leg_m or 0 for row in rows))
    legs = {row.stop.pk: distance(row.leg_m) if row.leg_m is not None else "" for row in rows}
    return JsonResponse({"length": length, "legs": legs})


@require_safe
@may_change
def find_customers(request: HttpRequest, pk: int) -> HttpResponse:
    """Customers that could be added: a fragment with tick boxes."""
    route = get_route(request, pk)
    filterset = StopFilterSet(
        request.GET, queryset=queries.candidates(route, user_of(request)), request=request
    )
    found = filterset.qs.order_by("name", "pk") if filterset.is_valid() else filterset.queryset.none()
    customers = list(found[: SEARCH_LIMIT + 1])
    context = {"route": route, "customers": customers[:SEARCH_LIMIT], "more": len(customers) > SEARCH_LIMIT}
    return TemplateResponse(request, "territory/route_candidates.html", context)


@require_POST
@may_change
def add_stops(request: HttpRequest, pk: int) -> HttpResponse:
    """Customers `pk` (many) onto the route, in before stop `position` when given; answers the stop list."""
    route = get_route(request, pk)
    try:
        customer_ids = [int(value) for value in request.POST.getlist("pk")]
        position = int(request.POST["position"]) if request.POST.get("position") else None
    except ValueError:
        return JsonResponse({"error": _("No such customer.")}, status=400)
    if not customer_ids:
        messages.error(request, _("Choose at least one customer."))
        return _stops_fragment(request, route)
    try:
        services.add_stops(actor=user_of(request), route=route, customer_ids=customer_ids, position=position)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return _stops_fragment(request, route)


@require_POST
@may_change
def remove_stop(request: HttpRequest, pk: int, stop_pk: int) -> HttpResponse:
    """Take a stop off; answers the stop list. The page offers to put it back where it was."""
    route = get_route(request, pk)
    try:
        services.remove_stop(actor=user_of(request), route=route, stop_id=stop_pk)
    except services.StopsChangedError:
        messages.warning(request, _("This stop was taken off already."))
    return _stops_fragment(request, route)


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
