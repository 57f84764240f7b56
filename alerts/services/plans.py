"""From an alert to a visit task, and back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.querysets import scope_user_ids
from alerts.models import Alert
from common import business_calendar
from crm.models import Customer
from visits.enums import TaskSource
from visits.services import create_tasks
from visits.services.take_back import take_back_tasks

MOST = 5000  # alerts in one go


@dataclass
class PlanResult:
    """What became of the alerts: tasks made for `date`, ones that were there, and for each other alert id why not.

    `other_rep`: of the new ones those where another rep has a task on that day, too.
    """

    date: dt.date
    created: int = 0
    existing: int = 0
    other_rep: int = 0
    is_day_off: bool = False
    refused: dict[int, str] = field(default_factory=dict)


def next_working_day(day: dt.date) -> dt.date:
    """`day` itself, or the first working day after it."""
    while not business_calendar.is_working_day(day):
        day += dt.timedelta(days=1)
    return day


@transaction.atomic
def add_to_plan(
    *,
    actor: User,
    alert_ids: Sequence[int],
    date: dt.date,
    today: dt.date,
    rep: User | None = None,
    skip_days_off: bool = False,
) -> PlanResult:
    """Plan a visit to the customer of each open alert the actor sees, longest overdue first, one task a customer.

    On `date`, or with `skip_days_off` on the first working day from it on. Without `rep` every customer goes to his
    owner, or to the actor where he may not plan for the owner. Each alert is judged by itself: refused are closed ones and customers
    that the rep does not see. Raises ValidationError for a day in the past, and for more than MOST.
    """
    if date < today:
        raise ValidationError(_("A visit cannot be planned for a day in the past."), code="date")
    if len(alert_ids) > MOST:
        raise ValidationError(_("At most %(n)s alerts at once."), params={"n": MOST}, code="count")
    result = PlanResult(next_working_day(date) if skip_days_off else date)
    by_rep = _sort_out(actor, alert_ids, rep, result)
    reps = {rep.pk: rep} if rep is not None else User.objects.in_bulk(by_rep)
    for rep_id, customers in by_rep.items():
        _plan(actor, reps[rep_id], customers, result)
    return result


def _sort_out(
    actor: User, alert_ids: Iterable[int], rep: User | None, result: PlanResult
) -> dict[int, dict[int, list[int]]]:
    """{rep: {customer: his alerts}} of what may be planned; why the rest may not goes into the result."""
    rows = Alert.objects.visible_to(actor).filter(pk__in=alert_ids).order_by("due_on", "pk")
    columns = ("pk", "closed_on", "customer_id", "customer__owner_id")
    scope = scope_user_ids(actor)
    found: set[int] = set()
    by_rep: dict[int, dict[int, list[int]]] = {}
    for pk, closed_on, customer_id, owner_id in rows.values_list(*columns):
        found.add(pk)
        if closed_on is not None:
            result.refused[pk] = _("It is closed already.")
            continue
        if rep is not None:
            chosen = rep.pk
        else:
            chosen = owner_id if owner_id and (scope is None or owner_id in scope) else actor.pk
        by_rep.setdefault(chosen, {}).setdefault(customer_id, []).append(pk)
    for pk in alert_ids:
        if pk not in found:
            result.refused[pk] = _("You do not see this alert.")
    return by_rep


def _plan(actor: User, rep: User, customers: dict[int, list[int]], result: PlanResult) -> None:
    seen = set(Customer.objects.visible_to(rep).filter(pk__in=customers).values_list("pk", flat=True))
    for customer_id, alerts in customers.items():
        if customer_id not in seen:
            why = _("%(rep)s does not see this customer.") % {"rep": rep}
            result.refused.update(dict.fromkeys(alerts, why))
    welcome = [pk for pk in customers if pk in seen]
    if not welcome:
        return
    made = create_tasks(actor=actor, rep=rep, customer_ids=welcome, date=result.date, source=TaskSource.ALERT)
    result.created += made.created
    result.existing += made.existing
    result.other_rep += made.other_rep
    result.is_day_off = result.is_day_off or made.is_day_off


def take_back_plan(*, actor: User, task_id: int) -> int:
    """Take back a visit that the actor planned from an alert; 0 when it is not his any more to take back."""
    return take_back_tasks(actor=actor, task_ids=[task_id], source=TaskSource.ALERT)
