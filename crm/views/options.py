"""The picker's data: customers to choose from in forms of every app."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, JsonResponse

from crm.models import Customer

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
