"""The customer map (F1)."""

import json
from functools import cache
from importlib import resources

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import conditional_page, require_safe

from common import business_calendar
from common.geo import navigation_links, valid_coordinates
from crm.models import Customer
from sales.queries import receivables
from territory import queries
from territory.filters import CustomerFilterSet
from territory.views import user_of

NEAREST = 20
# The brands are named as people know them.
PROVIDERS = {
    "amap": _("AMap"),
    "baidu": _("Baidu"),
    "tencent": _("Tencent"),
    "apple": _("Apple"),
}

can_see_map = permission_required("territory.view_map", raise_exception=True)


def customers_of(request: HttpRequest) -> QuerySet[Customer]:
    return Customer.objects.visible_to(user_of(request)).active()


def filterset_of(request: HttpRequest) -> CustomerFilterSet:
    return CustomerFilterSet(request.GET, queryset=customers_of(request), request=request)


class MapPage(PermissionRequiredMixin, View):
    permission_required = "territory.view_map"
    raise_exception = True

    def get(self, request: HttpRequest) -> HttpResponse:
        return TemplateResponse(
            request,
            "territory/map.html",
            {"filterset": filterset_of(request), "bands": request.GET.getlist("band")},
        )


# The inner decorator answers 304 by the plain text's tag; gzip outside, since it packs each answer differently.
@require_safe
@can_see_map
@gzip_page
@conditional_page
@cache_control(private=True, no_cache=True)
def points(request: HttpRequest) -> HttpResponse:
    """Columns of the customers that match the filters, and how many of them have no location."""
    filterset = filterset_of(request)
    if not filterset.is_valid():
        return JsonResponse({"errors": filterset.errors}, status=400)
    columns = queries.map_points(filterset.qs, business_calendar.today())
    columns["without"] = filterset.qs.filter(latitude__isnull=True).count()
    return JsonResponse(columns, json_dumps_params={"separators": (",", ":")})


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
    """The named customers (`pk`, at most 20), nearest to `lat`, `lng` first: a fragment."""
    try:
        lat, lng = float(request.GET["lat"]), float(request.GET["lng"])
        pks = [int(pk) for pk in request.GET.getlist("pk")[:NEAREST]]
    except (KeyError, ValueError):
        return HttpResponseBadRequest()
    if not valid_coordinates(lat, lng):
        return HttpResponseBadRequest()
    rows = queries.nearest(customers_of(request), pks, lat, lng)
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
