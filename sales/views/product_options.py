"""The JSON that order entries and pickers search products in."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, JsonResponse

from common import business_calendar
from sales.models import Product
from sales.views.product_data import offers
from sales.views.shared import asked_customer, of_category


@permission_required("sales.view_product", raise_exception=True)
def product_options(request: HttpRequest) -> JsonResponse:
    """JSON list of at most 20 products on sale that match ?q= (name, initials, code, barcode of piece or box); at most
    60 that are of ?category= or below it.

    With ?customer= `price` is what that customer pays for the first unit, `reason` says why, and `steps` hold every
    quantity from which on the price is another: [{"from", "price", "reason"}]. `available` is what can still be
    promised, in the product's unit; quantities and prices are texts. The number of statements does not depend on
    the number of products. A customer out of scope is 404.
    """
    customer = asked_customer(request)
    text = request.GET.get("q", "")
    found, limit = of_category(request, Product.objects.visible_to(request.user).active().search(text))
    options = offers(customer, list(found[:limit]), business_calendar.today(), text=text)
    return JsonResponse(options, safe=False)
