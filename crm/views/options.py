"""Choices for forms of other apps: customers for the picker, regions and industries for personal settings."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse

from crm.enums import DictionaryKind
from crm.models import Customer
from crm.queries.customers import dictionary_entries

LIMIT = 20


@permission_required("crm.view_customer", raise_exception=True)
def customer_options(request: HttpRequest) -> JsonResponse:
    """JSON list of at most 20 active customers in my scope: [{id, code, name, address, lat, lng}].

    GET: q (name, pinyin initials, code, phone tail), owner (user id, narrows), located=1 (only those with a location).
    """
    rows = Customer.objects.visible_to(request.user).active().search(request.GET.get("q", ""))
    if (owner := request.GET.get("owner", "")).isdecimal():
        rows = rows.filter(owner_id=int(owner))
    if request.GET.get("located"):
        rows = rows.with_location()
    fields = ("pk", "code", "name", "province", "city", "district", "address", "latitude", "longitude")
    options = [
        {
            "id": customer.pk,
            "code": customer.code,
            "name": customer.name,
            "address": customer.full_address,
            "lat": customer.latitude,
            "lng": customer.longitude,
        }
        for customer in rows.only(*fields).order_by("-pk")[:LIMIT]
    ]
    return JsonResponse(options, safe=False)


@permission_required("crm.view_customer", raise_exception=True)
def usual_choices(request: HttpRequest) -> HttpResponse:
    """Fragment of the page 我的: the names of the dictionaries that personal settings choose from (A3)."""
    kinds = (DictionaryKind.REGION, DictionaryKind.INDUSTRY)
    entries = dictionary_entries(kinds)
    lists = {
        "usual-regions": [name for _pk, name in entries[DictionaryKind.REGION]],
        "usual-industries": [name for _pk, name in entries[DictionaryKind.INDUSTRY]],
    }
    return TemplateResponse(request, "crm/usual_choices.html", {"lists": lists})
