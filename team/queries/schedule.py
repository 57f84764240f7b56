"""What stands in a person's schedule (H2): his entries, invitations, visits, contacts and tasks between two moments.

Each source answers in one statement and asks for its own permission; another one is a line in SOURCES.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import (
    CharField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    prefetch_related_objects,
)
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import business_day, day_bounds
from crm.models import Customer, Lead
from team.enums import CustomerTaskStatus, EntryVisibility, InvitationAnswer
from team.models import CustomerTask, ScheduleEntry, ScheduleInvitation
from team.rules.schedule import read_rule, starts
from visits.enums import TaskStatus, VisitStatus
from visits.models import Visit, VisitTask

# What has a moment and no length is drawn as long.
_POINT = dt.timedelta(minutes=30)
_DAY = dt.timedelta(days=1)
_OPEN_ANSWERS = (InvitationAnswer.WAITING, InvitationAnswer.MAYBE)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An entry once. `day` is the local date on which its rule has it begin, also when it was moved."""

    entry: ScheduleEntry
    day: dt.date
    starts_at: dt.datetime
    ends_at: dt.datetime
    is_moved: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """Anything of a schedule, whatever knows of it. `kind` is entry, busy, task, visit, contact or customer_task."""

    kind: str
    key: str
    title: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    url: str
    is_all_day: bool = False
    place: str = ""
    about: str = ""
    state: str = ""  # done, late, waiting, declined or ""
    customer: tuple[int, str] | None = None
    entry: ScheduleEntry | None = None
    day: dt.date | None = None  # of the occurrence, when the entry repeats
    may_move: bool = False


Source = Callable[[User, User, dt.datetime, dt.datetime], Iterable[Item]]


# --- occurrences
def local(at: dt.datetime) -> dt.datetime:
    """Naive, by the company's clock."""
    return timezone.make_naive(at, timezone.get_default_timezone())


def aware(at: dt.datetime) -> dt.datetime:
    """The moment of a naive local time."""
    return timezone.make_aware(at, timezone.get_default_timezone())


def occurrences(entry: ScheduleEntry, since: dt.datetime, until: dt.datetime) -> list[Occurrence]:
    """Those that take place, at least in part, between the two moments, in order; reads entry.exceptions."""
    first = local(entry.starts_at)
    length = local(entry.ends_at) - first
    changed = {row.day: row for row in entry.exceptions.all()} if entry.rule else {}
    found = [
        Occurrence(entry, begin.date(), aware(begin), aware(begin + length))
        for begin in starts(read_rule(entry.rule), first, local(since) - length, local(until))
        if begin.date() not in changed and begin + length > local(since)
    ]
    found += [
        Occurrence(entry, row.day, row.starts_at, row.ends_at, is_moved=True)
        for row in changed.values()
        if row.starts_at is not None
        and row.ends_at is not None
        and row.starts_at < until
        and row.ends_at > since
    ]
    return sorted(found, key=lambda one: one.starts_at)


def occurrence_on(entry: ScheduleEntry, day: dt.date | None) -> Occurrence | None:
    """The occurrence that the rule has on `day`; the first of all without one. None: there is none, or it is cancelled."""
    if day is None or not entry.rule:
        return Occurrence(entry, local(entry.starts_at).date(), entry.starts_at, entry.ends_at)
    changed = entry.exceptions.filter(day=day).first()
    if changed is not None:
        if changed.starts_at is None or changed.ends_at is None:
            return None
        return Occurrence(entry, day, changed.starts_at, changed.ends_at, is_moved=True)
    midnight = dt.datetime.combine(day, dt.time())
    first = local(entry.starts_at)
    begins = starts(read_rule(entry.rule), first, midnight, midnight + _DAY)
    if not begins:
        return None
    return Occurrence(entry, day, aware(begins[0]), aware(begins[0] + (local(entry.ends_at) - first)))


# --- sources
def entry_items(viewer: User, person: User, since: dt.datetime, until: dt.datetime) -> Iterator[Item]:
    """Own entries and invitations; of what a superior may not read the time alone. A second statement for series."""
    rows = list(
        ScheduleEntry.objects.visible_to(viewer)
        .on_schedule_of(person)
        .touching(since, until)
        .select_related("customer", "owner")
        .annotate(asked_viewer=_answer_of(viewer), asked_person=_answer_of(person))
        .order_by("starts_at", "pk")
    )
    prefetch_related_objects([entry for entry in rows if entry.rule], "exceptions")
    may_change = viewer.has_perm("team.change_scheduleentry")
    for entry in rows:
        for one in occurrences(entry, since, until):
            yield _entry_item(viewer, person, one, may_change)


def _answer_of(person: User) -> Subquery:
    """What this person answered to the invitation; NULL when he is not invited."""
    rows = ScheduleInvitation.objects.filter(entry=OuterRef("pk"), person=person)
    return Subquery(rows.values("answer")[:1])


def _entry_item(viewer: User, person: User, one: Occurrence, may_change: bool) -> Item:
    entry = one.entry
    key = f"entry-{entry.pk}-{one.day:%Y%m%d}"
    asked_viewer: str | None = entry.asked_viewer  # type: ignore[attr-defined]
    answer: str | None = entry.asked_person  # type: ignore[attr-defined]
    is_own = entry.owner_id == viewer.pk
    if not is_own and asked_viewer is None and entry.visibility == EntryVisibility.BUSY:
        return Item("busy", key, _("Busy"), one.starts_at, one.ends_at, "", is_all_day=entry.is_all_day)
    on = f"?on={one.day.isoformat()}" if entry.rule else ""
    customer = entry.customer
    return Item(
        kind="entry",
        key=key,
        title=entry.title,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        url=entry.get_absolute_url() + on,
        is_all_day=entry.is_all_day,
        place=entry.place,
        about="" if entry.owner_id == person.pk else _("Invited by %(name)s") % {"name": entry.owner},
        state=answer if answer and answer in _OPEN_ANSWERS else "",
        # A name may be known to who wrote the entry and not to who reads it; the link refuses by itself.
        customer=(customer.pk, customer.name) if customer is not None else None,
        entry=entry,
        day=one.day if entry.rule else None,
        may_move=is_own and may_change,
    )


def visit_items(viewer: User, person: User, since: dt.datetime, until: dt.datetime) -> Iterator[Item]:
    """Visits that took place."""
    if not viewer.has_perm("visits.view_visit"):
        return
    days = (business_day(since), business_day(until - dt.timedelta(microseconds=1)))
    rows = Visit.objects.visible_to(viewer).filter(rep=person, day__range=days).select_related("customer")
    columns = ("check_in_at", "check_out_at", "status", "customer__name", "rep_id", "day")
    for visit in rows.only(*columns).order_by("check_in_at", "pk"):
        is_over = visit.status != VisitStatus.OPEN
        end = visit.check_out_at or visit.check_in_at + _POINT
        yield Item(
            kind="visit",
            key=f"visit-{visit.pk}",
            title=visit.customer.name,
            starts_at=visit.check_in_at,
            ends_at=max(end, visit.check_in_at + dt.timedelta(minutes=1)),
            url=visit.get_absolute_url(),
            about=_("Visit"),
            state="done" if is_over else "",
            customer=(visit.customer_id, visit.customer.name),
        )


def task_items(viewer: User, person: User, since: dt.datetime, until: dt.datetime) -> Iterator[Item]:
    """Visit tasks without a visit yet: they have a day and no hour."""
    if not viewer.has_perm("visits.view_visittask"):
        return
    days = (business_day(since), business_day(until - dt.timedelta(microseconds=1)))
    rows = (
        VisitTask.objects.visible_to(viewer)
        .filter(~Exists(Visit.objects.filter(task=OuterRef("pk"))), rep=person, date__range=days)
        .exclude(status=TaskStatus.SKIPPED)
        .select_related("customer")
        .only("date", "status", "note", "rep_id", "customer__name")
    )
    for task in rows.order_by("date", "position", "pk"):
        start, end = day_bounds(task.date)
        url = reverse("visits:today") + f"?date={task.date.isoformat()}"
        yield Item(
            kind="task",
            key=f"task-{task.pk}",
            title=task.customer.name,
            starts_at=start,
            ends_at=end,
            url=url if viewer.pk == person.pk else task.customer.get_absolute_url(),
            is_all_day=True,
            about=task.note or _("Visit task"),
            state="done" if task.status == TaskStatus.DONE else "",
            customer=(task.customer_id, task.customer.name),
        )


def due_items(viewer: User, person: User, since: dt.datetime, until: dt.datetime) -> Iterator[Item]:
    """What has to be done by a moment: customers and leads to be contacted again, as follow-ups agreed it, and customer
    tasks. One statement for all three."""
    contact = {"next_contact_at__gte": since, "next_contact_at__lt": until, "owner": person}
    due = {"due_at__gte": since, "due_at__lt": until, "assignee": person}
    tasks = CustomerTask.objects.visible_to(viewer).exclude(status=CustomerTaskStatus.CANCELLED)
    sources: list[tuple[str, str, QuerySet[Any], dict[str, Any]]] = [
        ("crm.view_customer", "customer", Customer.objects.visible_to(viewer).active(), contact),
        ("crm.view_lead", "lead", Lead.objects.visible_to(viewer).open(), contact),
        ("team.view_customertask", "customer_task", tasks, due),
    ]
    parts = [_due(kind, rows.filter(**wanted)) for may, kind, rows, wanted in sources if viewer.has_perm(may)]
    if not parts:
        return
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    at: dt.datetime  # the conditions leave out who has none
    for kind, pk, title, at, status, customer_pk, customer in rows:
        is_task = kind == "customer_task"
        yield Item(
            kind="customer_task" if is_task else "contact",
            key=f"customer-task-{pk}" if is_task else f"contact-{kind}-{pk}",
            title=title,
            starts_at=at,
            ends_at=at + _POINT,
            url=reverse(_DUE_PAGES[kind], args=[pk]),
            about=_("Customer task due") if is_task else _("Next contact"),
            state="done" if status == CustomerTaskStatus.DONE else "",
            customer=(customer_pk, customer) if customer_pk else None,
        )


_DUE_PAGES = {
    "customer": "crm:customer_detail",
    "lead": "crm:lead_detail",
    "customer_task": "team:customer_task",
}


def _due(kind: str, rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    """The same columns of each of the three: what it is, its words and moment, its customer."""
    columns: dict[str, dict[str, Any]] = {
        "customer": {"a": F("name"), "b": F("next_contact_at"), "d": F("pk"), "e": F("name")},
        "lead": {"a": F("name"), "b": F("next_contact_at"), "d": Value(0), "e": Value("", CharField())},
        "customer_task": {"a": F("title"), "b": F("due_at"), "d": F("customer_id"), "e": F("customer__name")},
    }
    status = F("status") if kind == "customer_task" else Value("", CharField())
    named: QuerySet[Any, Any] = rows.order_by().annotate(
        sort=Value(kind, CharField()), **columns[kind], c=status
    )
    return named.values_list("sort", "pk", "a", "b", "c", "d", "e")


# What a calendar app reads as well, besides the entries, which it gets as series.
OTHER_SOURCES: tuple[Source, ...] = (visit_items, task_items, due_items)
SOURCES: tuple[Source, ...] = (entry_items, *OTHER_SOURCES)


def schedule_items(
    *, viewer: User, person: User, since: dt.datetime, until: dt.datetime, now: dt.datetime
) -> list[Item]:
    """All of a person's schedule that `viewer` sees, whole days first, then by time."""
    found = [
        _judged(item, now)
        for source in SOURCES
        for item in source(viewer, person, since, until)
        if item.starts_at < until and item.ends_at > since
    ]
    return sorted(found, key=lambda item: (not item.is_all_day, item.starts_at, item.ends_at, item.key))


def _judged(item: Item, now: dt.datetime) -> Item:
    """What had to be done and was not is late."""
    if item.kind in ("task", "contact", "customer_task") and not item.state and item.ends_at <= now:
        return replace(item, state="late")
    return item


# --- people and invitations
def people_on_view(user: User) -> list[User]:
    """Whose schedule `user` may open: his own first, then those of the people in his scope."""
    rows: list[User] = list(User.objects.visible_to(user).active().order_by("name", "pk"))
    return [user, *(person for person in rows if person.pk != user.pk)]


def invitable(user: User) -> list[tuple[int, str]]:
    """(key, name · department) of everybody else who works here: one may ask everybody."""
    rows = (
        User.objects.active().exclude(pk=user.pk).order_by("department__position", "department", "name", "pk")
    )
    return [
        (pk, f"{name} · {department}" if department else name)
        for pk, name, department in rows.values_list("pk", "name", "department__name")
    ]


def waiting_invitations(user: User, now: dt.datetime) -> Any:
    """Invitations that he has not answered, to what is not over."""
    open_ones = Q(entry__last_end_at__isnull=True) | Q(entry__last_end_at__gt=now)
    return ScheduleInvitation.objects.filter(open_ones, person=user, answer=InvitationAnswer.WAITING)
