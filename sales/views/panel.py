from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from common import business_calendar
from common.tables import badge
from crm.models import Customer
from sales import queries
from sales.queries.stock import van_of
from sales.tables.orders import ORDER_COLOURS


@permission_required("sales.view_salesorder", raise_exception=True)
def customer_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment for the customer's page: last orders, deliveries, receipts, what is owed."""
    rows = Customer.objects.visible_to(request.user).select_related("terms")
    customer = get_object_or_404(rows, pk=pk)
    sales = queries.customer_sales(customer, request.user)
    for order in sales.orders:
        order.badge = badge(order.get_status_display(), dict(ORDER_COLOURS).get(order.status, ""))
    sees_terms = request.user.has_perm("sales.view_customerterms")
    context = {
        "customer": customer,
        "sales": sales,
        "account": queries.account_facts(customer, business_calendar.today()),
        "terms": getattr(customer, "terms", None) if sees_terms else None,
        "today": business_calendar.today(),
        "has_van": van_of(request.user) is not None,
    }
    return TemplateResponse(request, "sales/customer_panel.html", context)
