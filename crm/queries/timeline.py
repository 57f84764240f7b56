"""One customer's timeline: crm's own events and those that upper apps add (B7)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from auditlog.models import LogEntry
from django.db.models import F, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import business_day, day_bounds
from common.punctuation import named
from crm.enums import OwnerChangeReason, PoolClock, TimelineKind
from crm.models import CompetitorSighting, Customer, FollowUp, OwnerChange
from crm.queries.history import change_lines
from crm.rules.competitors import price_in_words
from crm.rules.timeline import Cursor, TimelineEvent, Wish, merge
from crm.signals import collecting_timeline

Rows = QuerySet[Any]


def timeline(customer: Customer, user: User, wish: Wish) -> tuple[list[TimelineEvent], Cursor | None]:
    """A page of what happened at `customer`, newest first, and the cursor of the next page (None: this was the last).

    Each source shows what `user` may see of it; the caller has made sure that he sees the customer.
    """
    batches: list[list[TimelineEvent]] = [source(customer, user, wish) for source in _SOURCES]
    answers: list[tuple[Any, Any]] = collecting_timeline.send(
        sender=Customer, customer=customer, user=user, wish=wish
    )
    batches += [events for _receiver, events in answers]
    return merge(batches, wish)


def page_rows(rows: Rows, column: str, wish: Wish, *, is_day: bool = False) -> Rows:
    """Those of `rows` that can stand on the wished page: the newest `limit` below the cursor, ties complete.

    `column` holds the event's time, or with `is_day` its business day. All rows that share the cursor's or the last
    row's value come along: their order within that value is the merge's to decide.
    """
    if wish.since is not None:
        rows = rows.filter(**{f"{column}__gte": wish.since if is_day else day_bounds(wish.since)[0]})
    if wish.until is not None:
        end = {f"{column}__lte": wish.until} if is_day else {f"{column}__lt": day_bounds(wish.until)[1]}
        rows = rows.filter(**end)
    below = rows
    if wish.before is not None:
        at = wish.before.at
        border: dt.date = business_day(at) if is_day else at
        rows = rows.filter(**{f"{column}__lte": border})
        below = below.filter(**{f"{column}__lt": border})
    # One more than shown, so that the merge knows whether there is a next page.
    last = below.order_by(f"-{column}").values(column)[wish.limit : wish.limit + 1]
    earliest = dt.date(1900, 1, 1) if is_day else dt.datetime(1900, 1, 1, tzinfo=dt.UTC)
    field = rows.model._meta.get_field(column)
    return rows.filter(
        **{f"{column}__gte": Coalesce(Subquery(last), Value(earliest, field), output_field=field)}
    )


def moment_of(day: dt.date, written_at: dt.datetime | None) -> tuple[dt.datetime, bool]:
    """When something of business day `day` happened, and whether the time is known: when it was written, if that day.

    What was written on another day (imported, entered later) stands at the day's beginning.
    """
    if written_at is not None and business_day(written_at) == day:
        return written_at, True
    return day_bounds(day)[0], False


# --- crm's own sources
# What follow-ups, changes of owner and sightings of competitors have in common, so that one statement reads them all.
_TEXTS = ("first", "second", "third", "on_day", "old", "new", "said")
_MOMENTS = ("pk", "at", "source", *_TEXTS, "who", "who_name")


def _moments(customer: Customer, user: User, wish: Wish) -> list[TimelineEvent]:
    """Follow-ups, changes of owner, sightings of competitors."""
    parts = []
    if wish.wants(TimelineKind.FOLLOW_UP) and user.has_perm("crm.view_followup"):
        talks = FollowUp.objects.visible_to(user).filter(customer=customer, **_by(wish, "rep_id"))
        names = {
            "first": F("method__name"),
            "second": F("stage__name"),
            "said": F("text"),
            "who": F("rep_id"),
        }
        parts.append(
            _part(page_rows(talks, "at", wish), TimelineKind.FOLLOW_UP, who_name=F("rep__name"), **names)
        )
    if wish.wants(TimelineKind.OWNER):
        changes = OwnerChange.objects.filter(customer=customer, **_by(wish, "by_id"))
        names = {"first": F("reason"), "second": F("clock"), "said": F("note"), "who": F("by_id")}
        people = {"old": F("from_user__name"), "new": F("to_user__name"), "who_name": F("by__name")}
        parts.append(_part(page_rows(changes, "at", wish), TimelineKind.OWNER, **names, **people))
    if wish.wants(TimelineKind.COMPETITOR) and user.has_perm("crm.view_competitorsighting"):
        seen = CompetitorSighting.objects.visible_to(user).filter(customer=customer, **_by(wish, "rep_id"))
        parts.append(_sightings(page_rows(seen, "seen_on", wish, is_day=True)))
    if not parts:
        return []
    return [_EVENTS[row.source](row) for row in parts[0].union(*parts[1:], all=True)]


def _sightings(rows: Rows) -> Rows:
    texts = {"on_day": Cast("seen_on", TextField()), "old": Cast("price", TextField())}
    return _part(
        rows, TimelineKind.COMPETITOR, at=F("created_at"), first=F("competitor__name"), second=F("product"),
        third=F("person"), new=F("unit"), said=F("notes"), who=F("rep_id"), who_name=F("rep__name"), **texts
    )  # fmt: skip


def _part(rows: Rows, kind: TimelineKind, **columns: Any) -> Rows:
    nothing = {name: Value("", TextField()) for name in _TEXTS}
    columns = {**nothing, **columns, "source": Value(kind.value, TextField())}
    part: Rows = rows.order_by().annotate(**columns).values_list(*_MOMENTS, named=True)
    return part


def _follow_up(row: Any) -> TimelineEvent:
    return TimelineEvent(
        at=row.at,
        ref=f"follow-up-{row.pk}",
        kind=TimelineKind.FOLLOW_UP,
        title=" · ".join(part for part in (_("Follow-up"), row.first, row.second) if part),
        text=row.said,
        person=row.who_name,
        person_id=row.who,
    )


def _owner_change(row: Any) -> TimelineEvent:
    return TimelineEvent(
        at=row.at,
        ref=f"owner-{row.pk}",
        kind=TimelineKind.OWNER,
        title=_owner_title(OwnerChangeReason(row.first), row.old, row.new),
        text=row.said or (str(PoolClock(row.second).label) if row.second else ""),
        person=row.who_name or "",
        person_id=row.who,
    )


def _owner_title(reason: OwnerChangeReason, old: str | None, new: str | None) -> str:
    to = new or _("public pool")
    if reason in (OwnerChangeReason.CREATED, OwnerChangeReason.IMPORTED, OwnerChangeReason.CONVERTED):
        return _("%(reason)s, owner: %(person)s") % {"reason": reason.label, "person": to}
    values = {"reason": reason.label, "old": old or _("public pool"), "new": to}
    return _("%(reason)s: %(old)s → %(new)s") % values


def _sighting(row: Any) -> TimelineEvent:
    at, is_timed = moment_of(dt.date.fromisoformat(row.on_day), row.at)
    price = price_in_words(Decimal(row.old) if row.old else None, row.new)
    return TimelineEvent(
        at=at,
        ref=f"sighting-{row.pk}",
        kind=TimelineKind.COMPETITOR,
        title=f"{row.first} {row.second}",
        text=" · ".join(part for part in (price, row.third, row.said) if part),
        person=row.who_name,
        person_id=row.who,
        is_timed=is_timed,
    )


_EVENTS: dict[str, Callable[[Any], TimelineEvent]] = {
    TimelineKind.FOLLOW_UP: _follow_up,
    TimelineKind.OWNER: _owner_change,
    TimelineKind.COMPETITOR: _sighting,
}


def _changes(customer: Customer, user: User, wish: Wish) -> list[TimelineEvent]:
    """Changes of the file; who got it is the owner history's to tell, and so is its creation."""
    if not wish.wants(TimelineKind.CHANGE):
        return []
    rows = LogEntry.objects.get_for_object(customer).filter(
        action=LogEntry.Action.UPDATE, **_by(wish, "actor_id")
    )
    rows = page_rows(rows.exclude(changes__has_key="owner"), "timestamp", wish)
    entries = list(rows.select_related("actor"))
    return [
        TimelineEvent(
            at=entry.timestamp,
            ref=f"change-{entry.pk}",
            kind=TimelineKind.CHANGE,
            title=_("Customer file changed"),
            text=_("; ").join(
                named(field.label, f"{field.old} → {field.new}" if field.old else field.new or "–")
                for field in line.fields
            ),
            person=line.actor,
            person_id=entry.actor_id,
        )
        for entry, line in zip(entries, change_lines(entries), strict=True)
    ]


def _by(wish: Wish, column: str) -> dict[str, int]:
    return {column: wish.person_id} if wish.person_id is not None else {}


_SOURCES: tuple[Callable[[Customer, User, Wish], list[TimelineEvent]], ...] = (_moments, _changes)
