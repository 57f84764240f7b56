"""Tour plans published as visit tasks, and taken back (F4)."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common import business_calendar
from territory.models import TourPlan, TourStop
from territory.services.tour_plans import lock_plan
from visits.services.tour_tasks import (
    Given,
    TourVisit,
    Withdrawn,
    give_tour_tasks,
    withdraw_tour_tasks,
)


@transaction.atomic
def publish_tour_plan(*, actor: User, plan: TourPlan, now: dt.datetime) -> Given:
    """Give the reps the plan's visits as tasks of their days; the plan keeps a report of what was refused and why.

    Publishing again, or twice at once, makes only what is not there yet. Raises ValidationError without tours and
    while they are being searched for.
    """
    plan = lock_plan(plan)
    stops = TourStop.objects.filter(tour__plan=plan).select_related("tour", "shop")
    visits = [
        TourVisit(stop.tour.rep_id, stop.shop.customer_id, stop.tour.date)
        for stop in stops.order_by("tour__date", "tour__rep_id", "position", "pk")
    ]
    if not visits:
        raise ValidationError(_("There are no tours to publish yet."))
    result = give_tour_tasks(actor=actor, plan_id=plan.pk, visits=visits, today=business_calendar.today(now))
    plan.published_at = now
    plan.report = {
        "created": result.created,
        "existing": result.existing,
        "refused": [
            [visit.customer_id, visit.rep_id, visit.date.isoformat(), reason]
            for visit, reason in result.refused
        ],
    }
    plan.save(update_fields=["published_at", "report"])
    return result


@transaction.atomic
def unpublish_tour_plan(*, actor: User, plan: TourPlan, now: dt.datetime) -> Withdrawn:
    """Take back the tasks that nobody has touched; what was begun, done, skipped or moved stays."""
    plan = lock_plan(plan)
    result = withdraw_tour_tasks(actor=actor, plan_id=plan.pk, today=business_calendar.today(now))
    plan.report = {}
    if not result.kept:
        plan.published_at = None
    plan.save(update_fields=["published_at", "report"])
    return result
