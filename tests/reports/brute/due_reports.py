import datetime as dt
from functools import partial

import chinese_calendar

from accounts.models import User
from common import business_calendar
from team.models import WorkReport, WorkReportTemplate
from tests.reports.brute import Entry, brute
from tests.reports.brute.customers import local_day
from visits.models import Visit, VisitTask

DAY = dt.timedelta(days=1)
REACH = 130  # days back; longer than any period of the tests


def works(day):
    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:  # a year whose holidays are not published yet
        return day.isoweekday() < 6


def end_of(kind, first):
    if kind == "week":
        return first + 6 * DAY
    if kind == "month":
        return (first + 31 * DAY).replace(day=1) - DAY
    return first


def due_day(kind, first):
    if kind == "day":
        return first
    day = end_of(kind, first) + DAY
    while not works(day):
        day += DAY
    return day


def begins(kind, day):
    return {"day": True, "week": day.isoweekday() == 1, "month": day.day == 1}[kind]


def must_send():
    """(role, kind) of the templates; "" is for roles without one of their own."""
    said = {(row.role, row.kind): row.is_due for row in WorkReportTemplate.objects.all()}
    return lambda role, kind: said.get((role, kind), said.get(("", kind), False))


def owed():
    must, today = must_send(), business_calendar.today()
    at_work = {(row.rep_id, row.date) for row in VisitTask.objects.all()}
    at_work |= {(row.rep_id, row.day) for row in Visit.objects.all()}
    for person in User.objects.all().select_related("role"):
        if not person.is_active or person.role is None:
            continue
        role, here = person.role.code, local_day(person.date_joined)
        for back in range(REACH):
            day = today - back * DAY
            for kind in ("day", "week", "month"):
                if not begins(kind, day) or due_day(kind, day) >= today or not must(role, kind):
                    continue
                if kind == "day" and role == "rep":
                    is_owed = (person.pk, day) in at_work
                else:
                    is_owed = end_of(kind, day) >= here and (kind != "day" or works(day))
                if is_owed:
                    yield person, kind, day


def due(wanted):
    sent = {(row.person_id, row.kind, row.first) for row in WorkReport.objects.all() if row.status != "draft"}
    for person, kind, day in owed():
        is_sent = (person.pk, kind, day) in sent
        yield Entry(person, day, int(wanted(is_sent)), more=(("work_report_kind", kind),))


brute("work_reports_due")(partial(due, lambda is_sent: True))
brute("work_reports_missing")(partial(due, lambda is_sent: not is_sent))


def over(wanted):
    must, today = must_send(), business_calendar.today()
    for row in WorkReport.objects.all().select_related("person__role"):
        person = row.person
        if row.status == "draft" or not person.is_active or person.role is None:
            continue
        if must(person.role.code, row.kind) and due_day(row.kind, row.first) < today:
            yield Entry(person, row.first, int(wanted(row)), more=(("work_report_kind", row.kind),))


brute("work_reports_over")(partial(over, lambda row: True))
brute("work_reports_in_time")(partial(over, lambda row: not row.is_late))
