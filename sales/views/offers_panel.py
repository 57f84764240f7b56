from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from common import business_calendar
from crm.models import Customer
from sales.queries.agreements import customer_agreements
from sales.queries.quotes import customer_quotes
from sales.tables.agreements import state_badge
from sales.tables.quotes import status_badge


@permission_required("sales.view_quote", raise_exception=True)
def customer_offers(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment for the customer's page: last quotations and the agreements, as far as the asker may see them."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    today = business_calendar.today()
    quotes = [(quote, status_badge(quote)) for quote in customer_quotes(customer.pk, request.user)]
    agreements = []
    if request.user.has_perm("sales.view_agreement"):
        found = customer_agreements(customer.pk, request.user)
        agreements = [(agreement, state_badge(agreement, today)) for agreement in found]
    context = {"customer": customer, "quotes": quotes, "agreements": agreements}
    return TemplateResponse(request, "sales/offers_panel.html", context)
