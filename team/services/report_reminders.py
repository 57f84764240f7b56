"""Reminders of work reports that were not sent: by a button, in the evening, and on the morning after week and month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.enums import RoleCode
from accounts.models import User
from common.business_calendar import is_working_day
from common.business_calendar import today as business_today
from comms.enums import NoticeKind
from comms.models import Notification
from comms.services import Notice, notify
from team.enums import WorkReportKind
from team.queries.report_people import missing
from team.queries.reports import role_code
from team.rules.report_words import period_words
from team.rules.reports import due_on, first_day, previous_first


def remind_missing(
    *,
    actor: User,
    kind: str,
    first: dt.date,
    people: Collection[int] | None = None,
    now: dt.datetime | None = None,
) -> tuple[int, int]:
    """Remind those in the actor's scope who owe the period's report, or some of them: once a day each.

    Answers (how many were told now, how many had been told today before). Raises PermissionDenied.
    """
    if not actor.has_perm("team.read_team_workreport"):
        raise PermissionDenied
    rows = missing(User.objects.visible_to(actor).exclude(pk=actor.pk), kind, first)
    if people is not None:
        rows = rows.filter(pk__in=people)
    return _remind(rows, kind, first, now or timezone.now())


def remind_of_days(*, now: dt.datetime | None = None) -> int:
    """In the evening: who owes today's report and has not sent it. Safe to run again; answers how many were told."""
    at = now or timezone.now()
    today = business_today(at)
    return _remind(missing(User.objects.all(), WorkReportKind.DAY, today), WorkReportKind.DAY, today, at)[0]


def remind_of_periods(*, now: dt.datetime | None = None) -> int:
    """On the first working morning after a week or month: who has not sent its report. Other mornings do nothing."""
    at = now or timezone.now()
    today = business_today(at)
    told = 0
    for kind in (WorkReportKind.WEEK, WorkReportKind.MONTH):
        first = previous_first(kind, first_day(kind, today))
        if is_working_day(today) and due_on(kind, first) == today:
            told += _remind(missing(User.objects.all(), kind, first), kind, first, at)[0]
    return told


def _remind(rows: QuerySet[User], kind: str, first: dt.date, at: dt.datetime) -> tuple[int, int]:
    people = list(rows.select_related("role").order_by("pk"))
    key = f"work-report-due-{kind}-{first}-{business_today(at)}"
    told = set(
        Notification.objects.filter(key=key, recipient__in=people).values_list("recipient_id", flat=True)
    )
    new = [_notice(person, kind, first, key) for person in people if person.pk not in told]
    return (notify(new, now=at) if new else 0), len(told)


def _notice(person: User, kind: str, first: dt.date, key: str) -> Notice:
    def title() -> str:
        return _("%(kind)s of %(period)s is not sent yet") % {
            "kind": WorkReportKind(kind).label,
            "period": period_words(kind, first),
        }

    if kind == WorkReportKind.DAY and role_code(person) == RoleCode.REP:
        url = f"{reverse('visits:day_end')}?{urlencode({'date': first.isoformat()})}"
    else:
        url = f"{reverse('team:work_report_new')}?{urlencode({'kind': kind, 'date': first.isoformat()})}"
    return Notice(person.pk, NoticeKind.REPORT, title, url=url, key=key)
