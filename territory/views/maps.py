"""The customer map (F1)."""

import json
from functools import cache
from importlib import resources

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import conditional_page, require_safe

from common import business_calendar
from common.geo import navigation_links
from crm.models import Customer
from sales.queries import receivables
from territory import queries
from territory.filters.maps import MapFilterSet, map_filterset, map_query
from territory.forms.map_look import HeatForm, LookForm, PlaceForm, colour_choices, heat_choices
from territory.queries.heat import heat_data
from territory.queries.map_data import Look, Source, map_data
from territory.rules.heat import MONEY
from territory.views import user_of

NEAREST = 20
# The brands are named as people know them.
PROVIDERS = {
    "amap": _("AMap"),
    "baidu": _("Baidu"),
    "tencent": _("Tencent"),
    "apple": _("Apple"),
    "geo": _("Other map app"),
}

can_see_map = permission_required("territory.view_map", raise_exception=True)


def filterset_of(request: HttpRequest) -> MapFilterSet:
    customers = Customer.objects.visible_to(user_of(request))
    return map_filterset(request, customers, request.GET)


class MapPage(PermissionRequiredMixin, View):
    permission_required = "territory.view_map"
    raise_exception = True

    def get(self, request: HttpRequest) -> HttpResponse:
        colours = colour_choices(user_of(request))
        chosen = request.GET.get("by", "")
        heats = [(key, label, key in MONEY) for key, label in heat_choices(user_of(request))]
        context = {
            "filterset": filterset_of(request),
            "colours": colours,
            "colour": chosen if chosen in dict(colours) else colours[0][0],
            "heats": heats,
            "heat": request.GET.get("heat", ""),
            "marks": "marks" in request.GET,
        }
        return TemplateResponse(request, "territory/map.html", context)


def source_of(request: HttpRequest, filterset: MapFilterSet) -> Source:
    return Source(
        user=user_of(request),
        customers=filterset.qs,
        everything=not filterset.is_narrowed,
        now=timezone.now(),
        today=business_calendar.today(),
    )


# The inner decorator answers 304 by the plain text's tag; gzip outside, since it packs each answer differently.
@require_safe
@can_see_map
@gzip_page
@conditional_page
@cache_control(private=True, no_cache=True)
def cells(request: HttpRequest) -> HttpResponse:
    """What the map draws: `box` "south,west,north,east" at `zoom`, or wherever the customers are on `width` by
    `height` pixels; `by` a colour; and the filters of the customer list. See queries.map_data."""
    form, filterset = LookForm(request.GET, user=user_of(request)), filterset_of(request)
    if not form.is_valid() or not filterset.is_valid():
        return JsonResponse({"errors": form.errors | filterset.errors}, status=400)
    asked = form.cleaned_data
    source = source_of(request, filterset)
    size = asked["width"] or 1024, asked["height"] or 768
    columns = map_data(source, Look(asked["by"], asked["box"], asked["zoom"], *size))
    return JsonResponse(columns, json_dumps_params={"separators": (",", ":")})


@require_safe
@can_see_map
@gzip_page
def heat(request: HttpRequest) -> HttpResponse:
    """Points of the heat layer: `heat` a measure, `box` at `zoom`, and the filters of the list. See queries.heat."""
    form, filterset = HeatForm(request.GET, user=user_of(request)), filterset_of(request)
    if not form.is_valid() or not filterset.is_valid():
        return JsonResponse({"errors": form.errors | filterset.errors}, status=400)
    asked = form.cleaned_data
    columns = heat_data(source_of(request, filterset), asked["heat"], asked["box"], asked["zoom"])
    return JsonResponse(columns, json_dumps_params={"separators": (",", ":")})


@require_safe
@can_see_map
def without(request: HttpRequest) -> HttpResponse:
    """How many of the customers that match have no location: {"count", "query" of the list that names them}."""
    filterset = filterset_of(request)
    if not filterset.is_valid():
        return JsonResponse({"errors": filterset.errors}, status=400)
    query = map_query(request.GET)
    query["gap"] = "location"
    count = filterset.qs.filter(latitude__isnull=True).count()
    return JsonResponse({"count": count, "query": query.urlencode()})


@require_safe
@can_see_map
def popup(request: HttpRequest, pk: int) -> HttpResponse:
    """Facts and buttons of one customer."""
    customer = get_object_or_404(
        Customer.objects.visible_to(user_of(request)).select_related("owner").prefetch_related("phones"),
        pk=pk,
    )
    links = []
    if place := queries.place_of(customer):
        links = [
            (PROVIDERS[code], url)
            for code, url in navigation_links(*place, customer.name)
            if code in PROVIDERS
        ]
    context = {"customer": customer, "receivable": receivables([pk])[pk], "links": links}
    return TemplateResponse(request, "territory/map_popup.html", context)


@require_safe
@can_see_map
def nearest_list(request: HttpRequest) -> HttpResponse:
    """The customers of the filters nearest to `lat`, `lng`: a fragment."""
    form, filterset = PlaceForm(request.GET), filterset_of(request)
    if not form.is_valid() or not filterset.is_valid():
        return HttpResponseBadRequest()
    rows = queries.nearest(filterset.qs, form.cleaned_data["lat"], form.cleaned_data["lng"], NEAREST)
    return TemplateResponse(request, "territory/map_nearest.html", {"rows": rows})


@cache
def _outline_script() -> str:
    text = resources.files("common.geo").joinpath("mainland_outline.json").read_text(encoding="utf-8")
    rings = json.dumps({"rings": json.loads(text)["rings"]}, separators=(",", ":"))
    return f"window.PAODIAN_OUTLINE = {rings};"


@require_safe
@gzip_page
@cache_control(max_age=7 * 24 * 3600, private=True)
def outline(request: HttpRequest) -> HttpResponse:
    """The outline of common.geo for maps in GCJ-02, so that browser and server shift the same places."""
    return HttpResponse(_outline_script(), content_type="text/javascript; charset=utf-8")
