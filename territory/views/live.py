"""Where people are now, and who is nearest to a customer or a place (F6)."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from common import business_calendar
from common.geo import valid_coordinates
from crm.models import Customer
from territory import queries
from territory.views import user_of
from territory.views.tracks import may_see_tracks, note_look
from visits.enums import TaskSource
from visits.services import create_tasks

FRESH = dt.timedelta(minutes=30)


@require_safe
@may_see_tracks
def live(request: HttpRequest) -> HttpResponse:
    """The last position of everybody in scope; the list asks for itself again every 30 s."""
    now = timezone.now()
    rows = queries.live_positions(queries.trackable_people(user_of(request)), now)
    visits = queries.open_visits([person.pk for person, _point in rows], business_calendar.today(now))
    note_look(user_of(request), [person for person, point in rows if point], _("Live positions"))
    context = {
        "rows": [
            {
                "person": person,
                "point": point,
                "visit": visits.get(person.pk),
                **_age(now - point.time if point else None),
            }
            for person, point in rows
        ],
        "now": now,
    }
    partial = "#positions" if request.htmx and request.htmx.target == "positions" else ""
    return TemplateResponse(request, f"territory/live.html{partial}", context)


def _age(age: dt.timedelta | None) -> dict[str, str]:
    """The age of a position in words, and whether it is fresh."""
    if age is None:
        return {"age": "", "tone": "done"}
    minutes = max(0, int(age.total_seconds() // 60))
    if minutes < 1:
        words = _("just now")
    elif minutes < 60:
        words = _("%(n)s min ago") % {"n": minutes}
    elif minutes < 24 * 60:
        words = _("%(n)s h ago") % {"n": minutes // 60}
    else:
        words = ngettext("%(n)s day ago", "%(n)s days ago", minutes // 1440) % {"n": minutes // 1440}
    return {"age": words, "tone": "normal" if age <= FRESH else "done"}


@require_safe
@may_see_tracks
def nearest(request: HttpRequest) -> HttpResponse:
    """`?customer=ID` or `?lat=&lng=`: the reps in scope by their distance, busy or free; without one, all positions."""
    if not request.GET:
        return redirect("territory:live")
    viewer, now = user_of(request), timezone.now()
    customer = _customer(request, request.GET.get("customer", ""))
    try:
        lat = customer.latitude if customer else float(request.GET["lat"])
        lng = customer.longitude if customer else float(request.GET["lng"])
    except (KeyError, ValueError):
        return HttpResponseBadRequest(_("Name a customer or a place."))
    context: dict[str, Any] = {"customer": customer, "lat": lat, "lng": lng, "now": now}
    if customer is not None and lat is None:
        context["rows"] = None
    elif lat is None or lng is None or not valid_coordinates(lat, lng):
        return HttpResponseBadRequest(_("Name a customer or a place."))
    else:
        people = queries.trackable_people(viewer)
        found = queries.nearest_reps(people, lat, lng, now=now, day=business_calendar.today(now))
        note_look(viewer, [row.rep for row in found], _("Live positions"))
        context["rows"] = [{"near": row, **_age(now - row.point.time)} for row in found]
    return TemplateResponse(request, "territory/nearest_reps.html", context)


@require_POST
@permission_required(["territory.view_trackpoint", "visits.add_visittask"], raise_exception=True)
def assign(request: HttpRequest) -> HttpResponse:
    """Give `rep` a task at `customer` today."""
    viewer, today = user_of(request), business_calendar.today()
    customer = _customer(request, request.POST.get("customer") or "0")
    assert customer is not None  # a key was asked for
    rep_id = request.POST.get("rep", "")
    people = User.objects.visible_to(viewer).active()
    rep = get_object_or_404(people, pk=int(rep_id) if rep_id.isdecimal() and len(rep_id) < 19 else 0)
    try:
        result = create_tasks(
            actor=viewer, rep=rep, customer_ids=[customer.pk], date=today, source=TaskSource.ONE_OFF
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        words = {"rep": rep, "customer": customer}
        if result.created:
            messages.success(request, _("%(rep)s has a visit task at %(customer)s today.") % words)
        elif result.existing:
            messages.info(request, _("%(rep)s has a task at %(customer)s today already.") % words)
        else:
            messages.error(request, _("%(rep)s may not see %(customer)s. Share or assign it first.") % words)
    return redirect(f"{reverse('territory:nearest_reps')}?customer={customer.pk}")


def _customer(request: HttpRequest, key: str) -> Customer | None:
    """The customer named; 404 outside one's scope, None without a name."""
    if not key:
        return None
    pk = int(key) if key.isdecimal() and len(key) < 19 else 0
    return get_object_or_404(Customer.objects.visible_to(user_of(request)), pk=pk)
