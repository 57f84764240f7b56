"""The way of a supervised day on a map (H4): what territory's page plays, small and standing still."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.services import record_looks
from common import business_calendar
from common.templatetags.paodian import clock
from team.views.supervision import me, person_and_day
from territory.queries import RepDay, rep_days
from territory.rules import pack


@permission_required(("team.view_instruction", "territory.view_trackpoint"), raise_exception=True)
@require_safe
def person_track(request: HttpRequest, rep_pk: int, day: str) -> HttpResponse:
    """Fragment of the day's page: the person's way. Whoever is shown another's positions is on record for it."""
    viewer, today = me(request), business_calendar.today()
    beside, chosen = person_and_day(viewer, rep_pk, day, today)
    result = rep_days([beside.person], chosen, viewer)[0]
    if result.track.kept:
        _note_look(viewer, beside.person, chosen, today)
    context = {
        "person": beside.person,
        "day": chosen,
        "track": result.track,
        "first_at": result.track.kept[0].time if result.track.kept else None,
        "last_at": result.track.kept[-1].time if result.track.kept else None,
        "stays": len(result.stops),
        "drawn": _drawn(result),
        "is_own": beside.person.pk == viewer.pk,
    }
    return TemplateResponse(request, "team/person_track.html", context)


def _note_look(viewer: User, person: User, day: dt.date, today: dt.date) -> None:
    """In the words of the track's own page, so that looking at both is one line of the person's list."""
    since, _end = business_calendar.day_bounds(today)
    words = _("Track of %(day)s") % {"day": day.isoformat()}
    record_looks(actor=viewer, subjects=[person], what=words, since=since)


def _drawn(result: RepDay) -> dict[str, Any]:
    """For day_track.js: packed pieces of the way (territory.rules.pack), gaps as two ends, and stays and check-ins with
    what they say."""
    stops = [
        {
            "lat": round(item.stop.lat, 5),
            "lng": round(item.stop.lng, 5),
            "text": f"{clock(item.stop.arrive)}–{clock(item.stop.leave)} {item.place.name if item.place else ''}".strip(),
            "tone": "normal" if item.place and item.place.visited else "near",
            "label": number,
        }
        for number, item in enumerate(result.stops, start=1)
    ]
    visits = [
        {
            "lat": lat,
            "lng": lng,
            "text": f"{clock(visit.check_in_at)} {visit.customer.name}",
            "tone": "overdue" if visit in result.unseen else "visit",
            "label": "",
        }
        for visit in result.visits
        if (lat := visit.check_in_lat) and (lng := visit.check_in_lng)
    ]
    return {
        "segments": [pack(segment) for segment in result.track.segments],
        "gaps": [[[gap.start.lat, gap.start.lng], [gap.end.lat, gap.end.lng]] for gap in result.track.gaps],
        "places": visits + stops,
    }
