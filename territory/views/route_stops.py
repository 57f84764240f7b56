"""What changes the stops of a route: order by hand, adding, taking off, opening hours."""

import json

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from common.templatetags.paodian import distance
from territory import queries, services
from territory.filters import StopFilterSet
from territory.forms import StopHoursForm
from territory.views import user_of
from territory.views.routes import changed_answer, get_route, may_change

SEARCH_LIMIT = 50


@require_POST
@may_change
def order(request: HttpRequest, pk: int) -> HttpResponse:
    """`{"order": [stop ids], "seen": [stop ids before]}` → length, legs and clock; 409 when somebody was faster."""
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
    services.measure_now(route)
    view = queries.route_view(route, user_of(request))
    return JsonResponse(
        {
            "length": distance(view.length_m),
            "legs": {row.stop.pk: "" if row.leg_m is None else distance(row.leg_m) for row in view.rows},
            "arrives": {row.stop.pk: f"{row.arrives:%H:%M}" if row.arrives else "" for row in view.rows},
            "late": [row.stop.pk for row in view.rows if row.late],
            "turns_back": [row.stop.pk for row in view.rows if row.turns_back],
            "ends": "" if view.last_leg_m is None else distance(view.last_leg_m),
            "ends_at": f"{view.ends_at:%H:%M}",
        }
    )


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
        return changed_answer(request, route)
    try:
        services.add_stops(actor=user_of(request), route=route, customer_ids=customer_ids, position=position)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return changed_answer(request, route)


@require_POST
@may_change
def remove_stop(request: HttpRequest, pk: int, stop_pk: int) -> HttpResponse:
    """Take a stop off; answers the stop list. The page offers to put it back where it was."""
    route = get_route(request, pk)
    try:
        services.remove_stop(actor=user_of(request), route=route, stop_id=stop_pk)
    except services.StopsChangedError:
        messages.warning(request, _("This stop was taken off already."))
    return changed_answer(request, route)


@require_POST
@may_change
def stop_hours(request: HttpRequest, pk: int, stop_pk: int) -> HttpResponse:
    """When a visit at a stop may begin; answers the stop list, and says why when it cannot be so."""
    route = get_route(request, pk)
    form = StopHoursForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give the hours like 08:30."))
        return changed_answer(request, route)
    try:
        services.set_stop_hours(actor=user_of(request), route=route, stop_id=stop_pk, **form.cleaned_data)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except services.StopsChangedError:
        messages.warning(request, _("This stop was taken off already."))
    return changed_answer(request, route)
