"""The one door through which a customer changes hands (C5, domain-rules §5): assign, hand over, claim, give back.

Creating, importing and undoing a merge ask `require_room` or `rooms_of` here for the same caps; undoing changes of many
is crm.services.owner_returns, the nightly job crm.services.pool. Whoever receives a customer is locked first (his row is the lock of his counts), then the customers
in the order of the key: no cap is passed and nobody waits in a ring. On SQLite the transaction itself is the lock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import SystemOptions, User
from accounts.querysets import scope_q, scope_user_ids
from common.business_calendar import business_day
from crm.enums import OwnerChangeReason
from crm.models import Customer, OwnerChange
from crm.queries import pool_list
from crm.rules.pool import Caps
from crm.services.audit import log_changes, text
from crm.services.inserting import insert
from crm.services.shares import drop_shares_of
from crm.signals import owner_changed

CHUNK = 5000
# An undone action gives back what a person had; the waiting time is for taking.
_NO_COOL_DOWN = (OwnerChangeReason.UNDONE, OwnerChangeReason.MERGED)


@dataclass
class OwnerOutcome:
    """Ids that changed hands, in the order of the key, and for each other id why not."""

    changed: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


# --- caps
def room_of(*, owner: User, options: SystemOptions | None = None) -> Caps:
    """How many more customers `owner` may have, his row locked until the transaction ends."""
    # Read anew under the lock: the object may be older than the cap.
    rows = User.objects.select_for_update(of=("self",), no_key=True).select_related("role")
    person = rows.get(pk=owner.pk)
    return pool_list.holding(person, options or SystemOptions.load())


@dataclass(frozen=True)
class Room:
    """What a person with a cap may still take, and what he is told when that is nothing."""

    owner: User
    caps: Caps

    @property
    def refusal(self) -> str:
        return _no_room(self.owner, self.caps)


def rooms_of(*, owners: Iterable[int], lock: bool = True) -> dict[int, Room]:
    """The rooms of those of these people who have a cap, their rows locked until the transaction ends.

    Three statements at most, one when nobody has a cap, however many people. A dry run locks nobody.
    """
    ids = sorted(set(owners))
    if not ids:
        return {}
    options = SystemOptions.load()
    rows = _capped(ids, options).select_related("role")
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    people = list(rows.order_by("pk"))
    caps = pool_list.holdings(people, options)
    return {person.pk: Room(person, caps[person.pk]) for person in people if person.pk in caps}


def somebody_is_capped(*, owners: Iterable[int]) -> bool:
    """Whether `rooms_of` has anything to say of these people; two statements."""
    ids = set(owners)
    return bool(ids) and _capped(ids, SystemOptions.load()).exists()


def _capped(owners: Collection[int], options: SystemOptions) -> QuerySet[User, User]:
    rows: QuerySet[User, User] = User.objects.filter(pk__in=owners)
    if options.holding_cap is None:
        rows = rows.filter(Q(holding_cap__isnull=False) | Q(role__holding_cap__isnull=False))
    return rows


@transaction.atomic
def require_room(*, owner: User, count: int = 1, dealt: bool = False) -> None:
    """Raise ValidationError when `owner` may not have `count` more customers (the holding cap).

    `dealt`: they have ordered, and by option do not count.
    """
    caps = room_of(owner=owner)
    if dealt and caps.excludes_dealt:
        return
    if caps.left is not None and caps.left < count:
        raise ValidationError({"owner": _no_room(owner, caps)})


def _no_room(owner: User, caps: Caps) -> str:
    return _("%(person)s may have at most %(cap)s customers and has %(held)s.") % {
        "person": owner,
        "cap": caps.cap,
        "held": caps.held + caps.taken,
    }


# --- assign, hand over, give back
@transaction.atomic
def assign_owner(
    *,
    actor: User | None,
    customers: Iterable[int],
    owner: User | None,
    reason: OwnerChangeReason,
    note: str = "",
    today: dt.date | None = None,
    now: dt.datetime | None = None,
) -> OwnerOutcome:
    """Give these customers to `owner` (None: to the pool), each one judged by itself.

    The actor may move those of his people and, with the permission to assign, those of the pool he sees; a share is
    not enough. Refused with the reason: what he may not move, what `owner` has already, what is over the holding cap,
    and a pool customer its last owner has to wait for. Writes owner, received_on (`today`, a business day), owner
    history with `note` and audit, ends the shares of both owners, and sends `owner_changed`.
    Raises ValidationError when the new owner is inactive or not among the actor's people. `actor` None is a job.
    """
    now = now or timezone.now()
    day = today or business_day(now)
    _require_person(actor, owner)
    options = SystemOptions.load()
    move = Move(actor, owner, reason, note[:500], day, now, options)
    if owner is not None:
        move.caps = room_of(owner=owner, options=options)
    ids = sorted(set(customers))
    for start in range(0, len(ids), CHUNK):
        move.chunk(ids[start : start + CHUNK])
    return move.outcome


def foresee_owner(
    *,
    actor: User | None,
    customers: Iterable[int],
    owner: User,
    reason: OwnerChangeReason,
    caps: Caps | None = None,
    now: dt.datetime | None = None,
) -> OwnerOutcome:
    """What `assign_owner` would answer now; nothing is written and nobody locked.

    `caps` (None: no cap) counts down, so that several calls foresee what as many assignments would answer.
    """
    now = now or timezone.now()
    options = SystemOptions.load()
    move = Move(actor, owner, reason, "", business_day(now), now, options)
    move.caps = caps or move.caps
    ids = sorted(set(customers))
    for start in range(0, len(ids), CHUNK):
        rows = Customer.objects.filter(movable_q(actor, options))
        move.outcome.changed += [row.pk for row in move.judge(rows, ids[start : start + CHUNK])]
    return move.outcome


def release_customers(
    *, actor: User | None, customers: Iterable[int], note: str = "", now: dt.datetime | None = None
) -> OwnerOutcome:
    """Give these customers back to the public pool; `note` says why. See `assign_owner`."""
    return assign_owner(
        actor=actor,
        customers=customers,
        owner=None,
        reason=OwnerChangeReason.RELEASED,
        note=note,
        now=now,
    )


def _require_person(actor: User | None, owner: User | None) -> None:
    if owner is None:
        return
    if not owner.is_active:
        raise ValidationError(_("%(person)s is no longer active."), params={"person": str(owner)})
    if actor is not None and not User.objects.visible_to(actor).filter(pk=owner.pk).exists():
        raise ValidationError(_("You can assign customers only to people you are responsible for."))


def movable_q(actor: User | None, options: SystemOptions | None = None) -> Q:
    """Condition "the actor may give this customer to somebody": his people's, and those of the pool he assigns from."""
    if actor is None or scope_user_ids(actor) is None:
        return Q()
    mine = scope_q(actor, "owner")
    return mine | pool_list.pool_q(actor, options) if actor.has_perm("crm.assign_customer") else mine


@dataclass
class Move:
    """One change of hands, carried out in chunks."""

    actor: User | None
    owner: User | None
    reason: OwnerChangeReason
    note: str
    day: dt.date
    now: dt.datetime
    options: SystemOptions
    caps: Caps = field(default_factory=lambda: Caps(None, 0))
    outcome: OwnerOutcome = field(default_factory=OwnerOutcome)

    def chunk(self, ids: list[int]) -> None:
        # Locked in the order of the key, so that two assignments cannot wait for each other in a ring.
        rows = Customer.objects.filter(movable_q(self.actor, self.options)).select_for_update(of=("self",))
        moving = self.judge(rows, ids)
        if moving:
            self.write(moving)

    def judge(self, movable: QuerySet[Customer], ids: list[int]) -> list[Customer]:
        """Those of `ids` that change hands; why the others do not goes into the outcome."""
        columns = ("pk", "name", "owner_id", "last_owner_id", "last_order_on", "pooled_at")
        found = {row.pk: row for row in movable.filter(pk__in=ids).order_by("pk").only(*columns)}
        moving = []
        for pk in ids:
            row = found.get(pk)
            refusal = _("This customer is not yours to give away.") if row is None else self.refusal(row)
            if row is None or refusal:
                self.outcome.refused[pk] = refusal
            else:
                moving.append(row)
        return moving

    def target(self, row: Customer) -> User | None:
        """Who gets this customer; None: the pool."""
        return self.owner

    def caps_of(self, owner: User) -> Caps:
        return self.caps

    def refusal(self, row: Customer) -> str:
        """Why this customer stays where it is; empty when it moves."""
        owner = self.target(row)
        if owner is None:
            return _("It is in the public pool already.") if row.owner_id is None else ""
        if row.owner_id == owner.pk:
            return _("%(person)s owns this customer already.") % {"person": owner}
        until = pool_list.waits_until(owner, row, self.options)
        if until is not None and self.now < until and self.reason not in _NO_COOL_DOWN:
            return _("%(person)s had it last and may have it again from %(time)s.") % {
                "person": owner,
                "time": moment(until),
            }
        caps = self.caps_of(owner)
        if not caps.takes(dealt=row.last_order_on is not None):
            return _no_room(owner, caps)
        return ""

    def save(self, moving: list[Customer]) -> None:
        ids = [row.pk for row in moving]
        Customer.objects.filter(pk__in=ids).update(**owner_columns(self.owner, self.day, self.now))

    def write(self, moving: list[Customer]) -> None:
        self.save(moving)
        targets = {row.pk: self.target(row) for row in moving}
        after = {pk: owner.pk if owner else None for pk, owner in targets.items()}
        by = self.actor.pk if self.actor else None
        insert(
            OwnerChange,
            ("customer_id", "from_user_id", "to_user_id", "by_id", "reason", "note", "at"),
            [
                (row.pk, row.owner_id, after[row.pk], by, str(self.reason), self.note, self.now)
                for row in moving
            ],
        )
        drop_shares_of({row.pk: row.owner_id for row in moving}, after)
        log_changes(
            actor=self.actor,
            changes=[(row, {"owner": [text(row.owner_id), text(after[row.pk])]}) for row in moving],
        )
        for owner_id, ids in grouped(after).items():
            _tell(ids, targets[ids[0]] if owner_id else None)
        self.outcome.changed += [row.pk for row in moving]


def grouped(values: Mapping[int, Any]) -> dict[Any, list[int]]:
    groups: dict[Any, list[int]] = {}
    for pk, value in values.items():
        groups.setdefault(value, []).append(pk)
    return groups


def owner_columns(owner: User | None, day: dt.date, now: dt.datetime) -> dict[str, object]:
    """What changes with the owner. A pool customer has nobody who received it, and no owner to be locked for."""
    if owner is None:
        return {
            "owner": None,
            "received_on": None,
            "last_owner": F("owner"),
            "pooled_at": now,
            "pool_locked": False,
        }
    return {"owner": owner, "received_on": day, "pooled_at": None}


def _tell(ids: list[int], owner: User | None) -> None:
    rows = Customer.objects.filter(pk__in=ids)
    owner_changed.send(sender=Customer, customers=rows, customer_ids=ids, owner=owner)


def moment(value: dt.datetime) -> str:
    return timezone.localtime(value).strftime("%m-%d %H:%M")


# --- claim
@transaction.atomic
def claim_customer(*, actor: User, customer_id: int, now: dt.datetime | None = None) -> Customer:
    """Take a customer out of the public pool: of two people exactly one wins, and no cap is passed.

    Raises ValidationError when it is not (or no longer) in the pool he sees, while he as its last owner has to wait,
    and when his claims of the business day or the customers he may have are used up.
    """
    now = now or timezone.now()
    options = SystemOptions.load()
    caps = room_of(owner=actor, options=options)
    customer = Customer.objects.filter(pool_list.pool_q(actor, options), pk=customer_id).first()
    if customer is None:
        raise ValidationError(_("This customer is no longer in the pool: a colleague was faster."))
    until = pool_list.waits_until(actor, customer, options)
    if until is not None and now < until:
        text_ = _("You had this customer last; you may claim it again from %(time)s.")
        raise ValidationError(text_, params={"time": moment(until)})
    claims = pool_list.daily_claims(actor, business_day(now), options)
    if claims.left == 0:
        text_ = _("You have claimed all the customers you may claim today (%(n)s).")
        raise ValidationError(text_, params={"n": claims.cap})
    if not caps.takes(dealt=customer.last_order_on is not None):
        raise ValidationError(_no_room(actor, caps))
    # The UPDATE has the last word: nobody's customer, or somebody else was faster.
    free = Customer.objects.filter(pk=customer_id, owner__isnull=True)
    if free.update(**owner_columns(actor, business_day(now), now)) != 1:
        raise ValidationError(_("This customer is no longer in the pool: a colleague was faster."))
    OwnerChange.objects.create(
        customer=customer, to_user=actor, by=actor, reason=OwnerChangeReason.CLAIMED, at=now
    )
    drop_shares_of({customer.pk: None}, {customer.pk: actor.pk})
    log_changes(actor=actor, changes=[(customer, {"owner": [text(None), text(actor.pk)]})])
    _tell([customer.pk], actor)
    customer.refresh_from_db()
    return customer


def claim_customers(*, actor: User, customers: Iterable[int], now: dt.datetime | None = None) -> OwnerOutcome:
    """Claim several, each in a transaction of its own: what fails says why, the others are claimed."""
    outcome = OwnerOutcome()
    for pk in sorted(set(customers)):
        try:
            claim_customer(actor=actor, customer_id=pk, now=now)
        except ValidationError as error:
            outcome.refused[pk] = " ".join(error.messages)
        else:
            outcome.changed.append(pk)
    return outcome
