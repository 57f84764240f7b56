"""The JSON that order entries and pickers search products in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, JsonResponse

from common import business_calendar
from crm.models import Customer
from sales.models import Product
from sales.queries import prices as queries
from sales.queries.prices import Step
from sales.views.entry import product_data
from sales.views.shared import asked_customer

LIMIT = 20


@permission_required("sales.view_product", raise_exception=True)
def product_options(request: HttpRequest) -> JsonResponse:
    """JSON list of at most 20 products on sale that match ?q= (name, initials, code, barcode of piece or box).

    With ?customer= `price` is what that customer pays for the first unit, `reason` says why, and `steps` hold every
    quantity from which on the price is another: [{"from", "price", "reason"}]. `available` is what can still be
    promised, in the product's unit; quantities and prices are texts. The number of statements does not depend on
    the number of products. A customer out of scope is 404.
    """
    customer = asked_customer(request)
    text = request.GET.get("q", "")
    found = Product.objects.visible_to(request.user).active().search(text)
    products = list(found[:LIMIT])
    available = queries.available([product.pk for product in products], queries.default_location())
    steps = _steps(customer, products)
    return JsonResponse(
        [_option(product, steps.get(product.pk), available[product.pk], text) for product in products],
        safe=False,
    )


def _steps(customer: Customer | None, products: list[Product]) -> dict[int, list[Step]]:
    if customer is None:
        return {}
    return queries.price_steps(customer, products, business_calendar.today())


def _option(product: Product, steps: list[Step] | None, available: Decimal, text: str) -> dict[str, Any]:
    data: dict[str, Any] = product_data(product) | {
        "box_barcode": product.box_barcode,
        "is_box": bool(product.box_barcode) and product.box_barcode == text.strip(),
        "available": f"{available:f}",
        "floor": "" if product.floor_price is None else str(product.floor_price),
        "thumbnail": product.thumbnail_address,
        "reason": "",
        "steps": [],
    }
    if steps:
        first = steps[0].price
        data |= {
            "price": str(first.value),
            "reason": first.reason,
            "steps": [
                {"from": f"{step.least:f}", "price": str(step.price.value), "reason": step.price.reason}
                for step in steps
            ],
        }
    return data
