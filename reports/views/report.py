"""报表: the tree of reports, and one report with its chart, table, definitions and workbook (J1–J6)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views import View

from common.exports import Counted, rows_response
from common.periods import PRESETS
from common.signals import data_exported
from reports.enums import Chart, Comparison, Unit
from reports.models import ScheduledReport
from reports.queries.asking import ROW_BOUNDS, Question
from reports.queries.dimensions import DIMENSIONS, choices_of
from reports.queries.measures import MEASURES
from reports.queries.report import reports_of
from reports.rules.charts import table_chart
from reports.rules.sheets import sheet_heads, sheet_rows
from reports.rules.tables import Crossed, Table
from reports.rules.words import figure_text, moved_text
from reports.views.asking import asked_of, table_of

EXPORT = "reports.export_report"
WHOLE = (Unit.MONEY, Unit.COUNT, Unit.QUANTITY)  # what shares of a whole can be drawn of


def report_index(request: HttpRequest) -> HttpResponse:
    """Every report that the person may open, by shelf, with the question it answers."""
    return render(request, "reports/report_index.html", {"shelves": reports_of(request.user)})


class ReportView(View):
    """GET by=, across=, measure=, sort=, compare=, chart=, most=, the period's and the filters' own; export=xlsx."""

    def get(self, request: HttpRequest, code: str) -> HttpResponseBase:
        asked = asked_of(request, code)
        if request.GET.get("export") == "xlsx":
            return export(request, asked)
        return render(request, "reports/report.html", page(request, asked))


def page(request: HttpRequest, asked: Question) -> dict[str, Any]:
    report = asked.report
    table = table_of(asked)
    crossed = asked.crossed() if asked.across else None
    return {
        "report": report,
        "asked": asked,
        "shelves": reports_of(request.user),
        "table": table,
        "heads": heads(asked, table),
        "rows": [drawn_row(asked, table, row) for row in table.rows],
        "totals": total_cells(asked, table),
        "crossed": crossed,
        "crossed_rows": crossed_rows(asked, crossed, table) if crossed else [],
        "crossed_totals": crossed_totals(asked, crossed, table) if crossed else [],
        "chart": asked.crossed_chart(crossed) if crossed else chart_of(asked, table),
        "controls": controls(request, asked),
        "may_export": request.user.has_perm(EXPORT),
        "may_schedule": request.user.has_perm("reports.add_scheduledreport"),
        "top": table.rows[0] if table.rows else None,
    }


def chart_of(asked: Question, table: Table) -> dict[str, Any]:
    """What the reader chose to have drawn, else the report's first figures of one unit."""
    codes = [head.code for head in table.heads]
    chosen = [asked.measure] if asked.data.get("measure") in codes else codes[: asked.report.charted]
    return table_chart(table, asked.chart, chosen, asked.rows_url)


# --- the table
def heads(asked: Question, table: Table) -> list[dict[str, Any]]:
    """Columns with the address that sorts by them."""
    found = []
    for head in table.heads:
        state = ""
        if asked.sort == head.code:
            state = "descending" if asked.descending else "ascending"
        found.append(
            {"head": head, "state": state, "sort": head.code if state == "descending" else f"-{head.code}"}
        )
    return found


def drawn_row(asked: Question, table: Table, row: Any) -> dict[str, Any]:
    cells = []
    for position, head in enumerate(table.heads):
        value = row.values[position]
        before = row.before[position] if row.before else None
        cells.append(_cell(asked, head, value, before, row.key, compares=bool(row.before)))
    moved = row.rank_before - row.rank if row.rank and row.rank_before else None
    return {"row": row, "cells": cells, "moved": moved, "fallen": -moved if moved else 0}


def total_cells(asked: Question, table: Table) -> list[dict[str, Any]]:
    return [
        _cell(
            asked,
            head,
            value,
            table.before_totals[position] if table.before_totals else None,
            None,
            compares=bool(table.before_totals),
        )
        for position, (head, value) in enumerate(zip(table.heads, table.totals, strict=False))
    ]


def _cell(
    asked: Question, head: Any, value: Any, before: Any, key: str | None, *, compares: bool
) -> dict[str, Any]:
    moved, is_less = moved_text(head.unit, value, before) if compares else ("", False)
    return {
        "head": head,
        "text": figure_text(head.unit, value),
        "before": figure_text(head.unit, before) if compares else "",
        "change": moved,
        "is_less": is_less,
        "url": asked.rows_url(head.code, key) if value and head.can_drill else "",
    }


def crossed_rows(asked: Question, crossed: Crossed, table: Table) -> list[dict[str, Any]]:
    """Rows of the crossed table; the figure of the whole row stands last, "–" when the table was cut before it."""
    position = table.column(asked.measure)
    wholes = {row.key: row.values[position] for row in table.rows}
    rows = []
    for (key, label), values in zip(crossed.rows, crossed.cells, strict=True):
        cells = [
            {
                "text": figure_text(crossed.head.unit, value),
                "url": asked.crossed_url(key, column) if value else "",
            }
            for (column, _label), value in zip(crossed.columns, values, strict=True)
        ]
        whole = wholes.get(key)
        cells.append(
            {
                "text": figure_text(crossed.head.unit, whole),
                "url": asked.rows_url(asked.measure, key) if whole else "",
            }
        )
        rows.append({"label": label, "cells": cells})
    return rows


def crossed_totals(asked: Question, crossed: Crossed, table: Table) -> list[str]:
    """What the columns add up to, and all of it; nothing for what does not add up, or where rows or columns are missing."""
    if not getattr(MEASURES.get(asked.measure), "additive", False) or not table.totals:
        return []
    sums: list[Any] = [sum(value or 0 for value in column) for column in zip(*crossed.cells, strict=True)]
    whole = table.totals[table.column(asked.measure)]
    if not sums or sum(sums) != whole:
        return []
    return [figure_text(crossed.head.unit, value) for value in (*sums, whole)]


# --- what stands above it
def controls(request: HttpRequest, asked: Question) -> dict[str, Any]:
    report = asked.report
    filters = [
        (code, DIMENSIONS[code].label, choices, asked.asked.filters.get(code, ""))
        for code, choices in choices_of(request.user, report.filter_codes()).items()
        if choices
    ]
    return {
        "presets": [(key, label) for key, label in PRESETS.items() if key != "custom"],
        "dimensions": [(code, label_of(code)) for code in report.dimensions],
        "across": [(code, label_of(code)) for code in report.across if code != asked.by],
        "measures": [(code, MEASURES[code].label) for code in report.measures if code in MEASURES],
        "charts": [(kind, kind.label) for kind in charts_for(asked)],
        "comparisons": list(Comparison.choices) if report.compares else [],
        "bounds": ROW_BOUNDS if asked.by in DIMENSIONS and DIMENSIONS[asked.by].large else (),
        "filters": filters,
        "card": [
            ("by", asked.by),
            ("measure", asked.measure),
            ("chart", asked.chart),
            *asked.asked.filters.items(),
        ],
        "unfiltered": "?" + urlencode({k: v for k, v in asked.data.items() if k not in asked.asked.filters}),
    }


def charts_for(asked: Question) -> list[Chart]:
    """The report's own kind and what else suits: lines run through time, slices make a whole."""
    if asked.across:
        return [Chart.BAR, Chart.LINE, Chart.HEAT]
    is_time = asked.by in DIMENSIONS and DIMENSIONS[asked.by].is_time
    measure = MEASURES.get(asked.measure)
    kinds = [asked.report.chart, Chart.BAR]
    if is_time:
        kinds.append(Chart.LINE)
    elif measure is None or measure.unit in WHOLE:
        kinds.append(Chart.PIE)
    return list(dict.fromkeys(kinds))


def label_of(code: str) -> Any:
    return DIMENSIONS[code].label if code in DIMENSIONS else code


# --- workbook
def export(request: HttpRequest, asked: Question) -> HttpResponseBase:
    """Every row, with the compared period beside it and the totals below."""
    if not request.user.has_perm(EXPORT):
        raise PermissionDenied
    try:
        table, rows = asked.flow()
    except ValueError as error:
        raise Http404 from error
    name = f"{asked.report.code}-{asked.period.first:%Y%m%d}-{asked.period.last:%Y%m%d}.xlsx"
    counted = Counted(rows)
    response = rows_response(name, sheet_heads(table), sheet_rows(table, counted))
    data_exported.send(
        sender=ScheduledReport, user=request.user, what=str(asked.report.label), rows=counted.number
    )
    return response
