"""Month and week of one rep, with his tasks; a rep sees his own, a manager those of his people."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import Http404
from django.views.generic import TemplateView

from accounts.enums import RoleCode
from accounts.models import User
from common import business_calendar
from visits import queries
from visits.queries import calendar
from visits.views.today import wanted_day

DAY = dt.timedelta(days=1)


class CalendarView(PermissionRequiredMixin, TemplateView):
    """?date= (a day of the month or week), ?span=week, ?rep= (oneself)."""

    permission_required = "visits.view_visittask"
    raise_exception = True
    template_name = "visits/calendar.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, today = self.request.user, business_calendar.today()
        reps = list(queries.reps_for(user=user).select_related("role"))
        rep = self.chosen(reps)
        day = wanted_day(self.request, today)
        is_week = self.request.GET.get("span") == "week"
        days = [business_calendar.week_of(day)] if is_week else calendar.month_days(day)
        weeks = calendar.calendar_weeks(user=user, rep=rep, weeks=days, month=None if is_week else day.month)
        first = days[0][0] if is_week else day.replace(day=1)
        return super().get_context_data(
            weeks=weeks,
            chosen=next((cell for week in weeks for cell in week if cell.day == day), None),
            rep=rep,
            reps=reps,
            day=day,
            today=today,
            is_week=is_week,
            before=first - DAY * (7 if is_week else 1),
            after=first + DAY * (7 if is_week else 32),
            may_change=user.has_perm("visits.change_visittask"),
            **kwargs,
        )

    def chosen(self, reps: list[User]) -> User:
        """?rep=, which must be in scope; else oneself, or for somebody who visits nobody the first of his people."""
        me = self.request.user
        assert isinstance(me, User)
        typed = self.request.GET.get("rep", "")
        if not typed:
            visitors = [rep for rep in reps if rep.role_code == RoleCode.REP]
            return me if me in visitors or not visitors else visitors[0]
        found = next((rep for rep in reps if str(rep.pk) == typed), None)
        if found is None:
            raise Http404
        return found
