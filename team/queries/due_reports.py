"""Every report that was to be sent of the periods that are over: person by period, for figures over many of both.

Says the same as team.queries.report_people says of one period (`owing`) and of one person (`Span.expected`).
"""

# ruff: noqa: S608 - kinds are words of an enum, everything else is a parameter

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.db import connection
from django.db.models import BooleanField, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.enums import RoleCode
from accounts.models import User
from common.business_calendar import day_bounds, today
from common.derived import Sql, compiled, derived_rows
from team.enums import WorkReportKind
from team.models import DueReport, WorkReport, WorkReportTemplate
from team.rules.reports import due_on, firsts_between, last_day
from visits.models import Visit, VisitTask

_DAY = dt.timedelta(days=1)


def due_reports(first: dt.date, last: dt.date) -> QuerySet[Any]:
    """DueReport of everybody, of the periods that begin within these days and whose reports are due by yesterday.

    One statement over people × periods; the days of reps are those with a plan or a visit.
    """
    now = today()
    parts = [_periods_owed(kind, first, last, now) for kind in WorkReportKind]
    parts.append(_days_at_work(first, min(last, now - _DAY)))
    sent, sent_params = compiled(
        WorkReport.objects.sent()
        .filter(first__range=(first, last))
        .order_by()
        .annotate(sent_pk=F("pk"), sent_person=F("person_id"), sent_kind=F("kind"), sent_first=F("first"))
        .values("sent_pk", "sent_person", "sent_kind", "sent_first")
    )
    owed = " UNION ALL ".join(sql for sql, _params in parts)
    text = (
        'SELECT CAST(owed.person_id AS text) || owed.kind || CAST(owed."first" AS text) AS id,'
        ' owed.person_id, owed.kind, owed."first", owed.due, sent.sent_pk AS report_id'
        f" FROM ({owed}) owed LEFT JOIN ({sent}) sent ON sent.sent_person = owed.person_id"
        ' AND sent.sent_kind = owed.kind AND sent.sent_first = owed."first"'
    )
    params = tuple(param for _sql, of_part in parts for param in of_part)
    return derived_rows(DueReport, (text, (*params, *sent_params)))


def reports_of_due_people(first: dt.date, last: dt.date) -> QuerySet[WorkReport]:
    """Reports sent of the same periods, owed or not, by people who are active and whose role owes such reports."""
    over = Q(kind=WorkReportKind.DAY, first__range=(first, min(last, today() - _DAY)))
    for kind in (WorkReportKind.WEEK, WorkReportKind.MONTH):
        over |= Q(kind=kind, first__in=_over(kind, first, last, today()))
    rows = WorkReport.objects.sent().filter(over, person__is_active=True)
    return rows.alias(is_owed=_is_due(OuterRef("kind"), "person__role__code")).filter(
        is_owed=True, person__role__code__in=RoleCode.values
    )


def _over(kind: str, first: dt.date, last: dt.date, now: dt.date) -> list[dt.date]:
    return [day for day in firsts_between(kind, first, last) if due_on(kind, day) < now]


def _is_due(kind: Any, role: str) -> Coalesce:
    """Whether the template of a person's role, or else that of everybody, says that such reports must be sent."""
    rows = WorkReportTemplate.objects.filter(kind=kind).order_by()
    return Coalesce(
        Subquery(rows.filter(role=OuterRef(role)).values("is_due")),
        Subquery(rows.filter(role="").values("is_due")),
        Value(False),
        output_field=BooleanField(),
    )


def _people(kind: str) -> QuerySet[User]:
    rows = User.objects.filter(is_active=True, role__code__in=RoleCode.values).order_by()
    found: QuerySet[User] = rows.alias(is_owed=_is_due(kind, "role__code")).filter(is_owed=True)
    return found


def _periods_owed(kind: WorkReportKind, first: dt.date, last: dt.date, now: dt.date) -> Sql:
    """(person_id, kind, first, due) of whoever was here before the period ended; days of others than reps."""
    owing = _people(kind)
    if kind == WorkReportKind.DAY:
        owing = owing.exclude(role__code=RoleCode.REP)
    people, params = compiled(
        owing.annotate(owing_pk=F("pk"), joined=F("date_joined")).values("owing_pk", "joined")
    )
    calendar, days = _calendar(kind, _over(kind, first, last, now))
    text = (
        f'SELECT person.owing_pk AS person_id, {_word(kind)} AS kind, period.first_day AS "first", period.due'
        f" FROM ({people}) person JOIN ({calendar}) period ON person.joined < period.until"
    )
    return text, (*params, *days)


def _calendar(kind: str, firsts: list[dt.date]) -> Sql:
    """(first_day, due, until) of periods; `until` is the moment at which the period ends."""
    rows = [
        {
            "first_day": day.isoformat(),
            "due": due_on(kind, day).isoformat(),
            "until": f"{day_bounds(last_day(kind, day))[1]:%Y-%m-%d %H:%M:%S}",
        }
        for day in firsts
    ]
    if connection.vendor == "postgresql":
        text = (
            "SELECT first_day, due, until AT TIME ZONE 'UTC' AS until"
            " FROM jsonb_to_recordset(CAST(%s AS jsonb)) AS days(first_day date, due date, until timestamp)"
        )
    else:
        names = ", ".join(
            f"json_extract(value, '$.{name}') AS {name}" for name in ("first_day", "due", "until")
        )
        text = f"SELECT {names} FROM json_each(%s)"
    return text, (json.dumps(rows),)


def _days_at_work(first: dt.date, last: dt.date) -> Sql:
    """(person_id, kind, first, due) of the days on which a rep who owes days had a plan or a visit."""
    reps = _people(WorkReportKind.DAY).filter(role__code=RoleCode.REP).values("pk")
    tasks = VisitTask.objects.filter(date__range=(first, last), rep__in=reps).annotate(
        busy_rep=F("rep_id"), busy_on=F("date")
    )
    visits = Visit.objects.filter(day__range=(first, last), rep__in=reps).annotate(
        busy_rep=F("rep_id"), busy_on=F("day")
    )
    planned, others = (compiled(rows.order_by().values("busy_rep", "busy_on")) for rows in (tasks, visits))
    text = (
        f"SELECT busy.busy_rep AS person_id, {_word(WorkReportKind.DAY)} AS kind,"
        ' busy.busy_on AS "first", busy.busy_on AS due'
        f" FROM ({planned[0]} UNION {others[0]}) busy"
    )
    return text, (*planned[1], *others[1])


def _word(kind: WorkReportKind) -> str:
    return f"CAST('{kind.value}' AS varchar(8))"
