from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from common.tables import badge
from crm.models import Customer
from sales import queries
from sales.tables.orders import ORDER_COLOURS


@permission_required("sales.view_salesorder", raise_exception=True)
def customer_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment for the customer's page: last orders, deliveries, receipts, what is owed."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    sales = queries.customer_sales(customer, request.user)
    for order in sales.orders:
        order.badge = badge(order.get_status_display(), dict(ORDER_COLOURS).get(order.status, ""))
    context = {"customer": customer, "sales": sales}
    return TemplateResponse(request, "sales/customer_panel.html", context)
