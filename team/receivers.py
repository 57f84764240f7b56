"""Facts of lower apps that team work follows."""

import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from accounts.models import User
from common.business_calendar import today as business_today
from comms.rules.todos import Todo
from comms.signals import collecting_todos
from crm.models import Customer, FollowUp
from crm.rules.follow_ups import Shown
from crm.rules.timeline import TimelineEvent, Wish
from crm.services.merge_journal import MergeJournal
from crm.signals import (
    collecting_follow_up_links,
    collecting_timeline,
    customers_merging,
    follow_up_recorded,
)
from team.queries.documents import documents_of
from team.queries.timeline import timeline_events
from team.queries.todos import todos
from team.services import document_follow_ups, reports, task_merging
from team.signals import document_files_added
from team.tasks.documents import read_document_file
from visits.models import DailyReport
from visits.signals import daily_report_read, daily_report_sent, daily_report_taken_back


@receiver(collecting_todos, dispatch_uid="team.todos")
def say_what_waits(sender: Any, user: User, today: dt.date, now: dt.datetime, **kwargs: Any) -> list[Todo]:
    return todos(user, today, now)


@receiver(collecting_timeline, dispatch_uid="team.timeline")
def tell_what_happened(
    sender: Any, customer: Customer, user: User, wish: Wish, **kwargs: Any
) -> list[TimelineEvent]:
    return timeline_events(customer, user, wish)


# --- documents
@receiver(document_files_added, dispatch_uid="team.read_document_files")
def nudge_reading(sender: Any, file_ids: list[int], **kwargs: Any) -> None:
    """Tell a worker once the rows are committed; without a broker the sweeper finds them."""
    for file_id in file_ids:
        transaction.on_commit(partial(read_document_file.delay, file_id), robust=True)


@receiver(follow_up_recorded, dispatch_uid="team.follow_up_documents")
def link_shown_documents(
    sender: Any, follow_up: FollowUp, actor: User, posted: Mapping[str, list[str]], **kwargs: Any
) -> None:
    """What was ticked in /documents/picker/ within the form of a follow-up."""
    keys = [
        int(key) for key in posted.get("documents", ()) if key.isascii() and key.isdigit() and len(key) < 19
    ]
    if keys and actor.has_perm("team.view_document"):
        document_follow_ups.link_documents(actor=actor, follow_up=follow_up, document_ids=keys)


@receiver(collecting_follow_up_links, dispatch_uid="team.follow_up_documents_shown")
def tell_shown_documents(
    sender: Any, follow_ups: list[int], user: User, **kwargs: Any
) -> dict[int, list[Shown]]:
    if not follow_ups or not user.has_perm("team.view_document"):
        return {}
    found = documents_of(follow_ups, user, business_today())
    return {key: [Shown(title, url) for title, url in links] for key, links in found.items()}


# --- work reports
@receiver(daily_report_sent, dispatch_uid="team.day_sent")
def make_day_report(sender: Any, report: DailyReport, now: dt.datetime, **kwargs: Any) -> None:
    reports.follow_day_end(daily=report, now=now)


@receiver(daily_report_taken_back, dispatch_uid="team.day_taken_back")
def unmake_day_report(sender: Any, report: DailyReport, sent_at: dt.datetime | None, **kwargs: Any) -> None:
    reports.follow_day_taken_back(daily=report, sent_at=sent_at)


@receiver(daily_report_read, dispatch_uid="team.day_read")
def mark_day_report_read(sender: Any, report: DailyReport, now: dt.datetime, **kwargs: Any) -> None:
    reports.follow_day_read(daily=report, now=now)


# --- customer tasks
@receiver(customers_merging, dispatch_uid="team.customers_merging")
def make_room_for_merged(sender: Any, journal: MergeJournal, **kwargs: Any) -> None:
    task_merging.resolve_merge(journal=journal)
