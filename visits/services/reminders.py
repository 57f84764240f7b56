"""The evening's notice of tomorrow's visits (D3): once for each rep and day."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common import business_calendar
from common.punctuation import listed
from common.templatetags import paodian as fmt
from comms.enums import NoticeKind
from comms.models import Notification
from comms.services import Notice, notify
from visits.models import VisitTask

FIRST_STOPS = 3


def remind_of_tomorrow(*, now: dt.datetime | None = None) -> int:
    """Tell each active rep how many customers wait tomorrow and who comes first; returns how many notices were new.

    Safe to run again: the notice's key is the rep and the day. A few statements, however many reps.
    """
    now = now or timezone.now()
    day = business_calendar.today(now) + dt.timedelta(days=1)
    stops: dict[int, list[str]] = defaultdict(list)
    rows = VisitTask.objects.open().filter(date=day, rep__is_active=True).order_by("position", "pk")
    for rep_id, customer in rows.values_list("rep_id", "customer__name"):
        stops[rep_id].append(customer)
    key = f"visits-{day.isoformat()}"
    told = set(
        Notification.objects.filter(recipient__in=stops, key=key).values_list("recipient_id", flat=True)
    )
    new = [_notice(rep_id, names, day, key) for rep_id, names in stops.items() if rep_id not in told]
    return notify(new, now=now) if new else 0


def _notice(rep_id: int, names: list[str], day: dt.date, key: str) -> Notice:
    count = len(names)

    def title() -> str:
        words = ngettext("%(n)s visit tomorrow, %(day)s", "%(n)s visits tomorrow, %(day)s", count)
        return words % {"n": count, "day": fmt.day(day)}

    def body() -> str:
        first = listed(names[:FIRST_STOPS])
        return _("First: %(names)s") % {"names": first + ("…" if count > FIRST_STOPS else "")}

    return Notice(
        recipient_id=rep_id,
        kind=NoticeKind.REMINDER,
        title=title,
        body=body,
        url=f"{reverse('visits:today')}?date={day.isoformat()}",
        key=key,
    )
