import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate

from accounts.enums import RoleCode
from accounts.models import User
from crm.queries.follow_ups import count_due
from reports import queries


def home(request: HttpRequest) -> HttpResponse:
    """The user's chosen page, else the rep's board or the manager's workbench by role."""
    user = request.user
    assert isinstance(user, User)
    if user.home_page and "board" not in request.GET:
        return redirect(user.home_page)
    if user.role_code == RoleCode.REP and not user.is_superuser:
        return render(
            request, "reports/rep_home.html", rep_board(user, localdate(), request.GET.get("period", ""))
        )
    return render(
        request,
        "reports/workbench.html",
        {
            "board": queries.workbench(user, localdate()),
            "today": localdate(),
            "before": localdate() - dt.timedelta(days=7),
        },
    )


def rep_board(user: User, today: dt.date, period: str) -> dict[str, Any]:
    """Context of the rep's home: today's tiles, his alerts, his sums of the month or year."""
    first = today.replace(month=1, day=1) if period == "year" else today.replace(day=1)
    return {
        "today": today,
        "first": first,
        "period": "year" if period == "year" else "month",
        "visits": queries.visit_counts(user, today, own=True),
        "day": queries.sums(user, today, today, own=True),
        "sums": queries.sums(user, first, today, own=True),
        "receivable": queries.receivable_of(user),
        "to_contact": count_due(user, today),
        "alerts": queries.alert_counts(user, own=True),
    }
