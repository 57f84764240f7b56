"""Work reports of the last weeks and month: most are there and read, some are late, some are missing."""

from __future__ import annotations

import datetime as dt
from random import Random
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.models import User
from common.business_calendar import business_day
from team.enums import WorkReportKind
from team.models import WorkReport
from team.queries.report_figures import days_ahead, period_figures
from team.queries.reports import template_sections
from team.rules.report_words import drafts
from team.rules.reports import due_on, first_day, last_day, previous_first
from team.services.report_comments import comment
from team.services.reports import Written, read_report, save_report

WEEKS = 3
WORDS = {
    "market": (
        "竞品在做买十赠一，三家店已换排面。",
        "学校周边两家新店，下周谈进场。",
        "苏打水动销好，缺 1L 装。",
    ),
    "problems": ("两家店对账单不清，请财务协助。", "", "需要新品试饮装 20 瓶。"),
    "team": ("新人还要带一周，其他人正常。", "两条线路拜访偏少，下周跟车。"),
}
COMMENTS = ("收到，对账的事我跟财务说。", "竞品活动拍照发群里。", "不错，下周把学校那两家拿下。")


def make_work_reports(rng: Random, team: list[User], now: dt.datetime) -> None:
    """Through the services, as people would have done it on the evening of the last day or the morning after."""
    today = business_day(now)
    leaders = list(User.objects.filter(subordinates__in=team).distinct().order_by("pk"))
    office = list(User.objects.filter(username__in=("office", "finance")).order_by("pk"))
    # Who reports on weeks that lie before today has worked here that long.
    User.objects.filter(date_joined__gt=now - dt.timedelta(days=45)).update(
        date_joined=now - dt.timedelta(days=45)
    )
    week = first_day(WorkReportKind.WEEK, today)
    for back in range(WEEKS):
        week = previous_first(WorkReportKind.WEEK, week)
        writers = [*team, *(leader for leader in leaders if leader.superior_id)]
        _period(rng, WorkReportKind.WEEK, week, writers, now, newest=back == 0)
    month = previous_first(WorkReportKind.MONTH, first_day(WorkReportKind.MONTH, today))
    _period(rng, WorkReportKind.MONTH, month, [*team, *office], now, newest=True)
    _draft(team[0], today, now)


def _period(
    rng: Random, kind: str, first: dt.date, writers: list[User], now: dt.datetime, *, newest: bool
) -> None:
    zone = ZoneInfo(settings.TIME_ZONE)
    for number, person in enumerate(writers):
        if number and rng.random() < 0.12:
            continue  # has not sent it
        day = due_on(kind, first) + dt.timedelta(days=rng.choice((0, 0, 0, 0, 1)))
        at = dt.datetime.combine(day, dt.time(8, 30), zone) + dt.timedelta(minutes=rng.randrange(180))
        if at >= now:
            at = now - dt.timedelta(minutes=30)
        report = _write(rng, person, kind, first, at)
        if report.reviewer and not (newest and number % 3 == 0):
            read_report(actor=report.reviewer, report=report, now=at + dt.timedelta(minutes=40))
            if rng.random() < 0.3:
                comment(
                    actor=report.reviewer,
                    report=report,
                    text=rng.choice(COMMENTS),
                    now=at + dt.timedelta(minutes=45),
                )


def _write(rng: Random, person: User, kind: str, first: dt.date, at: dt.datetime) -> WorkReport:
    sections = template_sections(user=person, kind=kind)
    figures = period_figures(user=person, kind=kind, first=first, today=last_day(kind, first))
    texts = drafts(sections, figures, days_ahead(user=person, kind=kind, first=first), kind)
    for section in sections:
        if not texts.get(section.key):
            texts[section.key] = rng.choice(WORDS.get(section.key, ("按计划完成。",)))
    boss = person.superior.superior if person.superior else None
    copies = [boss.pk] if boss is not None and kind == WorkReportKind.MONTH else []
    written = Written(texts=texts, reviewer=person.superior, copies=copies)
    return save_report(actor=person, kind=kind, first=first, written=written, send=True, now=at)


def _draft(person: User, today: dt.date, now: dt.datetime) -> None:
    """A week that is being written."""
    week = first_day(WorkReportKind.WEEK, today)
    texts = {"done": "周一、周二跑了滨湖片区。", "plan": ""}
    written = Written(texts=texts, reviewer=person.superior)
    save_report(actor=person, kind=WorkReportKind.WEEK, first=week, written=written, now=now)
