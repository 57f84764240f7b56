"""Check-out (domain-rules §2): the moment a visit becomes valid."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import business_day
from crm import services as crm
from visits import queries, rules, signals
from visits.enums import StepKind, VisitOutcome, VisitStatus
from visits.models import Visit
from visits.rules import Fix, Refusal
from visits.services.evidence import grade_visits
from visits.services.tasks import finish_task

SUMMARY_LENGTH = 2000


def check_out(
    *,
    actor: User,
    visit: Visit | None = None,
    visit_id: int | None = None,
    fix: Fix | None = None,
    occurred_at: dt.datetime | None = None,
    now: dt.datetime | None = None,
    summary: str = "",
    outcome: VisitOutcome | str = VisitOutcome.VISITED,
    online: bool = True,
) -> Visit:
    """Close one's own open visit and its task; the customer's last visit is written in the same transaction.

    A closed shop is a valid visit too (it has both ends); reports leave it out of their denominators by `outcome`. An
    empty `summary` leaves the one written before. While required steps are missing it is refused; a phone that was
    offline (`online=False`) is long gone, so the visit is flagged instead. A visit that the day's end closed takes the
    check-out that a phone recorded on that day and sends later.
    Raises ValidationError, its `code` one of visit, closed, time, outcome, summary, steps.
    """
    received_at = now or timezone.now()
    occurred_at = occurred_at or received_at
    if len(summary) > SUMMARY_LENGTH:
        raise ValidationError(
            _("The summary is longer than %(count)s characters.") % {"count": SUMMARY_LENGTH}, code="summary"
        )
    if outcome not in (VisitOutcome.VISITED, VisitOutcome.CLOSED_SHOP):
        raise ValidationError(_("Unknown outcome of the visit."), code="outcome")
    with transaction.atomic():
        mine = Visit.objects.select_for_update(of=("self",)).filter(rep=actor)
        wanted = visit.pk if visit is not None else visit_id
        found = mine.filter(pk=wanted or 0).select_related("customer", "task").first()
        if found is None:
            raise ValidationError(_("Only your own visits can be checked out."), code="visit")
        found.rep = actor
        if outcome == VisitOutcome.VISITED:
            missing = _missing_steps(found, actor=actor, summary=summary)
            if missing is not None and online:
                raise ValidationError(missing.message, code=missing.code)
            found.flags = [*found.flags, *(["steps"] if missing is not None else [])]
        ended_at, flags = _end(found, occurred_at=occurred_at, received_at=received_at, online=online)
        _write(
            found,
            fix=fix,
            ended_at=ended_at,
            received_at=received_at,
            flags=flags,
            summary=summary,
            outcome=outcome,
        )
        finish_task(visit=found)
        grade_visits([found])
        crm.record_event(customer_id=found.customer_id, kind="visit", day=found.day)
        signals.checked_out.send(sender=Visit, visit=found)
    return found


def _missing_steps(visit: Visit, *, actor: User, summary: str) -> Refusal | None:
    """What is still to do; the summary may come with the check-out itself."""
    states = queries.step_states(visit=visit, user=actor)
    return rules.steps_refusal(
        state for state in states if not (state.kind == StepKind.SUMMARY and summary.strip())
    )


def _end(
    visit: Visit, *, occurred_at: dt.datetime, received_at: dt.datetime, online: bool
) -> tuple[dt.datetime, list[str]]:
    """The check-out time and the visit's flags with those this time adds."""
    flags = rules.clock_flags(occurred_at=occurred_at, received_at=received_at, online=online)
    refusal = rules.time_refusal(occurred_at=occurred_at, received_at=received_at)
    if refusal is None and occurred_at < visit.check_in_at:
        if received_at < visit.check_in_at:
            # The phone's clock ran ahead at check-in and was put right since. Without a way out its owner would be
            # locked into this visit until the real time has caught up: no stay, and flagged.
            occurred_at, flags = visit.check_in_at, [*flags, "clock"]
        else:
            times = {"out": _clock(occurred_at), "in": _clock(visit.check_in_at)}
            message = _("Check-out at %(out)s lies before check-in at %(in)s. Set the phone's clock right.")
            raise ValidationError(message % times, code="time")
    if refusal is not None:
        raise ValidationError(refusal.message, code=refusal.code)
    return occurred_at, list(dict.fromkeys([*visit.flags, *flags]))


def _write(
    visit: Visit,
    *,
    fix: Fix | None,
    ended_at: dt.datetime,
    received_at: dt.datetime,
    flags: list[str],
    summary: str,
    outcome: VisitOutcome | str,
) -> None:
    place = fix if fix is not None and fix.is_place else None
    store = None if visit.store_lat is None or visit.store_lng is None else (visit.store_lat, visit.store_lng)
    values = {
        "status": VisitStatus.CLOSED,
        "check_out_at": ended_at,
        "check_out_received_at": received_at,
        "check_out_lat": place.latitude if place else None,
        "check_out_lng": place.longitude if place else None,
        "check_out_accuracy_m": place.known_accuracy_m if place else None,
        "check_out_distance_m": rules.distance_between(place, store),
        "flags": flags,
        "summary": summary.strip() or visit.summary,
        "outcome": outcome,
    }
    # Conditional, because SQLite knows no row locks: of two check-outs at once one is told that it came late.
    forgotten = Q(outcome=VisitOutcome.NOT_CHECKED_OUT, check_out_at__isnull=True)
    if business_day(ended_at) != visit.day:
        forgotten = Q(pk__in=())
    mine = Visit.objects.filter(Q(status=VisitStatus.OPEN) | forgotten, pk=visit.pk)
    if mine.update(**values) != 1:
        raise ValidationError(_("You have already checked out here."), code="closed")
    for name, value in values.items():
        setattr(visit, name, value)


def _clock(moment: dt.datetime) -> str:
    return timezone.localtime(moment, timezone.get_default_timezone()).strftime("%H:%M")
