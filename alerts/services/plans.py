"""From an alert to a visit task."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.querysets import scope_user_ids
from alerts.models import Alert
from visits.enums import TaskSource
from visits.services import create_tasks


@dataclass(frozen=True, slots=True)
class PlanResult:
    """What became of the alerts' customers; `refused` are those the rep does not see; the rest as in TaskResult."""

    created: int
    existing: int
    refused: int
    other_rep: int = 0
    is_day_off: bool = False


@transaction.atomic
def add_to_plan(
    *, actor: User, alert_ids: Sequence[int], date: dt.date, today: dt.date, rep: User | None = None
) -> PlanResult:
    """Plan a visit on `date` to the customer of each open alert the actor sees, longest overdue first.

    Without `rep` every customer goes to his owner, or to the actor where he may not plan for the owner. Raises
    ValidationError for a day in the past and when no alert is left to plan.
    """
    if date < today:
        raise ValidationError(_("A visit cannot be planned for a day in the past."), code="date")
    alerts = Alert.objects.visible_to(actor).filter(pk__in=alert_ids, closed_on__isnull=True)
    customers = alerts.order_by("due_on", "pk").values_list("customer_id", "customer__owner_id")
    scope = scope_user_ids(actor)
    by_rep: dict[int, list[int]] = {}
    for customer_id, owner_id in customers:
        if rep is not None:
            chosen = rep.pk
        else:
            chosen = owner_id if owner_id and (scope is None or owner_id in scope) else actor.pk
        by_rep.setdefault(chosen, []).append(customer_id)
    if not by_rep:
        raise ValidationError(_("These alerts are closed already."), code="closed")
    reps = {rep.pk: rep} if rep is not None else User.objects.in_bulk(by_rep)
    created = existing = refused = other_rep = 0
    is_day_off = False
    for rep_id, customer_ids in by_rep.items():
        result = create_tasks(
            actor=actor, rep=reps[rep_id], customer_ids=customer_ids, date=date, source=TaskSource.ALERT
        )
        created, existing = created + result.created, existing + result.existing
        refused, other_rep = refused + result.refused, other_rep + result.other_rep
        is_day_off = is_day_off or result.is_day_off
    return PlanResult(created, existing, refused, other_rep, is_day_off)
