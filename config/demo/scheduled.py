"""Reports that go out by themselves: the boss's week, a manager's mornings, finance's overdue, and their last mails."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from random import Random
from typing import Any

from django.utils import timezone

from accounts.models import User
from common.business_calendar import is_working_day
from reports.enums import ConditionKind, Rhythm, RunState
from reports.models import ScheduledReport, ScheduledRun
from reports.rules.schedules import next_time
from reports.services.schedules import save_schedule

MAILS = 6  # that were due in the last weeks
_DAY = dt.timedelta(days=1)
# owner, name, report, query, rhythm, weekday, day of the month, hour, condition, measure, limit, recipients
STORIES: tuple[tuple[Any, ...], ...] = (
    ("boss", "每周销售业绩", "performance", {"period": "week", "by": "department"}, Rhythm.WEEKLY, 5, 1, 18,
     ConditionKind.ALWAYS, "", None, ("boss", "manager1", "manager2", "manager3")),
    ("manager1", "昨日拜访达成", "visit_plan", {"period": "yesterday", "by": "rep"}, Rhythm.WORKDAYS, 1, 1, 7,
     ConditionKind.ALWAYS, "", None, ("manager1",)),
    ("boss", "应收账龄（有欠款才发）", "aging", {"by": "rep"}, Rhythm.WEEKLY, 1, 1, 9,
     ConditionKind.ABOVE, "receivable", Decimal(100000), ("boss", "finance")),
    ("boss", "月度新品铺市", "new_products", {}, Rhythm.MONTHLY, 1, 1, 9,
     ConditionKind.ALWAYS, "", None, ("boss", "office")),
)  # fmt: skip


def make_scheduled(rng: Random, now: dt.datetime) -> None:
    """The schedules through the service; their runs as the log of the worker would have them."""
    people = {user.username: user for user in User.objects.filter(is_active=True)}
    for (
        owner,
        name,
        report,
        query,
        rhythm,
        weekday,
        month_day,
        hour,
        condition,
        measure,
        limit,
        to,
    ) in STORIES:
        schedule = ScheduledReport(
            name=name,
            report=report,
            query=query,
            owner=people[owner],
            rhythm=rhythm,
            weekday=weekday,
            month_day=month_day,
            at=dt.time(hour),
            condition=condition,
            measure=measure,
            limit=limit,
        )
        recipients = [people[username] for username in to if username in people]
        save_schedule(actor=people[owner], schedule=schedule, recipients=recipients, now=now)
        _mails(rng, schedule, recipients, now)


def _mails(rng: Random, schedule: ScheduledReport, recipients: list[User], now: dt.datetime) -> None:
    """Of the last times that it was due."""
    runs = []
    for due in _due_times(schedule, now)[-MAILS:]:
        started = due + dt.timedelta(seconds=rng.randrange(2, 50))
        runs.append(
            ScheduledRun(
                schedule=schedule,
                due_at=due,
                state=RunState.DONE,
                started_at=started,
                heartbeat_at=started,
                finished_at=started + dt.timedelta(seconds=len(recipients) + rng.randrange(3)),
                attempts=1,
                sent=len(recipients),
                recipients={str(user.pk): "sent" for user in recipients},
            )
        )
    ScheduledRun.objects.bulk_create(runs)


def _due_times(schedule: ScheduledReport, now: dt.datetime) -> list[dt.datetime]:
    """Oldest first, within two months before `now`."""
    local = timezone.localtime(now, timezone.get_default_timezone())
    found: list[dt.datetime] = []
    at = local - 60 * _DAY
    while True:
        at = next_time(
            at,
            rhythm=schedule.rhythm,
            at=schedule.at,
            weekday=schedule.weekday,
            month_day=schedule.month_day,
            works=is_working_day,
        )
        if at > local:
            return found
        found.append(at)
