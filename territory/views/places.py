"""Customers without a sure location: why, put right by a pin, or looked up at a map service (F1)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from crm import services as crm
from crm.enums import BulkState, LocationStatus, PlaceGap
from crm.models import Customer, GeocodeJob
from crm.queries import places
from crm.rules.geocoding import BadGeocoder
from crm.services import geocoding
from territory.filters.places import PlaceFilterSet
from territory.queries.places import place_rows
from territory.views import user_of

PAGE_ROWS = 50

can_see = permission_required("crm.view_customer", raise_exception=True)
can_change = permission_required("crm.change_customer", raise_exception=True)
can_confirm = permission_required("crm.confirm_location", raise_exception=True)


def filtered(request: HttpRequest, query: QueryDict) -> PlaceFilterSet:
    return PlaceFilterSet(query, queryset=places.unplaced_customers(user_of(request)), request=request)


@require_safe
@can_see
def unlocated(request: HttpRequest) -> HttpResponse:
    """The list with the reasons, and the map beside it."""
    filterset = filtered(request, request.GET)
    rows = filterset.qs.select_related("owner").order_by("name", "pk")
    page = Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page"))
    shown = place_rows(list(page.object_list))
    without_gap = request.GET.copy()
    without_gap.pop("gap", None)
    counts = places.gap_counts(filtered(request, without_gap).qs)
    service, problem = _service()
    context: dict[str, Any] = {
        "filterset": filterset,
        "page": page,
        "rows": shown,
        "points": [row.point() for row in shown],
        "gaps": [(gap, counts[gap]) for gap in PlaceGap if counts.get(gap)],
        "total": sum(counts.values()),
        "chosen": request.GET.get("gap", ""),
        "service": service,
        "problem": problem,
        "jobs": places.geocode_jobs(user_of(request))[:3],
        "here": request.get_full_path(),
        # asked for when nothing is listed only
        "has_customers": Customer.objects.visible_to(user_of(request)).exists,
    }
    return TemplateResponse(request, "territory/unlocated.html", context)


def _service() -> tuple[str, str]:
    """(name of the map service, what is wrong with its setting)."""
    try:
        provider = geocoding.provider_in_use()
    except BadGeocoder as error:
        return "", str(error)
    return (provider.name if provider else ""), ""


@require_POST
@can_change
def pin(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the customer is: `lat`, `lng` in WGS-84 degrees; both empty take the location away.

    With `back` it is what stood there before: to confirm, as it was. Answers JSON {status, label}, 422 with {error}.
    """
    customer = get_object_or_404(Customer.objects.editable_by(user_of(request)), pk=pk)
    try:
        lat, lng = _degrees(request.POST.get("lat", "")), _degrees(request.POST.get("lng", ""))
        fields: dict[str, Any] = {"latitude": lat, "longitude": lng}
        if "back" in request.POST and lat is not None:
            fields["location_status"] = LocationStatus.TO_CONFIRM
        saved = crm.update_customer(actor=user_of(request), customer=customer, **fields)
    except ValidationError as error:
        return JsonResponse({"error": " ".join(error.messages)}, status=422)
    return JsonResponse({"status": saved.location_status, "label": saved.get_location_status_display()})


def _degrees(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError as error:
        raise ValidationError(_("These are no coordinates.")) from error


# --- looking addresses up
@require_POST
@can_confirm
def geocode_start(request: HttpRequest) -> HttpResponse:
    """Look up the addresses of all customers of the list's filters (`query`) that have no location."""
    query = QueryDict(request.POST.get("query", ""))
    filterset = filtered(request, query)
    rows = filterset.qs if filterset.is_valid() else filterset.queryset.none()
    try:
        job = geocoding.start(actor=user_of(request), customers=rows)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(f"{reverse('territory:unlocated')}?{query.urlencode()}")
    return redirect(job)


def _job(request: HttpRequest, pk: int) -> GeocodeJob:
    job: GeocodeJob = get_object_or_404(places.geocode_jobs(user_of(request)), pk=pk)
    return job


def _progress(job: GeocodeJob) -> dict[str, Any]:
    text = _("%(done)s of %(rows)s addresses") % {"done": f"{job.done:,}", "rows": f"{job.total:,}"}
    if job.state == BulkState.QUEUED and not job.done:
        text = _("Waiting for a worker")
    url = reverse("territory:geocode_progress", args=[job.pk])
    return {"url": url, "busy": job.is_busy, "done": job.done, "total": job.total, "text": text}


@require_safe
@can_confirm
def geocode_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What came of each address; `show` is one outcome."""
    job = _job(request, pk)
    outcomes = places.outcome_counts(job)
    names = [name for name, _label, _count in outcomes]
    show = request.GET.get("show", "")
    if show not in names:
        show = names[0] if names else ""
    rows = job.items.filter(outcome=show).select_related("customer").order_by("pk")
    context = {
        **_progress(job),
        "job": job,
        "outcomes": outcomes,
        "show": show,
        "page": Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page")),
        "may_undo": job.state in (BulkState.DONE, BulkState.FAILED) and "found" in names,
    }
    return TemplateResponse(request, "territory/geocode_detail.html", context)


@require_safe
@can_confirm
def geocode_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Polled by the page; when the look-up is over, the page loads itself anew."""
    job = _job(request, pk)
    if not job.is_busy:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return TemplateResponse(request, "common/progress.html", _progress(job))


@require_POST
@can_confirm
def geocode_undo(request: HttpRequest, pk: int) -> HttpResponse:
    job = _job(request, pk)
    try:
        away, left = geocoding.undo(actor=user_of(request), job=job)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        text = ngettext("%(n)s location taken away.", "%(n)s locations taken away.", away) % {"n": away}
        if left:
            text += " " + _("%(n)s stay: confirmed or moved since.") % {"n": left}
        messages.success(request, text)
    return redirect(job)


@require_POST
@can_confirm
def geocode_resume(request: HttpRequest, pk: int) -> HttpResponse:
    job = _job(request, pk)
    try:
        geocoding.resume(actor=user_of(request), job=job)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(job)
