"""Alerts on the customer's page: a fragment loaded over HTTP, since crm knows nothing of alerts."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from alerts import queries
from common import business_calendar
from crm.models import Customer


@permission_required("alerts.view_alert", raise_exception=True)
def customer_panel(request: HttpRequest, pk: int) -> HttpResponse:
    customers = Customer.objects.visible_to(request.user).select_related("owner")
    customer = get_object_or_404(customers, pk=pk)
    today = business_calendar.today()
    opened, earlier = queries.alerts_of(customer)
    shown = [
        {"alert": alert, "days": alert.days_words(today), "reason": queries.reason(alert)} for alert in opened
    ]
    context = {
        "customer": customer,
        "alerts": shown,
        "explanations": queries.explain(customer, today, {alert.kind for alert in opened}),
        "history": earlier,
    }
    return render(request, "alerts/customer_panel.html", context)
