"""A customer's own rhythm on his page: a fragment of the alerts there (E5)."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from alerts.queries.rhythm import rhythm_view
from common import business_calendar
from crm.models import Customer


@permission_required("alerts.view_alert", raise_exception=True)
def rhythm_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """Gaps as bars, the expected day, value and trend."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    view = rhythm_view(customer, business_calendar.today())
    return render(request, "alerts/rhythm_panel.html", {"view": view, "customer": customer})
