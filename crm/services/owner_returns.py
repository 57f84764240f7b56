"""Giving customers back to those who had them: the undoing of many changes of owner at once.

The rules, the locks and what is written are those of crm.services.owners.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Case, DateField, Field, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import SystemOptions, User
from common.business_calendar import business_day
from crm.enums import OwnerChangeReason
from crm.models import Customer
from crm.rules.pool import Caps
from crm.services.owners import CHUNK, Move, OwnerOutcome, Room, grouped, owner_columns, rooms_of


@transaction.atomic
def return_owners(
    *,
    actor: User | None,
    owners: Mapping[int, int | None],
    received_on: Mapping[int, dt.date],
    now: dt.datetime | None = None,
) -> OwnerOutcome:
    """Undo changes of owner: {customer: who had it, None the pool}, each judged by itself as `assign_owner` does.

    Clocks go on from the day on which the former owner got the customer (`received_on`), as if nothing had happened.
    A handful of statements, however many people. A person that may not be given customers refuses his rows only.
    """
    now = now or timezone.now()
    options = SystemOptions.load()
    people = User.objects.in_bulk({pk for pk in owners.values() if pk is not None})
    move = _Return(actor, None, OwnerChangeReason.UNDONE, "", business_day(now), now, options)
    move.owners, move.received_on, move.people = owners, received_on, people
    move.reachable = set(people)
    if actor is not None:
        reach = User.objects.visible_to(actor).filter(pk__in=people)
        move.reachable = set(reach.values_list("pk", flat=True))
    move.rooms = rooms_of(owners=people)
    ids = sorted(owners)
    for start in range(0, len(ids), CHUNK):
        move.chunk(ids[start : start + CHUNK])
    return move.outcome


@dataclass
class _Return(Move):
    """Each customer to the person that had it, and its clock to the day on which he got it."""

    owners: Mapping[int, int | None] = field(default_factory=dict)
    received_on: Mapping[int, dt.date] = field(default_factory=dict)
    people: Mapping[int, User] = field(default_factory=dict)
    reachable: set[int] = field(default_factory=set)
    rooms: Mapping[int, Room] = field(default_factory=dict)

    def target(self, row: Customer) -> User | None:
        owner_id = self.owners[row.pk]
        return None if owner_id is None else self.people.get(owner_id)

    def caps_of(self, owner: User) -> Caps:
        room = self.rooms.get(owner.pk)
        return room.caps if room else self.caps

    def refusal(self, row: Customer) -> str:
        owner_id = self.owners[row.pk]
        if owner_id is not None:
            person = self.people.get(owner_id)
            if person is None:
                return _("This person does not exist any more.")
            if not person.is_active:
                return _("%(person)s is no longer active.") % {"person": person}
            if owner_id not in self.reachable:
                return _("You can assign customers only to people you are responsible for.")
        return super().refusal(row)

    def save(self, moving: list[Customer]) -> None:
        """Two statements: those that go to the pool, and the others with their owners and days."""
        owners = {row.pk: self.owners[row.pk] for row in moving}
        days = {pk: self.received_on.get(pk, self.day) for pk, owner_id in owners.items() if owner_id}
        pooled = [pk for pk, owner_id in owners.items() if owner_id is None]
        if pooled:
            Customer.objects.filter(pk__in=pooled).update(**owner_columns(None, self.day, self.now))
        if days:
            owner = _cases({pk: owners[pk] for pk in days}, BigIntegerField())
            Customer.objects.filter(pk__in=days).update(
                owner_id=owner, received_on=_cases(days, DateField()), pooled_at=None
            )


def _cases(values: Mapping[int, Any], output: Field[Any, Any]) -> Case:
    """The value of each key, as one expression: a branch a value, not a key."""
    whens = [When(pk__in=ids, then=Value(value)) for value, ids in grouped(values).items()]
    return Case(*whens, output_field=output)
