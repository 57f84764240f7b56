"""Tracks and live positions (F5, F6), and the door the browser sends its points to."""

import datetime as dt
import json
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import SystemOptions, User
from accounts.services import record_looks
from common import business_calendar
from common.templatetags.paodian import clock
from territory import queries, services
from territory.queries import RepDay
from territory.rules import gpx, pack
from territory.views import user_of

SIDE_BY_SIDE = 8
# Of lines of several people, in their order; readable beside each other and for most who confuse red and green.
COLOURS = ("#0f766e", "#c2410c", "#1d4ed8", "#a21caf", "#4d7c0f", "#b45309", "#0369a1", "#be123c")

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
    """`?rep=ID&date=YYYY-MM-DD`, several reps side by side; without one one sees one's own day, and others' only after
    choosing them."""
    viewer, today = user_of(request), business_calendar.today()
    chosen_day = read_day(request.GET.get("date"), today)
    people = list(queries.trackable_people(viewer))
    reps = chosen_reps(request, people)
    results = queries.rep_days(reps[:SIDE_BY_SIDE], chosen_day, viewer) if reps else []
    context: dict[str, Any] = {
        "day": chosen_day,
        "today": today,
        "yesterday": chosen_day - dt.timedelta(days=1),
        "tomorrow": chosen_day + dt.timedelta(days=1) if chosen_day < today else None,
        "people": queries.people_day(people, chosen_day),
        "chosen": [result.rep.pk for result in results],
        "results": [(COLOURS[n % len(COLOURS)], result) for n, result in enumerate(results)],
        "result": results[0] if len(results) == 1 else None,
        "left_out": len(reps) - len(results),
        "has_unseen": any(result.unseen for result in results),
    }
    if results:
        note_look(
            viewer,
            [result.rep for result in results],
            _("Track of %(day)s") % {"day": chosen_day.isoformat()},
        )
        context["map_data"] = {"tracks": [_map_data(result, colour) for colour, result in context["results"]]}
    return TemplateResponse(request, "territory/track.html", context)


def chosen_reps(request: HttpRequest, people: list[User]) -> list[User]:
    """The people named in `rep`, as far as they are in scope (404 for others); oneself when recorded and nobody is named."""
    wanted = list(dict.fromkeys(value for value in request.GET.getlist("rep") if value))
    if not wanted:
        return [person for person in people if person.pk == user_of(request).pk]
    if not all(value.isdecimal() and len(value) < 19 for value in wanted):
        raise Http404
    found = User.objects.visible_to(user_of(request)).in_bulk([int(value) for value in wanted])
    if len(found) < len({int(value) for value in wanted}):
        raise Http404
    return [found[pk] for pk in dict.fromkeys(int(value) for value in wanted)]


@require_safe
@may_see_tracks
def export(request: HttpRequest) -> HttpResponse:
    """`?rep=ID&date=YYYY-MM-DD` as GPX; a look that the rep sees."""
    viewer = user_of(request)
    reps = chosen_reps(request, [viewer])
    chosen_day = read_day(request.GET.get("date"), business_calendar.today())
    if len(reps) != 1:
        raise Http404
    track = queries.rep_days(reps, chosen_day, viewer)[0].track
    note_look(viewer, reps, _("Track of %(day)s as a file") % {"day": chosen_day.isoformat()})
    response = HttpResponse(
        gpx(f"{reps[0]} {chosen_day}", track), content_type="application/gpx+xml; charset=utf-8"
    )
    response["Content-Disposition"] = (
        content_disposition_header(True, f"{reps[0].username}-{chosen_day}.gpx") or ""
    )
    return response


def read_day(text: str | None, today: dt.date) -> dt.date:
    """The day asked for; today when it cannot be read or is in no calendar of ours."""
    try:
        day = dt.date.fromisoformat(text or "")
    except ValueError:
        return today
    return day if business_calendar.is_in_reach(day) else today


def note_look(viewer: User, subjects: list[User], what: str) -> None:
    """Every look at another's position is on record, once for each viewer, subject, page and day."""
    start, _end = business_calendar.day_bounds(business_calendar.today())
    record_looks(actor=viewer, subjects=subjects, what=what, since=start)


def _map_data(result: RepDay, colour: str) -> dict[str, Any]:
    """What track.js draws and plays: packed pieces, gaps, stays and check-ins with their moments (s since 1970)."""
    return {
        "name": str(result.rep),
        "colour": colour,
        "segments": [pack(segment) for segment in result.track.segments],
        "way": [[round(place.lat, 5), round(place.lng, 5)] for place in result.way],
        "missed": [{"lat": place.lat, "lng": place.lng, "text": place.name} for place in result.missed],
        "gaps": [[[g.start.lat, g.start.lng], [g.end.lat, g.end.lng]] for g in result.track.gaps],
        "stops": [
            {
                "lat": round(item.stop.lat, 5),
                "lng": round(item.stop.lng, 5),
                "from": int(item.stop.arrive.timestamp()),
                "to": int(item.stop.leave.timestamp()),
                "text": f"{clock(item.stop.arrive)}–{clock(item.stop.leave)} {item.place.name if item.place else ''}",
                "visited": bool(item.place and item.place.visited),
            }
            for item in result.stops
        ],
        "visits": [
            {
                "lat": lat,
                "lng": lng,
                "at": int(visit.check_in_at.timestamp()),
                "text": f"{clock(visit.check_in_at)} {visit.customer.name}",
                "unseen": visit in result.unseen,
            }
            for visit in result.visits
            if (lat := visit.check_in_lat or visit.store_lat)
            and (lng := visit.check_in_lng or visit.store_lng)
        ],
    }
