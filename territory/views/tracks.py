"""Tracks and live positions (F5, F6), and the door the browser sends its points to."""

import datetime as dt
import json
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import SystemOptions, User
from accounts.services import record_looks
from common import business_calendar
from common.templatetags.paodian import clock
from territory import queries, services
from territory.queries import RepDay
from territory.views import user_of

FRESH = dt.timedelta(minutes=30)

may_see_tracks = permission_required("territory.view_trackpoint", raise_exception=True)


@require_POST
@permission_required("territory.add_trackpoint", raise_exception=True)
def points(request: HttpRequest) -> HttpResponse:
    """A JSON list `{t, lat, lng, acc, spd, brg, bat}` → counts (interfaces.md, "HTTP")."""
    try:
        entries = json.loads(request.body)
    except ValueError:
        return JsonResponse({"error": _("This is not JSON.")}, status=400)
    if not isinstance(entries, list):
        return JsonResponse({"error": _("A list of points is expected.")}, status=400)
    try:
        stored = services.store_points(rep=user_of(request), entries=entries)
    except services.TrackingNotAllowedError:
        reason = _("Location recording is off for you: you have not been told about it yet.")
        return JsonResponse({"error": reason}, status=403)
    except services.TooManyPointsError:
        reason = _("At most %(n)s points at a time.") % {"n": services.BATCH_LIMIT}
        return JsonResponse({"error": reason}, status=413)
    return JsonResponse(
        {"accepted": stored.accepted, "duplicate": stored.duplicate, "refused": stored.refused}
    )


@require_safe
@permission_required("territory.add_trackpoint", raise_exception=True)
def recorder(request: HttpRequest) -> HttpResponse:
    """What recorder.js must know: working hours by the business clock, where to send, what the dot means."""
    options = SystemOptions.load()
    return JsonResponse(
        {
            "url": reverse("territory:points"),
            "start": options.work_start.strftime("%H:%M"),
            "end": options.work_end.strftime("%H:%M"),
            "zone": settings.TIME_ZONE,
            "text": _("Your position is being recorded"),
        }
    )


@require_safe
@may_see_tracks
def day(request: HttpRequest) -> HttpResponse:
    """`?rep=ID&date=YYYY-MM-DD`; without a rep one sees one's own day, and others' only after choosing them."""
    today = business_calendar.today()
    chosen_day = read_day(request.GET.get("date"), today)
    people = list(queries.trackable_people(user_of(request)))
    rep = _chosen_rep(request, people)
    context: dict[str, Any] = {
        "day": chosen_day,
        "today": today,
        "yesterday": chosen_day - dt.timedelta(days=1),
        "tomorrow": chosen_day + dt.timedelta(days=1) if chosen_day < today else None,
        "people": queries.people_day(people, chosen_day),
        "rep": rep,
    }
    if rep is not None:
        result = queries.rep_day(rep, chosen_day, user_of(request))
        note_look(user_of(request), [rep], _("Track of %(day)s") % {"day": chosen_day.isoformat()})
        context |= {"result": result, "map_data": _map_data(result)}
    return TemplateResponse(request, "territory/track.html", context)


def _chosen_rep(request: HttpRequest, people: list[User]) -> User | None:
    wanted = request.GET.get("rep", "")
    if wanted:
        if not wanted.isdecimal():
            raise Http404
        return get_object_or_404(User.objects.visible_to(user_of(request)), pk=int(wanted))
    return next((person for person in people if person.pk == user_of(request).pk), None)


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


def read_day(text: str | None, today: dt.date) -> dt.date:
    """The day asked for; today when it cannot be read."""
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return today


def note_look(viewer: User, subjects: list[User], what: str) -> None:
    """Every look at another's position is on record, once for each viewer, subject, page and day."""
    start, _end = business_calendar.day_bounds(business_calendar.today())
    record_looks(actor=viewer, subjects=subjects, what=what, since=start)


def _map_data(result: RepDay) -> dict[str, Any]:
    return {
        "segments": [
            [[round(fix.lat, 5), round(fix.lng, 5)] for fix in segment] for segment in result.track.segments
        ],
        "gaps": [[[g.start.lat, g.start.lng], [g.end.lat, g.end.lng]] for g in result.track.gaps],
        "stops": [
            {
                "lat": round(item.stop.lat, 5),
                "lng": round(item.stop.lng, 5),
                "text": f"{clock(item.stop.arrive)}–{clock(item.stop.leave)} {item.place.name if item.place else ''}",
                "visited": bool(item.place and item.place.visited),
            }
            for item in result.stops
        ],
        "visits": [
            {"lat": lat, "lng": lng, "text": f"{clock(visit.check_in_at)} {visit.customer.name}"}
            for visit in result.visits
            if (lat := visit.check_in_lat or visit.store_lat)
            and (lng := visit.check_in_lng or visit.store_lng)
        ],
    }


@require_safe
@may_see_tracks
def live(request: HttpRequest) -> HttpResponse:
    """The last position of everybody in scope; the list asks for itself again every 30 s."""
    rows = queries.live_positions(queries.trackable_people(user_of(request)))
    now = timezone.now()
    note_look(user_of(request), [person for person, point in rows if point], _("Live positions"))
    context = {
        "rows": [
            {"person": person, "point": point, **_age(now - point.time if point else None)}
            for person, point in rows
        ],
        "now": now,
    }
    partial = "#positions" if request.htmx and request.htmx.target == "positions" else ""
    return TemplateResponse(request, f"territory/live.html{partial}", context)
