"""From an entry of the schedule to the check-in at its customer."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import business_day
from crm.models import Customer
from team.models import ScheduleEntry
from team.queries.schedule import occurrence_on
from visits.enums import TaskSource
from visits.services import create_tasks


def plan_visit(
    *, actor: User, entry: ScheduleEntry, day: dt.date | None = None, now: dt.datetime | None = None
) -> Customer:
    """See that the actor has a visit task at the entry's customer today, so that his visit counts as planned.

    The caller has found the entry among those the actor may read. Raises PermissionDenied for who neither has it nor is
    invited, or may not visit; ValidationError without a customer of his, or on another day than the entry's.
    """
    at = now or timezone.now()
    is_there = entry.owner_id == actor.pk or entry.invitations.filter(person=actor).exists()
    if not is_there or not actor.has_perm("visits.add_visit"):
        raise PermissionDenied
    customer: Customer | None = Customer.objects.visible_to(actor).filter(pk=entry.customer_id or 0).first()
    if customer is None:
        raise ValidationError(_("This customer is not among yours."))
    one = occurrence_on(entry, day)
    today = business_day(at)
    if one is None or not business_day(one.starts_at) <= today <= business_day(
        one.ends_at - dt.timedelta(microseconds=1)
    ):
        raise ValidationError(_("Check in on the day of the entry."))
    if actor.has_perm("visits.add_visittask"):
        create_tasks(
            actor=actor,
            rep=actor,
            customer_ids=[customer.pk],
            date=today,
            source=TaskSource.ONE_OFF,
            note=entry.title,
        )
    return customer
