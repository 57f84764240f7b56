"""How far the targets are reached: by company, department and rep (G8)."""

from __future__ import annotations

import tempfile
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from common import business_calendar
from common.exports import XLSX
from common.periods import Period, parse_period
from common.sheets import write_workbook
from common.signals import data_exported
from sales.enums import TargetMeasure
from sales.models import Target
from sales.queries import target_completion as queries
from sales.queries.target_completion import CompletionBoard, CompletionRow
from sales.queries.targets import categories as all_categories
from sales.views.targets import asked_measure, may_see, measure_tabs, page_query

PERIODS = ("month", "quarter", "year", "custom")


def period_params(period: Period) -> dict[str, str]:
    """The period's part of an address."""
    if period.key in PERIODS[:3]:
        return {"period": period.key, "on": period.first.isoformat()}
    return {"period": "custom", "since": period.first.isoformat(), "until": period.last.isoformat()}


@may_see
@require_GET
def target_completion(request: HttpRequest) -> HttpResponseBase:
    """GET measure=, category=, period= with on= or since= and until=, by=department|rep, in= a department's key;
    export=xlsx."""
    categories = all_categories()
    measure = asked_measure(request.GET, categories)
    today = business_calendar.today()
    period, problem = parse_period(request.GET.dict(), today)
    board = queries.completion(request.user, measure, period, today)
    inside = request.GET.get("in", "")
    if inside and inside not in {row.subject.key for row in board.rows}:
        raise Http404
    kind = _kind(request.GET.get("by", ""), board, inside)
    rows = board.of_kind(kind, inside)
    if request.GET.get("export") == "xlsx":
        return _export(request, board, rows)
    here = period_params(period)
    context = {
        "board": board,
        "rows": rows,
        "kind": kind,
        "inside": next((row for row in board.rows if row.subject.key == inside), None),
        "measure": measure,
        "label": TargetMeasure(measure.name).label,
        "categories": categories,
        "problem": problem,
        "typed": request.GET,
        "period": period,
        "tabs": measure_tabs(measure, categories, **here),
        "page": page_query(measure, **here),
        "before": page_query(measure, **period_params(period.before()), by=kind),
        "after": page_query(measure, **period_params(period.after()), by=kind),
        "periods": [(key, page_query(measure, **_switch(key, period), by=kind)) for key in PERIODS[:3]],
        "has_departments": any(row.subject.kind == "department" for row in board.rows),
        "own": _own(request, board, measure, period),
    }
    return TemplateResponse(request, "sales/target_completion.html", context)


def _switch(key: str, period: Period) -> dict[str, str]:
    return {"period": key, "on": period.first.isoformat()}


def _kind(asked: str, board: CompletionBoard, inside: str) -> str:
    """What the table lists: departments where there are several, else reps."""
    if asked in ("department", "rep"):
        return asked
    return "department" if len(board.of_kind("department", inside)) > 1 and not inside else "rep"


def _own(request: HttpRequest, board: CompletionBoard, measure: Any, period: Period) -> Any:
    """A rep who sees himself alone: his place among his colleagues, whose figures he does not see."""
    if [row.subject.key for row in board.rows] != [f"r{request.user.pk}"]:
        return None
    [place] = queries.own_places(request.user, [measure], period, business_calendar.today())
    return place


def _export(request: HttpRequest, board: CompletionBoard, rows: list[CompletionRow]) -> FileResponse:
    if not request.user.has_perm("sales.export_salesorder"):
        raise PermissionDenied
    heads = [
        *(_("Rank"), _("Name"), _("Target"), _("Actual"), _("Completion %"), _("Time progress %")),
        *(_("Gap"), _("Projection")),
    ]
    lines = [_line(row) for row in [*(r for r in board.top if r not in rows), *rows]]
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    write_workbook(file, heads, lines, title=_("Completion"))
    file.seek(0)
    data_exported.send(sender=Target, user=request.user, what=_("Completion of targets"), rows=len(lines))
    name = f"completion-{board.period.first:%Y%m%d}-{board.period.last:%Y%m%d}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


def _line(row: CompletionRow) -> list[Any]:
    result = row.result
    share = None if result.share is None else round(result.share * 100, 1)
    time = round(result.clock.share * 100, 1)
    return [
        *(row.rank, row.subject.name, result.target, result.actual, share, time),
        *(result.gap, result.projection),
    ]


@may_see
@require_GET
def target_card(request: HttpRequest) -> HttpResponse:
    """The card on the manager's workbench, loaded after the page."""
    today = business_calendar.today()
    context = {"entries": queries.card(request.user, today), "today": today}
    return TemplateResponse(request, "sales/target_card.html", context)
