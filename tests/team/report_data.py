"""A week and its report, for the tests of work reports."""

import datetime as dt

from team.services import reports
from team.services.reports import Written

FIRST = dt.date(2026, 11, 16)  # a Monday
NOW = dt.datetime(2026, 11, 20, 10, 0, tzinfo=dt.UTC)  # Friday evening of that week, here
TEXTS = {"done": "跑完滨湖片区", "plan": "先跑政务区"}


def write(person, *, kind="week", first=FIRST, send=True, now=NOW, **more):
    written = Written(texts=more.pop("texts", TEXTS), reviewer=more.pop("reviewer", person.superior), **more)
    return reports.save_report(actor=person, kind=kind, first=first, written=written, send=send, now=now)
