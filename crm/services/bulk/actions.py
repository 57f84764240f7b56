"""What each kind of bulk action does to a batch of customers, each row judged by itself.

An action gets the customers of a batch that the actor may change, already read, and answers for every one of them:
what it was before (kept for undoing) or why it stays as it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.querysets import scope_user_ids
from crm.enums import BulkKind, LocationStatus, OwnerChangeReason
from crm.models import Customer, Dictionary, Tag
from crm.services.audit import log_changes, text
from crm.services.owners import assign_owner, release_customers
from crm.services.shares import share_customers

# Fields that a bulk action may set; True: a dictionary entry, given by its id.
CHANGEABLE: Mapping[str, bool] = {
    "level": False,
    "status": False,
    "channel": True,
    "region": True,
    "maturity": True,
}
PLACE = ("latitude", "longitude", "location_status")
FIELDS = (
    "pk",
    "name",
    "owner_id",
    "received_on",
    *PLACE,
    *(f"{n}_id" if fk else n for n, fk in CHANGEABLE.items()),
)


@dataclass
class Outcome:
    """Of one batch: {id: what it was before} and {id: why it was left alone}."""

    changed: dict[int, dict[str, Any]] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)


Action = Callable[[User, Mapping[str, Any], list[Customer], dt.datetime], Outcome]


def apply(*, actor: User, kind: str, params: Mapping[str, Any], ids: list[int], now: dt.datetime) -> Outcome:
    """Do it to the customers among `ids` that `actor` may change; the others are refused with the reason."""
    editable = list(Customer.objects.editable_by(actor).filter(pk__in=ids).only(*FIELDS).order_by("pk"))
    mine = {row.pk for row in editable}
    rest = [pk for pk in ids if pk not in mine]
    outcome = Outcome()
    if rest:
        seen = set(Customer.objects.visible_to(actor).filter(pk__in=rest).values_list("pk", flat=True))
        for pk in rest:
            outcome.refused[pk] = (
                _("You may only look at this customer.")
                if pk in seen
                else _("You do not see this customer any more.")
            )
    if editable:
        done = _ACTIONS[BulkKind(kind)](actor, params, editable, now)
        outcome.changed |= done.changed
        outcome.refused |= done.refused
        for customer in editable:
            if customer.pk not in done.changed:
                outcome.refused.setdefault(customer.pk, _("Nothing to change."))
    return outcome


# --- owners
def _give(reason: OwnerChangeReason) -> Action:
    def act(actor: User, params: Mapping[str, Any], rows: list[Customer], now: dt.datetime) -> Outcome:
        owner = User.objects.filter(pk=params["owner"]).first()
        if owner is None:
            raise ValidationError(_("This person does not exist any more."))
        moving = [row for row in rows if row.owner_id != owner.pk]
        has_it = _("%(person)s owns this customer already.") % {"person": owner}
        refused = {row.pk: has_it for row in rows if row.owner_id == owner.pk}
        ids = [row.pk for row in moving]
        done = assign_owner(
            actor=actor, customers=ids, owner=owner, reason=reason, note=params.get("note", ""), now=now
        )
        return Outcome(_owners_before(moving, done.changed), {**refused, **done.refused})

    return act


def _release(actor: User, params: Mapping[str, Any], rows: list[Customer], now: dt.datetime) -> Outcome:
    owned = [row for row in rows if row.owner_id is not None]
    refused = {row.pk: _("It is in the public pool already.") for row in rows if row.owner_id is None}
    ids = [row.pk for row in owned]
    done = release_customers(actor=actor, customers=ids, note=params.get("note", ""), now=now)
    return Outcome(_owners_before(owned, done.changed), {**refused, **done.refused})


def _owners_before(rows: list[Customer], changed: Iterable[int]) -> dict[int, dict[str, Any]]:
    by_id = {row.pk: row for row in rows}
    return {
        pk: {
            "owner": by_id[pk].owner_id,
            "received_on": day.isoformat() if (day := by_id[pk].received_on) else None,
        }
        for pk in changed
    }


# --- shares
def _share(actor: User, params: Mapping[str, Any], rows: list[Customer], now: dt.datetime) -> Outcome:
    user = User.objects.filter(pk=params["user"]).first()
    if user is None:
        raise ValidationError(_("This person does not exist any more."))
    # The owner and the people above him share; a colleague it was shared with cannot pass it on.
    scope = scope_user_ids(actor)
    own = [row for row in rows if scope is None or row.owner_id in scope]
    mine = {row.pk for row in own}
    not_his = _("It was shared with you; only its owner can share it.")
    refused = {row.pk: not_his for row in rows if row.pk not in mine}
    until = params.get("expires_at")
    done = share_customers(
        actor=actor,
        customers=own,
        user=user,
        can_write=bool(params.get("can_write")),
        expires_at=dt.datetime.fromisoformat(until) if until else None,
        note=params.get("note", ""),
        now=now,
    )
    return Outcome(dict(done.changed), {**refused, **done.refused})


# --- tags
def tag_pairs(customers: Iterable[int], tags: Iterable[int]) -> set[tuple[int, int]]:
    """(customer, tag) of those that have it."""
    rows = Customer.tags.through._default_manager.filter(customer_id__in=customers, tag_id__in=tags)
    return set(rows.values_list("customer_id", "tag_id"))


def add_tag_pairs(pairs: Iterable[tuple[int, int]]) -> None:
    through = Customer.tags.through
    through._default_manager.bulk_create(
        [through(customer_id=customer, tag_id=tag) for customer, tag in sorted(pairs)],
        ignore_conflicts=True,
        batch_size=1000,
    )


def drop_tag_pairs(pairs: Iterable[tuple[int, int]]) -> None:
    by_tag: dict[int, list[int]] = {}
    for customer, tag in pairs:
        by_tag.setdefault(tag, []).append(customer)
    for tag, customers in by_tag.items():
        Customer.tags.through._default_manager.filter(tag_id=tag, customer_id__in=customers).delete()


def log_tags(actor: User, rows: Iterable[Customer], before: Mapping[int, list[int]], *, added: bool) -> None:
    """An audit line for each customer, with the names of the tags that came or went."""
    names = dict(Tag.objects.values_list("pk", "name"))
    lines = []
    for row in rows:
        if row.pk in before:
            words = "、".join(names.get(tag, str(tag)) for tag in before[row.pk])
            lines.append((row, {"tags": ["", words] if added else [words, ""]}))
    log_changes(actor=actor, changes=lines)


def _tags(*, add: bool) -> Action:
    def act(actor: User, params: Mapping[str, Any], rows: list[Customer], now: dt.datetime) -> Outcome:
        tags = list(Tag.objects.filter(pk__in=params["tags"]).values_list("pk", flat=True))
        ids = [row.pk for row in rows]
        present = tag_pairs(ids, tags)
        touched = {(pk, tag) for pk in ids for tag in tags} - present if add else present
        (add_tag_pairs if add else drop_tag_pairs)(touched)
        by_customer: dict[int, list[int]] = {}
        for pk, tag in sorted(touched):
            by_customer.setdefault(pk, []).append(tag)
        log_tags(actor, rows, by_customer, added=add)
        reason = _("It has these tags already.") if add else _("It has none of these tags.")
        return Outcome(
            {pk: {"tags": changed} for pk, changed in by_customer.items()},
            {pk: reason for pk in ids if pk not in by_customer},
        )

    return act


# --- fields
def column(name: str) -> str:
    return f"{name}_id" if CHANGEABLE[name] else name


def log_fields(
    actor: User, rows: Iterable[Customer], old: Mapping[int, Mapping[str, Any]], new: Mapping[str, Any]
) -> None:
    log_changes(
        actor=actor,
        changes=[
            (row, {name: [text(value), text(new[name])] for name, value in old[row.pk].items()})
            for row in rows
        ],
    )


def _change(actor: User, params: Mapping[str, Any], rows: list[Customer], now: dt.datetime) -> Outcome:
    values = {name: value for name, value in params["values"].items() if name in CHANGEABLE}
    for name, value in values.items():
        if CHANGEABLE[name] and value and not Dictionary.objects.filter(pk=value, kind=name).exists():
            raise ValidationError(_("The chosen entry does not exist any more."))
    before = {
        row.pk: {
            name: getattr(row, column(name))
            for name, value in values.items()
            if getattr(row, column(name)) != value
        }
        for row in rows
    }
    changing = [row for row in rows if before[row.pk]]
    Customer.objects.filter(pk__in=[row.pk for row in changing]).update(
        updated_at=now, **{column(name): value for name, value in values.items()}
    )
    log_fields(actor, changing, before, values)
    reason = _("It has these values already.")
    return Outcome(
        {row.pk: before[row.pk] for row in changing},
        {row.pk: reason for row in rows if not before[row.pk]},
    )


# --- locations "to confirm" (domain-rules §2)
NOWHERE: Mapping[str, Any] = {
    "latitude": None,
    "longitude": None,
    "location_status": LocationStatus.NONE.value,
}


def place_of(row: Customer) -> dict[str, Any]:
    """Where the customer is said to be, as a job keeps it."""
    return {
        "latitude": row.latitude,
        "longitude": row.longitude,
        "location_status": str(row.location_status),
    }


def log_places(actor: User, rows: Iterable[Customer], new: Mapping[int, Mapping[str, Any]]) -> None:
    """One audit entry for each row with what is about to change of its place; before the rows are written."""
    changes = []
    for row in rows:
        old = place_of(row)
        fields = {
            name: [text(old[name]), text(value)] for name, value in new[row.pk].items() if old[name] != value
        }
        changes.append((row, fields))
    log_changes(actor=actor, changes=changes)


def _places(new: Mapping[str, Any]) -> Action:
    def act(actor: User, params: Mapping[str, Any], rows: list[Customer], now: dt.datetime) -> Outcome:
        waiting = [row for row in rows if row.location_status == LocationStatus.TO_CONFIRM]
        keys = {row.pk for row in waiting}
        log_places(actor, waiting, dict.fromkeys(keys, new))
        Customer.objects.filter(pk__in=keys).update(updated_at=now, **new)
        reason = _("This location is confirmed already, or there is none.")
        return Outcome(
            {row.pk: place_of(row) for row in waiting}, {row.pk: reason for row in rows if row.pk not in keys}
        )

    return act


_ACTIONS: Mapping[BulkKind, Action] = {
    BulkKind.ASSIGN: _give(OwnerChangeReason.ASSIGNED),
    BulkKind.TRANSFER: _give(OwnerChangeReason.TRANSFERRED),
    BulkKind.RELEASE: _release,
    BulkKind.SHARE: _share,
    BulkKind.ADD_TAGS: _tags(add=True),
    BulkKind.REMOVE_TAGS: _tags(add=False),
    BulkKind.CHANGE: _change,
    BulkKind.PLACE_RIGHT: _places({"location_status": LocationStatus.CONFIRMED.value}),
    BulkKind.PLACE_WRONG: _places(NOWHERE),
}
