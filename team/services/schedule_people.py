"""Colleagues of a schedule entry: asked, told of changes, and what they answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from common.templatetags.paodian import day as day_words
from common.templatetags.paodian import moment
from comms.enums import NoticeKind
from comms.services import Notice, mark_url_read, notify, withdraw
from team.enums import InvitationAnswer
from team.models import ScheduleEntry, ScheduleInvitation

_INVITED = gettext_lazy("Invitation from %(owner)s: %(title)s")
_LEFT_OUT = gettext_lazy("You need not come: %(title)s (%(owner)s)")
_MOVED = gettext_lazy("Another time, %(owner)s: %(title)s")
_CANCELLED = gettext_lazy("Cancelled by %(owner)s: %(title)s")
ANSWERS = (InvitationAnswer.ACCEPTED, InvitationAnswer.MAYBE, InvitationAnswer.DECLINED)


def invite(*, entry: ScheduleEntry, people: Collection[int], now: dt.datetime) -> None:
    """Let exactly these people be asked: the new ones are told, those left out are told that they need not come.

    Raises ValidationError when one of the new ones does not work here any more.
    """
    rows = {row.person_id: row for row in entry.invitations.select_related("person")}
    wanted = set(people) - {entry.owner_id}
    fresh = list(User.objects.active().filter(pk__in=wanted - rows.keys()).order_by("pk"))
    if len(fresh) != len(wanted - rows.keys()):
        raise ValidationError({"people": _("One of these colleagues does not work here any more.")})
    left_out = [row for pk, row in rows.items() if pk not in wanted]
    ScheduleInvitation.objects.bulk_create(
        ScheduleInvitation(entry=entry, person=person, created_at=now) for person in fresh
    )
    _tell(entry, fresh, _INVITED, entry.starts_at, _key(entry), now)
    if left_out:
        people_out = [row.person for row in left_out]
        entry.reminders.filter(told_at__isnull=True, person__in=people_out).delete()
        withdraw_from(entry, people_out)
        ScheduleInvitation.objects.filter(pk__in=[row.pk for row in left_out]).delete()
        come = [row.person for row in left_out if row.answer != InvitationAnswer.DECLINED]
        _tell(entry, come, _LEFT_OUT, entry.starts_at, "", now, url="/schedule/")


def ask_again(entry: ScheduleEntry, *, now: dt.datetime) -> None:
    """The time is another: who had answered, but for who comes in no case, is asked anew."""
    rows = list(entry.invitations.exclude(answer=InvitationAnswer.DECLINED).select_related("person"))
    # Who was asked in this very moment knows the new time already.
    known = [row for row in rows if row.created_at != now]
    entry.invitations.filter(pk__in=[row.pk for row in known]).update(
        answer=InvitationAnswer.WAITING, answered_at=None
    )
    people = [row.person for row in known]
    _tell(entry, people, _MOVED, entry.starts_at, _key(entry), now)


def tell_of_move(entry: ScheduleEntry, begins: dt.datetime, *, now: dt.datetime) -> None:
    """One occurrence of a series is at another time."""
    _tell(entry, coming(entry), _MOVED, begins, _key(entry), now)


def tell_of_end(entry: ScheduleEntry, begins: dt.datetime | None, *, now: dt.datetime) -> None:
    """It does not take place: one day of it, or (None) the whole series."""
    _tell(entry, coming(entry), _CANCELLED, begins, "", now, url="/schedule/")
    if begins is None or not entry.rule:
        withdraw(key=_key(entry))


def coming(entry: ScheduleEntry) -> list[User]:
    """The invited who have not declined."""
    rows = entry.invitations.exclude(answer=InvitationAnswer.DECLINED).select_related("person")
    return [row.person for row in rows if row.person.is_active]


def withdraw_from(entry: ScheduleEntry, people: Iterable[User]) -> None:
    """Their unread notices that point to the entry are no news any more."""
    for person in people:
        mark_url_read(user=person, url=entry.get_absolute_url())


def answer(
    *, actor: User, entry: ScheduleEntry, answer: InvitationAnswer | str, now: dt.datetime
) -> ScheduleInvitation:
    """See team.services.schedule.answer_invitation."""
    if answer not in ANSWERS:
        raise ValidationError(_("Choose one of the answers."))
    rows = ScheduleInvitation.objects.select_for_update(of=("self",)).filter(entry=entry, person=actor)
    row: ScheduleInvitation | None = rows.select_related("entry__owner").first()
    if row is None:
        raise PermissionDenied
    mark_url_read(user=actor, url=entry.get_absolute_url(), now=now)
    if row.answer == answer:
        return row
    row.answer, row.answered_at = answer, now
    row.save(update_fields=["answer", "answered_at"])
    if answer == InvitationAnswer.DECLINED:
        entry.reminders.filter(told_at__isnull=True, person=actor).delete()
    owner = row.entry.owner

    def title() -> str:
        words = {"name": actor, "answer": row.get_answer_display(), "title": row.entry.title}
        return _("%(name)s: %(answer)s · %(title)s") % words

    notice = Notice(
        recipient_id=owner.pk, kind=NoticeKind.SCHEDULE, title=title, url=row.entry.get_absolute_url()
    )
    notify([notice], now=now)
    return row


def _key(entry: ScheduleEntry) -> str:
    return f"schedule-{entry.pk}-v{entry.version}"


def _tell(
    entry: ScheduleEntry,
    people: Iterable[User],
    words: Promise,
    begins: dt.datetime | None,
    key: str,
    now: dt.datetime,
    *,
    url: str = "",
) -> None:
    """`words` takes owner and title; without `begins` it is about all of the series."""

    def title() -> str:
        return str(words) % {"owner": entry.owner, "title": entry.title}

    def body() -> str:
        when = ""
        if begins is not None:
            when = day_words(begins) if entry.is_all_day else moment(begins)
        return " · ".join(part for part in (when, entry.place) if part)

    notify(
        [
            Notice(
                recipient_id=person.pk,
                kind=NoticeKind.SCHEDULE,
                title=title,
                body=body,
                url=url or entry.get_absolute_url(),
                key=key,
            )
            for person in people
        ],
        now=now,
    )
