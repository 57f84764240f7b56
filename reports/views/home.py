import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate

from accounts.enums import RoleCode
from accounts.models import User
from accounts.queries import home_pages
from common.periods import parse_period
from reports import queries
from reports.queries.rep_board import sales_board, tiles
from sales.queries.finance import finance_board

# Its figures lead to lists that ask for these.
FINANCE_BOARD = ("sales.view_financeslip", "sales.view_receipt", "sales.view_refund", "sales.view_bill")


def home(request: HttpRequest) -> HttpResponse:
    """The user's chosen page, as long as he may open it, else the rep's board, the money of finance or the manager's workbench by role."""
    user = request.user
    assert isinstance(user, User)
    if user.home_page and "board" not in request.GET and user.home_page in dict(home_pages(user)):
        return redirect(user.home_page)
    if user.role_code == RoleCode.REP and not user.is_superuser:
        return render(request, "reports/rep_home.html", rep_board(user, localdate(), request.GET.dict()))
    if user.role_code == RoleCode.FINANCE and not user.is_superuser and user.has_perms(FINANCE_BOARD):
        today = localdate()
        return render(
            request, "reports/finance_home.html", {"board": finance_board(user, today), "today": today}
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


def rep_board(user: User, today: dt.date, data: Mapping[str, str]) -> dict[str, Any]:
    """Context of the rep's home: today's tiles, his alerts, his sales board of ?period= (month, year or custom)."""
    period, problem = parse_period(data, today)
    return {
        "today": today,
        "period": period,
        "problem": problem,
        "typed": data,
        "tiles": tiles(user, today),
        "board": sales_board(user, period, today) if user.has_perm("sales.view_target") else [],
        "alerts": queries.alert_counts(user, today, own=True),
    }
