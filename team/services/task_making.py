"""Customer tasks made in one go (H1): for a selection of customers, or from alerts."""

from __future__ import annotations

import datetime as dt
import uuid as uuids
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from alerts.models import Alert
from comms.enums import NoticeKind
from comms.services import Notice, notify
from crm.models import Customer
from team.enums import CustomerTaskEventKind, CustomerTaskSource
from team.models import CustomerTask, CustomerTaskEvent
from team.queries.tasks import assignable_people
from team.rules.tasks import MOST
from team.services.task_basics import check_assignee
from team.services.tasks import TaskTerms, check_terms, draft, numbers


@dataclass
class MakeResult:
    """What became of the customers: tasks made, and those that had one already by the same selection or alert."""

    created: int = 0
    existing: int = 0
    people: Counter[int] = field(default_factory=Counter)  # how many each got


def make_for_customers(
    *,
    actor: User,
    customer_ids: Sequence[int],
    terms: TaskTerms,
    batch: uuids.UUID,
    assignee: User | None = None,
    now: dt.datetime | None = None,
) -> MakeResult:
    """One task for each of these customers that the actor sees; without `assignee` it is each customer's owner's.

    The same `batch` sent again makes nothing twice. Raises ValidationError for more than MOST, and by field.
    """
    if len(customer_ids) > MOST:
        raise ValidationError(_("At most %(n)s customers at once."), params={"n": MOST}, code="count")
    rows = Customer.objects.visible_to(actor).filter(pk__in=customer_ids).order_by("pk")
    owners = dict(rows.values_list("pk", "owner_id"))
    keys = {pk: [f"bulk-{batch.hex}"] for pk in owners}
    return _make(actor, owners, keys, terms, assignee, CustomerTaskSource.SELECTION, batch, now)


def make_from_alerts(
    *,
    actor: User,
    alert_ids: Collection[int],
    terms: TaskTerms,
    batch: uuids.UUID,
    assignee: User | None = None,
    now: dt.datetime | None = None,
) -> MakeResult:
    """One task for each customer of these open alerts; one whose alert has an unfinished task gets no second.

    Raises ValidationError for more than MOST, and by field.
    """
    if len(alert_ids) > MOST:
        raise ValidationError(_("At most %(n)s alerts at once."), params={"n": MOST}, code="count")
    alerts = Alert.objects.visible_to(actor).filter(pk__in=alert_ids, closed_on__isnull=True)
    owners: dict[int, int | None] = {}
    keys: dict[int, list[str]] = {}
    for pk, customer_id, owner_id in alerts.order_by("due_on", "pk").values_list(
        "pk", "customer_id", "customer__owner_id"
    ):
        owners[customer_id] = owner_id
        keys.setdefault(customer_id, []).append(f"alert-{pk}")
    return _make(actor, owners, keys, terms, assignee, CustomerTaskSource.ALERT, batch, now)


def _make(
    actor: User,
    owners: Mapping[int, int | None],
    keys: Mapping[int, list[str]],
    terms: TaskTerms,
    assignee: User | None,
    source: CustomerTaskSource,
    batch: uuids.UUID,
    now: dt.datetime | None,
) -> MakeResult:
    now = now or timezone.now()
    check_terms(terms)
    if assignee is not None:
        check_assignee(actor, assignee)
    whose = _whose(actor, owners, assignee)
    try:
        return _write(actor, whose, keys, terms, source, batch, now)
    except IntegrityError as error:
        raise ValidationError(_("These tasks are being made already.")) from error


def _whose(actor: User, owners: Mapping[int, int | None], assignee: User | None) -> dict[int, int]:
    """{customer: who gets his task}: the chosen person, else the owner, else, where he may not be given one, the actor."""
    if assignee is not None:
        return dict.fromkeys(owners, assignee.pk)
    wanted = {owner for owner in owners.values() if owner}
    allowed = set(assignable_people(actor).filter(pk__in=wanted).values_list("pk", flat=True))
    return {pk: owner if owner in allowed and owner else actor.pk for pk, owner in owners.items()}


@transaction.atomic
def _write(
    actor: User,
    whose: Mapping[int, int],
    keys: Mapping[int, list[str]],
    terms: TaskTerms,
    source: CustomerTaskSource,
    batch: uuids.UUID,
    now: dt.datetime,
) -> MakeResult:
    served = _served(source, keys)
    customers = [pk for pk in whose if pk not in served]
    result = MakeResult(created=len(customers), existing=len(whose) - len(customers))
    if not customers:
        return result
    rows = _rows(actor, customers, whose, keys, terms, source, now)
    made = CustomerTask.objects.bulk_create(rows, batch_size=500)
    CustomerTaskEvent.objects.bulk_create(
        (
            CustomerTaskEvent(
                task=task, kind=CustomerTaskEventKind.CREATED, by=actor, person_id=task.assignee_id, at=now
            )
            for task in made
        ),
        batch_size=500,
    )
    result.people = Counter(task.assignee_id for task in made)
    _tell(actor, result.people, terms, batch, now)
    return result


def _served(source: CustomerTaskSource, keys: Mapping[int, list[str]]) -> set[int]:
    """Customers that have a task of these keys already; of alerts the unfinished ones count."""
    wanted = {key for group in keys.values() for key in group}
    rows = CustomerTask.objects.filter(source=source, source_key__in=wanted)
    if source == CustomerTaskSource.ALERT:
        busy = set(rows.live().values_list("source_key", flat=True))
        return {pk for pk, group in keys.items() if busy.intersection(group)}
    return set(rows.filter(customer__in=list(keys)).values_list("customer_id", flat=True))


def _rows(
    actor: User,
    customers: Sequence[int],
    whose: Mapping[int, int],
    keys: Mapping[int, list[str]],
    terms: TaskTerms,
    source: CustomerTaskSource,
    now: dt.datetime,
) -> Iterable[CustomerTask]:
    for pk, number in zip(customers, numbers(count=len(customers), now=now), strict=True):
        task = draft(terms)
        task.number, task.customer_id, task.assignee_id, task.creator = number, pk, whose[pk], actor
        task.source, task.source_key, task.created_at = source, keys[pk][0], now
        yield task


def _tell(
    actor: User, people: Mapping[int, int], terms: TaskTerms, batch: uuids.UUID, now: dt.datetime
) -> None:
    """One notice for each person, whatever number of tasks he got."""
    notices = [
        Notice(
            person,
            NoticeKind.TASK,
            partial(_told, count, terms.title),
            body=str(actor),
            url="/customer-tasks/?tab=mine",
            key=f"tasks-{batch.hex}",
        )
        for person, count in people.items()
        if person != actor.pk
    ]
    notify(notices, now=now)


def _told(count: int, task: str) -> str:
    words = ngettext("%(n)s new customer task: %(task)s", "%(n)s new customer tasks: %(task)s", count)
    return words % {"n": count, "task": task}
