"""The daily reports of the last working days: one rep owes his, superiors have read those of the days before."""

from __future__ import annotations

import datetime as dt
from random import Random
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.models import User
from common.business_calendar import business_day, is_working_day
from visits import queries
from visits.enums import PhraseUse
from visits.services import StopChoice, close_stops, read_report, send_report

DAYS = 3
REMARKS = (
    "明天继续跑完剩下的店。", "新品铺了三家，反馈不错。", "两家店要求对账后再付款。", "竞品在做买十赠一，建议跟进。",
    "下午下雨，少跑两家，明天补上。", "",
)  # fmt: skip


def make_day_reports(rng: Random, team: list[User], now: dt.datetime) -> None:
    """Through the services, as the reps would have done it in the evening; figures are those of the rows."""
    zone = ZoneInfo(settings.TIME_ZONE)
    days = _working_days(business_day(now))
    for day in days:
        busy = [rep for rep in team if rep.visit_tasks.filter(date=day).exists()]
        # Of the latest day one report is missing, and every other one still unread.
        late = rng.choice(busy) if busy and day == days[-1] else None
        for number, rep in enumerate(busy):
            evening = dt.datetime.combine(day, dt.time(17, 45), zone)
            sent_at = evening + dt.timedelta(minutes=rng.randrange(90))
            remark = rng.choice(REMARKS)
            if rep == late:
                continue
            _close(rng, rep, day, sent_at)
            report = send_report(actor=rep, day=day, remark=remark, now=sent_at)
            if report.reader and (day != days[-1] or number % 2):
                read_at = sent_at + dt.timedelta(minutes=rng.randrange(5, 120))
                read_report(actor=report.reader, report=report, now=read_at)


def _working_days(today: dt.date) -> list[dt.date]:
    """The last ones before today, oldest first."""
    days: list[dt.date] = []
    day = today
    while len(days) < DAYS:
        day -= dt.timedelta(days=1)
        if is_working_day(day):
            days.insert(0, day)
    return days


def _close(rng: Random, rep: User, day: dt.date, now: dt.datetime) -> None:
    """Every unserved stop of the day gets one of the usual reasons."""
    reasons = [phrase.text for phrase in queries.phrases(user=rep, use=PhraseUse.SKIP)]
    stops = queries.rep_day(rep=rep, day=day).stops
    close_stops(actor=rep, choices=[StopChoice(stop, rng.choice(reasons)) for stop in stops], now=now)
