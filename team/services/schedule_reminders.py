"""Reminding of the schedule (H2): each person once an occurrence, and in his quiet hours not at all.

Two steps, each safe to run twice at once. An entry whose reminder has come is claimed by a conditional UPDATE that
names the moment it starts from, and leaves a row for each person. A row is told, claimed alike, as soon as its person's
quiet hours allow; when the occurrence is over before, it is dropped: nobody is reminded in the morning of what was at night.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import SystemOptions, User
from common.business_calendar import is_working_day
from common.templatetags.paodian import day as day_words
from common.templatetags.paodian import moment
from comms.enums import NoticeKind
from comms.queries.reach import hours_of
from comms.queries.reach import local as by_the_clock
from comms.rules.delivery import is_quiet
from comms.services import Notice, notify
from team.enums import InvitationAnswer
from team.models import ScheduleEntry, ScheduleReminder
from team.queries.schedule import Occurrence, aware, local, occurrences
from team.rules.schedule import next_start, read_rule

_CHUNK = 500
_KEPT = dt.timedelta(days=30)
_INSTANT = dt.timedelta(microseconds=1)


def plan_next(entry: ScheduleEntry, after: dt.datetime) -> dt.datetime | None:
    """When the entry is to be reminded of next, later than `after`; None: never any more."""
    if entry.remind_minutes is None:
        return None
    before = dt.timedelta(minutes=entry.remind_minutes)
    border = after + before + _INSTANT
    changed = list(entry.exceptions.all()) if entry.rule and entry.pk else []
    begin = next_start(
        read_rule(entry.rule), local(entry.starts_at), local(border), frozenset(row.day for row in changed)
    )
    moments = [aware(begin)] if begin is not None else []
    moments += [row.starts_at for row in changed if row.starts_at is not None and row.starts_at >= border]
    return min(moments) - before if moments else None


def remind_of_schedule(*, now: dt.datetime | None = None) -> int:
    """Tell everybody whose reminder has come; returns how many notices were written."""
    at = now or timezone.now()
    while _plan_chunk(at):
        pass
    told, last = 0, 0
    while True:
        seen, count = _tell_chunk(at, last)
        told += count
        if seen is None:
            break
        last = seen
    _clean(at)
    return told


@transaction.atomic
def _plan_chunk(at: dt.datetime) -> int:
    rows = _locked(ScheduleEntry.objects.filter(remind_next_at__lte=at).order_by("remind_next_at", "pk"))
    entries = list(rows.prefetch_related("exceptions", "invitations")[:_CHUNK])
    reminders: list[ScheduleReminder] = []
    for entry in entries:
        reminders += _reminders(entry, at)
        free = ScheduleEntry.objects.filter(pk=entry.pk, remind_next_at=entry.remind_next_at)
        if free.update(remind_next_at=plan_next(entry, at)) != 1:
            raise RuntimeError(f"schedule entry {entry.pk} was locked and could not be claimed")
    ScheduleReminder.objects.bulk_create(reminders, batch_size=1000, ignore_conflicts=True)
    return len(entries)


def _reminders(entry: ScheduleEntry, at: dt.datetime) -> list[ScheduleReminder]:
    """A row for each person and each occurrence whose moment has come and that is not over."""
    assert entry.remind_minutes is not None
    assert entry.remind_next_at is not None
    before = dt.timedelta(minutes=entry.remind_minutes)
    people = {entry.owner_id} | {
        row.person_id for row in entry.invitations.all() if row.answer != InvitationAnswer.DECLINED
    }
    due = [
        one
        for one in occurrences(entry, at, at + before + _INSTANT)
        if entry.remind_next_at <= one.starts_at - before <= at
    ]
    return [_row(entry, person, one) for one in due for person in sorted(people)]


def _row(entry: ScheduleEntry, person_id: int, one: Occurrence) -> ScheduleReminder:
    return ScheduleReminder(entry=entry, person_id=person_id, begins_at=one.starts_at, ends_at=one.ends_at)


@transaction.atomic
def _tell_chunk(at: dt.datetime, after: int) -> tuple[int | None, int]:
    """(key of the last row looked at or None, how many were told)."""
    waiting = ScheduleReminder.objects.filter(told_at__isnull=True, ends_at__gt=at, pk__gt=after)
    rows = list(
        _locked(waiting.filter(person__is_active=True).order_by("pk")).select_related(
            "entry", "person__notify_settings"
        )[:_CHUNK]
    )
    if not rows:
        return None, 0
    options = SystemOptions.load()
    loud = [row for row in rows if not _is_quiet(row.person, options, at)]
    free = ScheduleReminder.objects.filter(pk__in=[row.pk for row in loud], told_at__isnull=True)
    claimed = free.update(told_at=at)
    if claimed != len(loud):
        raise RuntimeError(f"{claimed} of {len(loud)} locked reminders could be claimed")
    notify([_notice(row) for row in loud], now=at)
    return rows[-1].pk, len(loud)


def _is_quiet(person: User, options: SystemOptions, at: dt.datetime) -> bool:
    hours = hours_of(getattr(person, "notify_settings", None), options)
    return is_quiet(by_the_clock(at), hours, is_working_day)


def _notice(row: ScheduleReminder) -> Notice:
    entry = row.entry
    on = f"?on={local(row.begins_at).date().isoformat()}" if entry.rule else ""

    def title() -> str:
        when = day_words(row.begins_at) if entry.is_all_day else moment(row.begins_at)
        return _("%(time)s: %(title)s") % {"time": when, "title": entry.title}

    return Notice(
        recipient_id=row.person_id,
        kind=NoticeKind.SCHEDULE,
        title=title,
        body=entry.place,
        url=entry.get_absolute_url() + on,
        key=f"schedule-{entry.pk}-at-{int(row.begins_at.timestamp())}",
    )


def _clean(at: dt.datetime) -> None:
    """What nobody could be told in time, and what was told long ago."""
    ScheduleReminder.objects.filter(
        Q(told_at__isnull=True, ends_at__lte=at) | Q(ends_at__lte=at - _KEPT)
    ).delete()


def _locked(rows: QuerySet[Any]) -> QuerySet[Any]:
    """What another run holds is left to it; on SQLite a transaction that writes has the database to itself."""
    skip = connection.features.has_select_for_update_skip_locked
    return rows.select_for_update(of=("self",), skip_locked=skip)
