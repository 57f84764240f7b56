"""One report as one e-mail to one person: his own figures, and how it is handed over."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

import reports.queries.catalogue  # noqa: F401 - fills the register
from accounts.models import User
from common.sheets import write_workbook
from common.signals import data_exported
from comms.services.channels import email
from reports.enums import ConditionKind
from reports.models import ScheduledReport
from reports.queries.asking import Question, question
from reports.queries.report import REPORTS
from reports.rules.schedules import is_met, row_test
from reports.rules.sheets import sheet_heads, sheet_rows
from reports.rules.tables import Row, Table
from reports.rules.words import figure_text, moved_text

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXPORT = "reports.export_report"
SHOWN_ROWS = 20


@dataclass(frozen=True, slots=True)
class Figures:
    """What one person sees of the report: its table without rows, the first ones of all its rows, and the workbook."""

    asked: Question
    table: Table
    shown: Sequence[Row]
    count: int  # of all rows
    goes_out: bool  # by the schedule's condition; if not, no rows were read unless they were asked for
    workbook: bytes = b""  # none when he gets none


class _Passing:
    """Rows on their way into a workbook: the first ones, how many there were, and whether a test held for any."""

    def __init__(self, rows: Iterable[Row], test: Callable[[Row], bool] | None) -> None:
        self.rows, self.test = rows, test
        self.shown: list[Row] = []
        self.count = 0
        self.held = False

    def __iter__(self) -> Iterator[Row]:
        for row in self.rows:
            self.count += 1
            if self.count <= SHOWN_ROWS:
                self.shown.append(row)
            if self.test is not None and not self.held:
                self.held = self.test(row)
            yield row


class NotForHim(Exception):
    """The person may not open this report."""


def figures_of(schedule: ScheduledReport, user: User, today: dt.date, *, whatever: bool = False) -> Figures:
    """In the person's own data scope; the rows are read once and never held. `whatever` the condition says, they are read.

    NotForHim without permission; ValueError when the stored query fits no more.
    """
    report = REPORTS.get(schedule.report)
    if report is None:
        raise ValueError(f"report {schedule.report}")
    if not report.is_open_to(user):
        raise NotForHim
    asked = question(user, report, schedule.query, today)
    table, rows = asked.flow()
    test = None
    if schedule.condition == ConditionKind.ANY_ROW and schedule.limit is not None:
        test = row_test(table, schedule.measure, schedule.limit)
    elif not is_met(schedule.condition, table, schedule.measure, schedule.limit) and not whatever:
        return Figures(asked, table, (), 0, goes_out=False)
    passing, workbook = _Passing(rows, test), b""
    # Figures on a page and figures in a file are two rights, here as on the page.
    if schedule.with_workbook and user.has_perm(EXPORT):
        with translation.override(user.language or settings.LANGUAGE_CODE):
            workbook = _workbook(table, passing)
    else:
        for _row in passing:
            pass
    return Figures(asked, table, passing.shown, passing.count, test is None or passing.held, workbook)


def send_report(schedule: ScheduledReport, user: User, figures: Figures, *, key: str) -> None:
    """Hand the mail over, outside of any transaction, and record that the figures left the house.

    Raises Refused, Unavailable or Unsure as comms' channels do. `key` is the same however often it is tried.
    """
    with translation.override(user.language or settings.LANGUAGE_CODE):
        mail = _mail(schedule, user, figures, key)
        what = f"{figures.asked.report.label} · {schedule.name}"
    email.hand_over(mail)
    data_exported.send(sender=ScheduledReport, user=user, what=what, rows=figures.count)


def _mail(schedule: ScheduledReport, user: User, figures: Figures, key: str) -> EmailMultiAlternatives:
    context = _context(schedule, user, figures)
    mail = EmailMultiAlternatives(
        subject=" ".join(schedule.name.split()),
        body=render_to_string("reports/report_mail.txt", context),
        to=[user.email],
        headers=email.headers(key),
    )
    mail.attach_alternative(render_to_string("reports/report_mail.html", context), "text/html")
    if figures.workbook:
        mail.attach(_file_name(figures.asked), figures.workbook, XLSX)
    return mail


def _context(schedule: ScheduledReport, user: User, figures: Figures) -> dict[str, Any]:
    table, report = figures.table, figures.asked.report
    path = reverse("reports:report", args=[report.code])
    query = f"?{urlencode(schedule.query)}" if schedule.query else ""
    return {
        "schedule": schedule,
        "user": user,
        "report": report,
        "table": table,
        "period": figures.asked.period if report.has_period else None,
        "rows": [(row.label, _cells(table, row.values, row.before)) for row in figures.shown],
        "totals": _cells(table, table.totals, table.before_totals) if table.totals else [],
        "left_out": figures.count - len(figures.shown),
        "url": f"{settings.SITE_URL}{path}{query}",
    }


def _cells(table: Table, values: Any, before: Any) -> list[dict[str, str]]:
    old = before or (None,) * len(table.heads)
    return [
        {
            "label": str(head.label),
            "text": figure_text(head.unit, value),
            "change": moved_text(head.unit, value, was)[0],
        }
        for head, value, was in zip(table.heads, values, old, strict=False)
    ]


def _workbook(table: Table, rows: Iterable[Row]) -> bytes:
    file = io.BytesIO()
    write_workbook(file, sheet_heads(table), sheet_rows(table, rows))
    return file.getvalue()


def _file_name(asked: Question) -> str:
    return f"{asked.report.code}-{asked.period.first:%Y%m%d}-{asked.period.last:%Y%m%d}.xlsx"
