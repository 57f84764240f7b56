"""Facts of lower apps that team work follows."""

import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import day_bounds
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
from team.models import Document
from team.queries import instructions, schedule
from team.queries import reports as work_reports
from team.queries import tasks as customer_tasks
from team.queries.documents import documents_of
from team.services import document_follow_ups, reports, task_merging
from team.signals import document_files_added
from team.tasks.documents import read_document_file
from visits.models import DailyReport
from visits.signals import daily_report_read, daily_report_sent, daily_report_taken_back


@receiver(collecting_todos, dispatch_uid="team.instructions")
def say_what_to_answer(sender: Any, user: User, **kwargs: Any) -> list[Todo]:
    """Instructions to the user that wait for his answer."""
    if not user.has_perm("team.view_instruction"):
        return []
    count = instructions.count_unanswered(user)
    url = "/instructions/?box=in&state=unanswered"
    return [Todo("instructions", _("Instructions to answer"), count, url, "message-exclamation", order=59)]


@receiver(collecting_timeline, dispatch_uid="team.instructions_timeline")
def tell_instructions(
    sender: Any, customer: Customer, user: User, wish: Wish, **kwargs: Any
) -> list[TimelineEvent]:
    return instructions.timeline_events(customer, user, wish)


# --- documents
@receiver(document_files_added, dispatch_uid="team.read_document_files")
def nudge_reading(sender: Any, file_ids: list[int], **kwargs: Any) -> None:
    """Tell a worker once the rows are committed; without a broker the sweeper finds them."""
    for file_id in file_ids:
        transaction.on_commit(partial(read_document_file.delay, file_id), robust=True)


@receiver(collecting_todos, dispatch_uid="team.documents")
def say_what_to_read(sender: Any, user: User, today: dt.date, **kwargs: Any) -> list[Todo]:
    """Documents that must be read and that the user has not confirmed."""
    if not user.has_perm("team.view_document"):
        return []
    count = Document.objects.waiting_for(user, today).count()
    url = "/documents/?state=to_confirm"
    return [Todo("documents", _("Documents to read and confirm"), count, url, "books", order=62)]


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


@receiver(collecting_todos, dispatch_uid="team.work_reports")
def say_what_to_report(sender: Any, user: User, today: dt.date, **kwargs: Any) -> list[Todo]:
    """Reports to read, and one's own that is due."""
    return work_reports.todos(user, today) if user.has_perm("team.view_workreport") else []


# --- customer tasks
@receiver(collecting_todos, dispatch_uid="team.customer_tasks")
def say_what_to_do(sender: Any, user: User, today: dt.date, now: dt.datetime, **kwargs: Any) -> list[Todo]:
    """One's own customer tasks that are due by the end of the day."""
    if not user.has_perm("team.view_customertask"):
        return []
    count, late = customer_tasks.due_counts(user, day_bounds(today)[1], now)
    label = _("Customer tasks due")
    return [Todo("customer_tasks", label, count, "/customer-tasks/", "clipboard-check", late, order=22)]


@receiver(collecting_timeline, dispatch_uid="team.customer_tasks_timeline")
def tell_tasks(sender: Any, customer: Customer, user: User, wish: Wish, **kwargs: Any) -> list[TimelineEvent]:
    return customer_tasks.timeline_events(customer, user, wish)


@receiver(customers_merging, dispatch_uid="team.customers_merging")
def make_room_for_merged(sender: Any, journal: MergeJournal, **kwargs: Any) -> None:
    task_merging.resolve_merge(journal=journal)


# --- schedule
@receiver(collecting_todos, dispatch_uid="team.schedule_invitations")
def say_what_to_answer_for(sender: Any, user: User, **kwargs: Any) -> list[Todo]:
    """Invitations without an answer, to what is not over."""
    if not user.has_perm("team.view_scheduleentry"):
        return []
    count = schedule.waiting_invitations(user, timezone.now()).count()
    url = "/schedule/invitations/?answer=waiting"
    return [Todo("schedule", _("Invitations to answer"), count, url, "calendar-question", order=61)]
