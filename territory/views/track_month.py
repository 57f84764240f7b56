"""A month of one rep's tracks (F5): a row a day, and all its lines on the map."""

import calendar
import datetime as dt
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from accounts.models import User
from common import business_calendar
from territory import queries
from territory.views import user_of
from territory.views.tracks import chosen_reps, may_see_tracks, note_look


@require_safe
@may_see_tracks
def month(request: HttpRequest) -> HttpResponse:
    """`?rep=ID&month=YYYY-MM`; one's own month and this month unless told otherwise."""
    viewer, today = user_of(request), business_calendar.today()
    people = list(queries.trackable_people(viewer))
    first, last = _span(request.GET.get("month", ""), today)
    rep = _rep(request, people)
    context: dict[str, Any] = {
        "people": people,
        "rep": rep,
        "first": first,
        "month": f"{first:%Y-%m}",
        "this_month": f"{today:%Y-%m}",
        "before": f"{first - dt.timedelta(days=1):%Y-%m}",
        "after": f"{last + dt.timedelta(days=1):%Y-%m}" if last < today else "",
    }
    if rep is not None:
        days = queries.month_days(rep, first, last)
        note_look(viewer, [rep], _("Tracks of %(month)s") % {"month": context["month"]})
        context |= {"days": days, "totals": queries.month_totals(days)}
    return TemplateResponse(request, "territory/track_month.html", context)


@require_safe
@may_see_tracks
@gzip_page
def month_lines(request: HttpRequest) -> HttpResponse:
    """The lines of that month as JSON: a list of {day, segments}, each packed as rules.pack says."""
    viewer = user_of(request)
    first, last = _span(request.GET.get("month", ""), business_calendar.today())
    rep = _rep(request, [viewer])
    if rep is None:
        raise Http404
    note_look(viewer, [rep], _("Tracks of %(month)s") % {"month": f"{first:%Y-%m}"})
    return JsonResponse(
        queries.month_lines(rep, first, last), safe=False, json_dumps_params={"separators": (",", ":")}
    )


def _rep(request: HttpRequest, people: list[User]) -> User | None:
    return next(iter(chosen_reps(request, people)), None)


def _span(text: str, today: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of the month asked for; this month when it cannot be read or is in no calendar of ours."""
    try:
        first = dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        first = today.replace(day=1)
    if not business_calendar.is_in_reach(first):
        first = today.replace(day=1)
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])
