"""预警回测: how many alerts were right, by kind and parameter, and the button that replays history (E5)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from alerts import tasks
from alerts.enums import RunState
from alerts.forms import BacktestForm
from alerts.models import BacktestRun
from alerts.queries import backtest as queries
from alerts.services import backtest as services
from common import business_calendar

SCALE = (0, 25, 50, 75, 100)


@permission_required("alerts.view_backtestrun", raise_exception=True)
def backtest(request: HttpRequest) -> HttpResponse:
    """The newest result with its table and chart, and the form for the next."""
    return render(request, "alerts/backtest.html", _context(request, _form(None)))


@require_POST
@permission_required("alerts.run_backtest", raise_exception=True)
def run(request: HttpRequest) -> HttpResponse:
    """Queue a back-test; wrong days come back with what was typed."""
    form = _form(request.POST)
    if not form.is_valid():
        return render(request, "alerts/backtest.html", _context(request, form), status=422)
    found, is_new = services.request_backtest(actor=request.user, **form.cleaned_data)
    if is_new:
        transaction.on_commit(lambda: _nudge(found))
    return redirect("alerts:backtest")


@permission_required("alerts.view_backtestrun", raise_exception=True)
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The line about one that is on its way; asks again while it is, then has the page reload."""
    found = get_object_or_404(BacktestRun, pk=pk)
    response = TemplateResponse(request, "alerts/_backtest_progress.html", {"run": found})
    if request.htmx and not found.is_busy:
        response["HX-Refresh"] = "true"
    return response


def _nudge(found: BacktestRun) -> None:
    try:
        tasks.backtest.delay(found.pk)
    except OperationalError:
        services.fail_backtest(run=found, message=_("The job queue cannot be reached. Try again later."))


def _form(data: Any) -> BacktestForm:
    last = business_calendar.today() - dt.timedelta(days=1)
    first = last - dt.timedelta(days=89)
    return BacktestForm(data, initial={"first": first, "last": last, "horizon": services.HORIZON})


def _context(request: HttpRequest, form: BacktestForm) -> dict[str, Any]:
    result, newest = queries.last_backtest(), queries.unfinished_backtest()
    return {
        "form": form,
        "result": queries.BacktestView.of(result) if result else None,
        "busy": newest if newest and newest.is_busy else None,
        "failed": newest if newest and newest.state == RunState.FAILED else None,
        "may_run": request.user.has_perm("alerts.run_backtest"),
        "scale_x": [(round(50 + 5.3 * percent), f"{percent} %") for percent in SCALE],
        "scale_y": [(round(270 - 2.5 * percent), f"{percent} %") for percent in SCALE],
    }
