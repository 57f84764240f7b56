"""Visits on the customer's page: a fragment loaded over HTTP, since crm knows nothing of visits."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from common import business_calendar
from crm.models import Customer
from visits import queries


@permission_required("visits.view_visit", raise_exception=True)
def customer_panel(request: HttpRequest, pk: int) -> HttpResponse:
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    history = queries.customer_history(user=request.user, customer=customer, today=business_calendar.today())
    return render(request, "visits/customer_panel.html", {"customer": customer, **history})
