"""日程 (H2): a day, week or month of a person's schedule; a superior opens those of his people."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.views.generic import TemplateView

from accounts.models import User
from common import business_calendar
from team.queries import schedule as queries
from team.queries.schedule_days import ScheduleDay, neighbours, schedule_days, span_days

SPANS = ("day", "week", "month")
VIEW = "team.view_scheduleentry"
HOURS = range(24)


def me(request: HttpRequest) -> User:
    """The logged-in user; LoginRequiredMiddleware lets nobody else in."""
    return cast(User, request.user)


def day_of(text: str | None) -> dt.date | None:
    """A day as addresses write it; None for anything else, and for years that calendars do not have."""
    try:
        day = dt.date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


class ScheduleView(PermissionRequiredMixin, TemplateView):
    """?span= day, week (usual) or month; ?date= (today); ?rep= (oneself), who must be in scope."""

    permission_required = VIEW
    raise_exception = True
    template_name = "team/schedule.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, now = me(self.request), timezone.now()
        today = business_calendar.today(now)
        people = queries.people_on_view(user)
        person = self.chosen(people)
        day = day_of(self.request.GET.get("date")) or today
        span = self.span()
        days = self.days(span, day, person, now)
        before, after = neighbours(span, day)
        return super().get_context_data(
            days=days,
            weeks=[days[n : n + 7] for n in range(0, len(days), 7)] if span == "month" else [],
            chosen=next(cell for cell in days if cell.day == day),
            person=person,
            people=people,
            day=day,
            today=today,
            span=span,
            hours=HOURS,
            before=before,
            after=after,
            is_mine=person.pk == user.pk,
            may_add=person.pk == user.pk and user.has_perm("team.add_scheduleentry"),
            now_minutes=int((now - business_calendar.day_bounds(today)[0]).total_seconds() // 60),
            **kwargs,
        )

    def span(self) -> str:
        asked = self.request.GET.get("span", "")
        return asked if asked in SPANS else "week"

    def days(self, span: str, day: dt.date, person: User, now: dt.datetime) -> list[ScheduleDay]:
        days = span_days(span, day)
        since, until = business_calendar.day_bounds(days[0])[0], business_calendar.day_bounds(days[-1])[1]
        items = queries.schedule_items(
            viewer=me(self.request), person=person, since=since, until=until, now=now
        )
        month = day.month if span == "month" else None
        return schedule_days(days=days, items=items, month=month, with_blocks=span != "month")

    def chosen(self, people: list[User]) -> User:
        """?rep=, which must be in scope; else oneself."""
        typed = self.request.GET.get("rep", "")
        found = next((person for person in people if str(person.pk) == typed), None) if typed else people[0]
        if found is None:
            raise Http404
        return found
