"""Writing the schedule (H2): entries and their series, moved and cancelled occurrences, invitations and answers.

An entry belongs to its owner, and nobody else changes it. Whoever is invited is told of what concerns him.
"""

from __future__ import annotations

import datetime as dt
import uuid as uuids
from collections.abc import Collection
from dataclasses import dataclass, replace

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from crm.models import Customer
from team.enums import EntryVisibility, InvitationAnswer, SeriesPart
from team.models import ScheduleEntry, ScheduleException, ScheduleInvitation
from team.queries.schedule import Occurrence, aware, local, occurrence_on
from team.rules.schedule import (
    MAX_COUNT,
    MAX_INTERVAL,
    MAX_LENGTH,
    Repeat,
    begun_on,
    ended_before,
    fitting,
    last_start,
    moved_along,
    read_rule,
    rule_text,
    starts,
)
from team.services import schedule_people as people_services
from team.services.schedule_reminders import plan_next

_DAY = dt.timedelta(days=1)
_LONGEST_SERIES = 20 * 366 * _DAY
_TEXTS = ("title", "place", "notes", "customer_id", "is_all_day", "remind_minutes", "visibility")


@dataclass(frozen=True, slots=True)
class EntryTerms:
    """What an entry says. Of whole days `starts_at` and `ends_at` are local midnights, the end not part of it."""

    title: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    is_all_day: bool = False
    place: str = ""
    notes: str = ""
    customer: Customer | None = None
    repeat: Repeat | None = None
    remind_minutes: int | None = None
    visibility: EntryVisibility | str = EntryVisibility.OPEN
    people: Collection[int] = ()

    @property
    def customer_id(self) -> int | None:
        return self.customer.pk if self.customer is not None else None


def create_entry(
    *, actor: User, terms: EntryTerms, uuid: uuids.UUID | None = None, now: dt.datetime | None = None
) -> ScheduleEntry:
    """Write an entry into one's own schedule and ask the colleagues; the same `uuid` again gives the one that stands.

    Raises PermissionDenied without team.add_scheduleentry, ValidationError for times or a rule that make no sense, or
    a customer out of sight.
    """
    at = now or timezone.now()
    if not actor.has_perm("team.add_scheduleentry"):
        raise PermissionDenied
    if stands := _sent_before(actor, uuid):
        return stands
    try:
        with transaction.atomic():
            return _make(actor, _checked(actor, terms, None), uuid or uuids.uuid4(), at)
    except IntegrityError:
        # The same form sent twice at once: the other one was faster.
        if stands := _sent_before(actor, uuid):
            return stands
        raise


def _sent_before(actor: User, uuid: uuids.UUID | None) -> ScheduleEntry | None:
    found: ScheduleEntry | None = (
        ScheduleEntry.objects.filter(uuid=uuid, owner=actor).first() if uuid else None
    )
    return found


@transaction.atomic
def update_entry(
    *,
    actor: User,
    entry: ScheduleEntry,
    terms: EntryTerms,
    part: SeriesPart | str = SeriesPart.ALL,
    day: dt.date | None = None,
    now: dt.datetime | None = None,
) -> ScheduleEntry:
    """Change an entry, or the `part` of a series around its occurrence of `day`; returns the entry that says it now.

    `terms` have the times of that occurrence: for ALL the series is shifted by as much as it was. Raises like
    create_entry, PermissionDenied for another's entry, and ValidationError when there is no such occurrence.
    """
    at = now or timezone.now()
    stored = own_entry(actor, entry)
    terms = _checked(actor, terms, stored)
    one = _occurrence(stored, day)
    if not stored.rule or (part == SeriesPart.FOLLOWING and one.day == local(stored.starts_at).date()):
        part = SeriesPart.ALL
    if part == SeriesPart.THIS:
        return _change_this(actor, stored, one, terms, at)
    if part == SeriesPart.FOLLOWING:
        return _change_following(actor, stored, one, terms, at)
    shift = local(terms.starts_at) - local(one.starts_at)
    begin = local(stored.starts_at) + shift
    terms = _along(terms, stored, (begin.date() - local(stored.starts_at).date()).days)
    if terms.is_all_day:
        begin = dt.datetime.combine(begin.date(), dt.time())
    length = local(terms.ends_at) - local(terms.starts_at)
    return _rewrite(actor, stored, replace(terms, starts_at=aware(begin), ends_at=aware(begin + length)), at)


@transaction.atomic
def move_entry(
    *,
    actor: User,
    entry: ScheduleEntry,
    starts_at: dt.datetime,
    day: dt.date | None = None,
    now: dt.datetime | None = None,
) -> ScheduleEntry:
    """Let an entry, or the occurrence of `day` alone, begin at another time and last as long as before."""
    at = now or timezone.now()
    stored = own_entry(actor, entry)
    one = _occurrence(stored, day)
    begin = local(starts_at)
    if stored.is_all_day:
        begin = dt.datetime.combine(begin.date(), dt.time())
    times = (aware(begin), aware(begin + (local(one.ends_at) - local(one.starts_at))))
    if times == (one.starts_at, one.ends_at):
        return stored
    if stored.rule:
        _except(stored, one.day, times)
        _touch(stored, at, [])
        people_services.tell_of_move(stored, times[0], now=at)
    else:
        stored.starts_at, stored.ends_at = times
        stored.last_end_at = times[1]
        _touch(stored, at, ["starts_at", "ends_at", "last_end_at"])
        people_services.ask_again(stored, now=at)
    return stored


@transaction.atomic
def delete_entry(
    *,
    actor: User,
    entry: ScheduleEntry,
    part: SeriesPart | str = SeriesPart.ALL,
    day: dt.date | None = None,
    now: dt.datetime | None = None,
) -> None:
    """Take an entry out, or the `part` of a series around the occurrence of `day`; the invited are told."""
    at = now or timezone.now()
    if not actor.has_perm("team.delete_scheduleentry"):
        raise PermissionDenied
    stored = own_entry(actor, entry, permission="team.delete_scheduleentry")
    one = _occurrence(stored, day)
    is_first = one.day == local(stored.starts_at).date()
    if stored.rule and part == SeriesPart.THIS:
        people_services.tell_of_end(stored, one.starts_at, now=at)
        _except(stored, one.day, None)
        _touch(stored, at, [])
    elif stored.rule and part == SeriesPart.FOLLOWING and not is_first:
        people_services.tell_of_end(stored, one.starts_at, now=at)
        _end_before(stored, one.day)
        stored.exceptions.filter(day__gte=one.day).delete()
        _touch(stored, at, ["rule", "last_end_at"])
    else:
        people_services.tell_of_end(stored, None if stored.rule else stored.starts_at, now=at)
        stored.delete()


def own_entry(
    actor: User, entry: ScheduleEntry, *, permission: str = "team.change_scheduleentry"
) -> ScheduleEntry:
    """The stored entry, locked (PostgreSQL). Raises PermissionDenied when it is another's, ValidationError when it is
    gone: taken out in another window."""
    stored: ScheduleEntry | None = ScheduleEntry.objects.select_for_update().filter(pk=entry.pk).first()
    if stored is None:
        raise ValidationError(_("This entry was taken out meanwhile."), code="gone")
    if stored.owner_id != actor.pk or not actor.has_perm(permission):
        raise PermissionDenied
    stored.owner = actor
    return stored


# --- parts of a series
def _change_this(
    actor: User, entry: ScheduleEntry, one: Occurrence, terms: EntryTerms, at: dt.datetime
) -> ScheduleEntry:
    """An exception when only the time is another, else an entry of its own in the occurrence's place."""
    same_people = set(terms.people) == set(entry.invitations.values_list("person_id", flat=True))
    if same_people and all(getattr(terms, name) == getattr(entry, name) for name in _TEXTS):
        times = (terms.starts_at, terms.ends_at)
        if times != (one.starts_at, one.ends_at):
            _except(entry, one.day, times)
            _touch(entry, at, [])
            people_services.tell_of_move(entry, terms.starts_at, now=at)
        return entry
    _except(entry, one.day, None)
    _touch(entry, at, [])
    return _make(actor, replace(terms, repeat=None), uuids.uuid4(), at)


def _change_following(
    actor: User, entry: ScheduleEntry, one: Occurrence, terms: EntryTerms, at: dt.datetime
) -> ScheduleEntry:
    """The series ends before the day, and another one begins with it."""
    rule = read_rule(entry.rule)
    assert rule is not None
    repeat = _along(terms, entry, (local(terms.starts_at).date() - one.day).days).repeat
    if repeat is not None and repeat.count is not None and repeat.count == rule.count:
        repeat = begun_on(repeat, local(entry.starts_at), one.day)
    begun, was_all_day = dt.datetime.combine(one.day, local(entry.starts_at).time()), entry.is_all_day
    entry.exceptions.filter(day=one.day).delete()  # the terms say what becomes of it
    later = list(entry.exceptions.filter(day__gt=one.day))
    _end_before(entry, one.day)
    _touch(entry, at, ["rule", "last_end_at"])
    fresh = _make(actor, replace(terms, repeat=repeat), uuids.uuid4(), at)
    _take_along(fresh, later, begun, was_all_day=was_all_day)
    _touch(fresh, at, [])
    return fresh


def _along(terms: EntryTerms, entry: ScheduleEntry, days: int) -> EntryTerms:
    """The terms with the weekdays of the stored series moved by so many days."""
    if terms.repeat is None:
        return terms
    return replace(terms, repeat=moved_along(terms.repeat, read_rule(entry.rule), days))


def _rewrite(actor: User, entry: ScheduleEntry, terms: EntryTerms, at: dt.datetime) -> ScheduleEntry:
    before = (entry.starts_at, entry.ends_at, entry.rule, entry.is_all_day)
    begun, rows = local(entry.starts_at), list(entry.exceptions.all())
    _write(entry, terms)
    _take_along(entry, rows, begun, was_all_day=before[3])
    _touch(entry, at, [*_TEXTS, "starts_at", "ends_at", "rule", "last_end_at"])
    people_services.invite(entry=entry, people=terms.people, now=at)
    if before != (entry.starts_at, entry.ends_at, entry.rule, entry.is_all_day):
        people_services.ask_again(entry, now=at)
    return entry


def _except(entry: ScheduleEntry, day: dt.date, times: tuple[dt.datetime, dt.datetime] | None) -> None:
    """Cancel the occurrence, or give it these times; those of the rule make it an ordinary one again."""
    begin = dt.datetime.combine(day, local(entry.starts_at).time())
    if times is not None and times == (
        aware(begin),
        aware(begin + (local(entry.ends_at) - local(entry.starts_at))),
    ):
        entry.exceptions.filter(day=day).delete()
        return
    values = {"is_cancelled": times is None, "starts_at": times and times[0], "ends_at": times and times[1]}
    ScheduleException.objects.update_or_create(entry=entry, day=day, defaults=values)


def _end_before(entry: ScheduleEntry, day: dt.date) -> None:
    rule = read_rule(entry.rule)
    assert rule is not None
    ended = ended_before(rule, day)
    entry.rule = rule_text(ended)
    last = last_start(ended, local(entry.starts_at))
    assert last is not None
    entry.last_end_at = aware(last + (local(entry.ends_at) - local(entry.starts_at)))


def _take_along(
    entry: ScheduleEntry, rows: list[ScheduleException], begun: dt.datetime, *, was_all_day: bool
) -> None:
    """What was cancelled or moved stays so, by as much, in a series that began at the naive local `begun` before."""
    begin, length = local(entry.starts_at), local(entry.ends_at) - local(entry.starts_at)
    shift, days = begin - begun, begin.date() - begun.date()
    ScheduleException.objects.filter(pk__in=[row.pk for row in rows]).delete()
    for row in rows:
        row.pk, row.entry, row.day = None, entry, row.day + days
        if row.starts_at is None or row.ends_at is None:
            continue
        if entry.is_all_day == was_all_day:
            row.starts_at, row.ends_at = (
                aware(local(row.starts_at) + shift),
                aware(local(row.ends_at) + shift),
            )
        else:
            moved = dt.datetime.combine(local(row.starts_at).date() + days, begin.time())
            row.starts_at, row.ends_at = aware(moved), aware(moved + length)
    ScheduleException.objects.bulk_create(rows)
    _drop_strays(entry)


def _drop_strays(entry: ScheduleEntry) -> None:
    """Exceptions of days that the rule does not have any more."""
    first, rule = local(entry.starts_at), read_rule(entry.rule)
    for row in entry.exceptions.all():
        midnight = dt.datetime.combine(row.day, dt.time())
        if rule is None or not starts(rule, first, midnight, midnight + _DAY):
            row.delete()


# --- writing
def _make(actor: User, terms: EntryTerms, uuid: uuids.UUID, at: dt.datetime) -> ScheduleEntry:
    entry = ScheduleEntry(owner=actor, uuid=uuid, created_at=at, updated_at=at)
    _write(entry, terms)
    entry.remind_next_at = plan_next(entry, at)
    entry.save()
    people_services.invite(entry=entry, people=terms.people, now=at)
    return entry


def _write(entry: ScheduleEntry, terms: EntryTerms) -> None:
    for name in _TEXTS:
        setattr(entry, name, getattr(terms, name))
    entry.starts_at, entry.ends_at = terms.starts_at, terms.ends_at
    first = local(terms.starts_at)
    repeat = fitting(terms.repeat, first.date()) if terms.repeat is not None else None
    last = last_start(repeat, first)
    entry.rule = rule_text(repeat) if repeat is not None else ""
    entry.last_end_at = None if last is None else aware(last + (local(terms.ends_at) - first))


def _touch(entry: ScheduleEntry, at: dt.datetime, fields: list[str]) -> None:
    """Save the fields with what every change brings: the version, and reminders worked out anew."""
    entry.version += 1
    entry.updated_at = at
    entry.reminders.filter(told_at__isnull=True).delete()
    entry.remind_next_at = plan_next(entry, at)
    entry.save(update_fields=[*fields, "version", "updated_at", "remind_next_at"])


# --- refusals
def _occurrence(entry: ScheduleEntry, day: dt.date | None) -> Occurrence:
    found = occurrence_on(entry, day)
    if found is None:
        raise ValidationError(_("The series has nothing on that day any more."), code="day")
    return found


def _checked(actor: User, terms: EntryTerms, before: ScheduleEntry | None) -> EntryTerms:
    title = " ".join(terms.title.split())
    if not title:
        raise ValidationError({"title": _("Say what it is about.")})
    if terms.ends_at <= terms.starts_at:
        raise ValidationError({"ends_at": _("It ends before it begins.")})
    if terms.ends_at - terms.starts_at > MAX_LENGTH:
        raise ValidationError({"ends_at": _("An entry lasts at most 60 days; repeat it instead.")})
    known = before is not None and before.customer_id == terms.customer_id
    seen = Customer.objects.visible_to(actor).filter(pk=terms.customer_id or 0)
    if terms.customer is not None and not known and not seen.exists():
        raise ValidationError({"customer": _("This customer is not among yours.")})
    if terms.repeat is not None:
        _check_repeat(terms.repeat, local(terms.starts_at).date())
    return replace(terms, title=title[:120], people=tuple(pk for pk in set(terms.people) if pk != actor.pk))


def _check_repeat(repeat: Repeat, first: dt.date) -> None:
    if not 1 <= repeat.interval <= MAX_INTERVAL:
        raise ValidationError({"interval": _("Between 1 and %(most)s.") % {"most": MAX_INTERVAL}})
    if repeat.count is not None and not 1 <= repeat.count <= MAX_COUNT:
        raise ValidationError({"count": _("Between 1 and %(most)s.") % {"most": MAX_COUNT}})
    if repeat.until is not None and repeat.until < first:
        raise ValidationError({"repeat_until": _("The series ends before it begins.")})
    if repeat.until is not None and repeat.until - first > _LONGEST_SERIES:
        raise ValidationError({"repeat_until": _("At most 20 years; let it go on without an end instead.")})


# --- answers
@transaction.atomic
def answer_invitation(
    *, actor: User, entry: ScheduleEntry, answer: InvitationAnswer | str, now: dt.datetime | None = None
) -> ScheduleInvitation:
    """Say whether one comes; the owner is told. Raises PermissionDenied for who is not invited, ValidationError for an
    answer that is none."""
    at = now or timezone.now()
    return people_services.answer(actor=actor, entry=entry, answer=answer, now=at)
