"""The question of a request, and its answer: what is not there is 404, what is not allowed 403."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

import reports.queries.catalogue  # noqa: F401 - fills the register
from common import business_calendar
from reports.queries.asking import Question, question
from reports.queries.report import REPORTS
from reports.rules.tables import Table


def asked_of(request: HttpRequest, code: str) -> Question:
    report = REPORTS.get(code)
    if report is None:
        raise Http404
    if not report.is_open_to(request.user):
        raise PermissionDenied
    try:
        return question(request.user, report, request.GET.dict(), business_calendar.today())
    except ValueError as error:
        raise Http404 from error


def table_of(asked: Question, *, all_rows: bool = False, drawn: bool = False) -> Table:
    """The answer; `drawn`: with what is drawn of it alone."""
    try:
        return asked.drawn_table() if drawn else asked.table(all_rows=all_rows)
    except ValueError as error:
        raise Http404 from error
