"""Putting alerts off until a day, with a reason, and taking that back."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.querysets import scope_user_ids
from alerts.models import Alert, AlertSnooze
from alerts.rules.snoozes import LONGEST_DAYS, latest_until

CHUNK = 5000
MOST = 5000  # alerts in one go
REASON_LENGTH = 200


@dataclass
class SnoozeResult:
    """How many were put off under `batch`, and for each other alert id why not."""

    batch: uuid.UUID
    done: int = 0
    refused: dict[int, str] = field(default_factory=dict)


def check_terms(*, until: dt.date, reason: str, today: dt.date) -> str:
    """The reason, tidied. Raises ValidationError for a day that is not ahead or too far, and without a reason."""
    reason = " ".join(reason.split())
    errors = {}
    if until <= today:
        errors["until"] = _("Choose a day after today.")
    elif until > latest_until(today):
        errors["until"] = _(
            "At most %(days)s days ahead; what never matters is exempted in the customer's file."
        ) % {"days": LONGEST_DAYS}
    if not reason:
        errors["reason"] = _("Say why it can wait.")
    elif len(reason) > REASON_LENGTH:
        errors["reason"] = _("At most %(n)s characters.") % {"n": REASON_LENGTH}
    if errors:
        raise ValidationError(errors)
    return reason


@transaction.atomic
def snooze(
    *,
    actor: User,
    alerts: Iterable[int],
    until: dt.date,
    reason: str,
    today: dt.date,
    now: dt.datetime,
) -> SnoozeResult:
    """Put these open alerts off until the business day `until`, on which they are back by themselves.

    Each one is judged by itself: refused are alerts that are closed, and those of customers that neither the actor nor
    one of his people answers for (a share is for looking and visiting). One that is put off already gets the new
    day and reason. A few statements in all. Raises ValidationError as in `check_terms`, and for more than MOST.
    """
    reason = check_terms(until=until, reason=reason, today=today)
    result = SnoozeResult(uuid.uuid4())
    ids = sorted(set(alerts))
    if len(ids) > MOST:
        raise ValidationError(_("At most %(n)s alerts at once."), params={"n": MOST}, code="count")
    _put_off(actor, ids, until, reason, now, result)
    return result


def _put_off(
    actor: User, ids: list[int], until: dt.date, reason: str, now: dt.datetime, result: SnoozeResult
) -> None:
    scope = scope_user_ids(actor)
    # Locked in the order of the key: a visit that closes one of them waits, or is waited for.
    rows = Alert.objects.visible_to(actor).filter(pk__in=ids).order_by("pk").select_for_update(of=("self",))
    found = {row[0]: row[1:] for row in rows.values_list("pk", "closed_on", "customer__owner_id")}
    taken = []
    for pk in ids:
        closed_on, owner_id = found.get(pk, (None, None))
        if pk not in found:
            result.refused[pk] = _("You do not see this alert.")
        elif closed_on is not None:
            result.refused[pk] = _("It is closed already.")
        elif scope is not None and owner_id not in scope:
            result.refused[pk] = _("The customer is only shared with you; its owner decides.")
        else:
            taken.append(pk)
    AlertSnooze.objects.bulk_create(
        [
            AlertSnooze(alert_id=pk, batch=result.batch, until=until, reason=reason, by=actor, at=now)
            for pk in taken
        ],
        batch_size=1000,
    )
    Alert.objects.filter(pk__in=taken).update(snoozed_until=until)
    result.done += len(taken)


@transaction.atomic
def undo_snooze(*, actor: User, batch: uuid.UUID, now: dt.datetime) -> int:
    """Take back what was put off in one go, as far as the actor did it or answers for the customer; how many.

    An alert that had been put off before is put off until that day again.
    """
    return _end(actor, AlertSnooze.objects.live().filter(batch=batch), now)


@transaction.atomic
def wake(*, actor: User, alert: Alert, now: dt.datetime) -> int:
    """Have an alert back at once, however often it was put off. Returns 0 when it was not, or is not his to say."""
    return _end(actor, AlertSnooze.objects.live().filter(alert=alert), now)


def _end(actor: User, rows: QuerySet[AlertSnooze], now: dt.datetime) -> int:
    scope = scope_user_ids(actor)
    if scope is not None:
        rows = rows.filter(Q(by=actor) | Q(alert__customer__owner__in=scope))
    ended = dict(rows.order_by("alert_id").values_list("pk", "alert_id"))
    snoozes, alerts = list(ended), sorted(set(ended.values()))
    for start in range(0, len(alerts), CHUNK):
        # The alerts' rows are the lock, here as in `snooze`.
        list(
            Alert.objects.filter(pk__in=alerts[start : start + CHUNK])
            .order_by("pk")
            .select_for_update()
            .values_list("pk")
        )
    for start in range(0, len(snoozes), CHUNK):
        AlertSnooze.objects.filter(pk__in=snoozes[start : start + CHUNK]).update(ended_at=now, ended_by=actor)
    for start in range(0, len(alerts), CHUNK):
        _repeat_day(Alert.objects.filter(pk__in=alerts[start : start + CHUNK]))
    return len(alerts)


def _repeat_day(alerts: QuerySet[Alert]) -> None:
    """`snoozed_until` of these alerts, from the last of their snoozes that counts."""
    last = AlertSnooze.objects.live().filter(alert=OuterRef("pk")).order_by("-pk").values("until")[:1]
    alerts.update(snoozed_until=Subquery(last))


@transaction.atomic
def end_for_new_owner(*, customer_ids: Iterable[int], now: dt.datetime) -> int:
    """What the former owner of these customers put off shows to the new one; returns how many. One statement when
    nothing was put off."""
    rows = Alert.objects.open().filter(customer__in=list(customer_ids), snoozed_until__isnull=False)
    alerts = list(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
    if alerts:
        AlertSnooze.objects.live().filter(alert__in=alerts).update(ended_at=now)
        Alert.objects.filter(pk__in=alerts).update(snoozed_until=None)
    return len(alerts)


@transaction.atomic
def carry_over(*, today: dt.date) -> int:
    """After a run: what it closed and opened anew for the same base date, because a rule changed, stays put off.

    What was closed by a visit, an order or a sale, and counts from another day, is a new alert and shows. Returns how
    many were carried over; two statements when nothing was.
    """
    live = AlertSnooze.objects.live().filter(until__gt=today, alert__closed_on=today)
    closed = {
        (snooze.alert.customer_id, snooze.alert.kind, snooze.alert.base_on): snooze.alert_id
        for snooze in live.select_related("alert").order_by("pk")
    }
    if not closed:
        return 0
    customers = {customer_id for customer_id, _kind, _base_on in closed}
    new = Alert.objects.open().filter(opened_on=today, customer__in=customers)
    carried = 0
    for alert in new:
        old = closed.get((alert.customer_id, alert.kind, alert.base_on))
        if old is not None and old != alert.pk:
            AlertSnooze.objects.filter(alert=old).update(alert=alert)
            _repeat_day(Alert.objects.filter(pk__in=[old, alert.pk]))
            carried += 1
    return carried
