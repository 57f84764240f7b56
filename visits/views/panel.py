"""Visits, their photos and the shelf on the customer's page: fragments loaded over HTTP, since crm knows nothing of visits."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from common import business_calendar
from crm.models import Customer
from visits import queries
from visits.queries.in_store import shelf
from visits.queries.photos import wall_photos

PHOTOS = 24


@permission_required("visits.view_visit", raise_exception=True)
def customer_panel(request: HttpRequest, pk: int) -> HttpResponse:
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    history = queries.customer_history(user=request.user, customer=customer, today=business_calendar.today())
    return render(request, "visits/customer_panel.html", {"customer": customer, **history})


@permission_required("visits.view_visit", raise_exception=True)
def photo_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The latest photos of visits there, as far as the wall shows them to this person."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    photos = list(wall_photos(user=request.user).filter(visit__customer=customer)[: PHOTOS + 1])
    context = {"customer": customer, "photos": photos[:PHOTOS], "more": len(photos) > PHOTOS}
    return render(request, "visits/photo_panel.html", context)


@permission_required("visits.view_visit", raise_exception=True)
def shelf_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """What stood on the shelf when it was last counted, and what came and went since."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    lines = shelf(customer=customer, day=business_calendar.today())
    return render(request, "visits/shelf_panel.html", {"customer": customer, "lines": lines})
