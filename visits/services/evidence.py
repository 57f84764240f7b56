"""Grading visits (D11), and closing those that nobody checked out of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.business_calendar import business_day
from common.templatetags.paodian import day as day_words
from comms.enums import NoticeKind
from comms.services import Notice, notify
from visits import queries
from visits.enums import VisitOutcome, VisitStatus
from visits.models import Visit
from visits.rules import missing
from visits.rules.evidence import weigh

BATCH = 500


def grade_visits(visits: Sequence[Visit]) -> None:
    """Write grade and parts of visits that are over, which bring their customer along; three statements a batch."""
    over = [visit for visit in visits if visit.status == VisitStatus.CLOSED]
    for start in range(0, len(over), BATCH):
        batch = over[start : start + BATCH]
        facts = queries.evidence_facts(batch)
        for visit in batch:
            evidence = weigh(facts[visit.pk])
            visit.grade, visit.evidence = evidence.grade, evidence.parts
        Visit.objects.bulk_update(batch, ["grade", "evidence"])


def grade_again(visit: Visit) -> None:
    """After something arrived late for a visit that is over: are its required steps done now, how well is it proven?"""
    if visit.status != VisitStatus.CLOSED:
        return
    if "steps" in visit.flags and not missing(queries.step_states(visit=visit, user=visit.rep)):
        visit.flags = [flag for flag in visit.flags if flag != "steps"]
        visit.save(update_fields=["flags"])
    grade_visits([visit])


@transaction.atomic
def close_forgotten(*, now: dt.datetime) -> int:
    """Close open visits of past business days as "not checked out": no check-out, never valid; tells their reps.

    Returns how many. Safe to run twice at once: each visit is claimed by the UPDATE that closes it. A check-out that a
    phone recorded on that day and sends later still counts (visits.services.check_out).
    """
    today = business_day(now)
    stale = Visit.objects.open().filter(day__lt=today).select_related("customer", "rep").order_by("pk")
    closed = [
        visit
        for visit in stale
        if Visit.objects.filter(pk=visit.pk, status=VisitStatus.OPEN).update(
            status=VisitStatus.CLOSED, outcome=VisitOutcome.NOT_CHECKED_OUT
        )
    ]
    for visit in closed:
        visit.status, visit.outcome = VisitStatus.CLOSED, VisitOutcome.NOT_CHECKED_OUT
    grade_visits(closed)
    notify(_notice(visit) for visit in closed)
    return len(closed)


def _notice(visit: Visit) -> Notice:
    def title() -> str:
        facts = {"customer": visit.customer.name, "day": day_words(visit.day)}
        return _("You did not check out from %(customer)s on %(day)s") % facts

    return Notice(
        recipient_id=visit.rep_id,
        kind=NoticeKind.REMINDER,
        title=title,
        body=gettext_lazy("The visit was closed without a check-out and does not count as valid."),
        url=visit.get_absolute_url(),
        key=f"visit-forgotten-{visit.pk}",
    )
