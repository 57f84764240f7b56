"""Taking a bulk action back, row by row, and only where the customer still is as the action left it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from crm.enums import BulkKind, LocationStatus
from crm.models import BulkItem, Customer, CustomerShare, Dictionary, Tag
from crm.services.audit import log_changes
from crm.services.bulk.actions import (
    CHANGEABLE,
    FIELDS,
    NOWHERE,
    add_tag_pairs,
    column,
    drop_tag_pairs,
    log_fields,
    log_places,
    log_tags,
    place_of,
    tag_pairs,
)
from crm.services.owner_returns import return_owners

Kept = dict[int, str]  # {customer id: why it stays as the action made it}
Undo = Callable[[User, Mapping[str, Any], list[Customer], Mapping[int, BulkItem], dt.datetime], Kept]


def revert(
    *, actor: User, kind: str, params: Mapping[str, Any], items: Iterable[BulkItem], now: dt.datetime
) -> Kept:
    """Put the customers of these changed items back; answers for those that stay, with the reason."""
    by_customer = {item.subject_id: item for item in items}
    rows = list(Customer.objects.editable_by(actor).filter(pk__in=by_customer).only(*FIELDS).order_by("pk"))
    mine = {row.pk for row in rows}
    kept = {pk: _("You may not change this customer any more.") for pk in by_customer if pk not in mine}
    return kept | _UNDO[BulkKind(kind)](actor, params, rows, by_customer, now)


def _owners(
    actor: User,
    params: Mapping[str, Any],
    rows: list[Customer],
    items: Mapping[int, BulkItem],
    now: dt.datetime,
) -> Kept:
    kept: Kept = {}
    owners: dict[int, int | None] = {}
    days: dict[int, dt.date] = {}
    for row in rows:
        before = items[row.pk].before
        # A release set nobody: params has no owner then.
        if row.owner_id != params.get("owner"):
            kept[row.pk] = _("Its owner was changed again since.")
            continue
        owners[row.pk] = before["owner"]
        if before.get("received_on"):
            days[row.pk] = dt.date.fromisoformat(before["received_on"])
    done = return_owners(actor=actor, owners=owners, received_on=days, now=now)
    return kept | done.refused


def _shares(
    actor: User,
    params: Mapping[str, Any],
    rows: list[Customer],
    items: Mapping[int, BulkItem],
    now: dt.datetime,
) -> Kept:
    shares = {
        share.customer_id: share
        for share in CustomerShare.objects.filter(customer__in=rows, user_id=params["user"])
    }
    until = params.get("expires_at")
    as_set = (bool(params.get("can_write")), dt.datetime.fromisoformat(until) if until else None)
    kept: Kept = {}
    gone: list[CustomerShare] = []
    restored: list[CustomerShare] = []
    for row in rows:
        share, before = shares.get(row.pk), items[row.pk].before
        if share is None or (share.can_write, share.expires_at) != as_set:
            kept[row.pk] = _("The sharing was changed since.")
        elif before.get("can_write") is None:
            gone.append(share)
        else:
            share.can_write = before["can_write"]
            share.expires_at = (
                dt.datetime.fromisoformat(before["expires_at"]) if before["expires_at"] else None
            )
            restored.append(share)
    CustomerShare.objects.filter(pk__in=[share.pk for share in gone]).delete()
    CustomerShare.objects.bulk_update(restored, ["can_write", "expires_at"])
    person = str(User.objects.filter(pk=params["user"]).first() or params["user"])
    log_changes(actor=actor, changes=[(row, {"shares": [person, ""]}) for row in rows if row.pk not in kept])
    return kept


def _tags(*, added: bool) -> Undo:
    def undo(
        actor: User,
        params: Mapping[str, Any],
        rows: list[Customer],
        items: Mapping[int, BulkItem],
        now: dt.datetime,
    ) -> Kept:
        wanted = {row.pk: items[row.pk].before["tags"] for row in rows}
        alive = set(Tag.objects.filter(pk__in=params["tags"]).values_list("pk", flat=True))
        present = tag_pairs(wanted, params["tags"])
        kept: Kept = {}
        pairs: set[tuple[int, int]] = set()
        for pk, tags in wanted.items():
            mine = {(pk, tag) for tag in tags if tag in alive}
            # Untouched: what was added is still there, or what was taken is still away.
            if len(mine) == len(tags) and (mine <= present if added else not mine & present):
                pairs |= mine
            else:
                kept[pk] = _("Its tags were changed since.")
        (drop_tag_pairs if added else add_tag_pairs)(pairs)
        log_tags(actor, rows, {pk: tags for pk, tags in wanted.items() if pk not in kept}, added=not added)
        return kept

    return undo


def _fields(
    actor: User,
    params: Mapping[str, Any],
    rows: list[Customer],
    items: Mapping[int, BulkItem],
    now: dt.datetime,
) -> Kept:
    values = params["values"]
    kept: Kept = {}
    back: list[Customer] = []
    entries = {
        value
        for row in rows
        for name, value in items[row.pk].before.items()
        if CHANGEABLE[name] and value is not None
    }
    alive = set(Dictionary.objects.filter(pk__in=entries).values_list("pk", flat=True))
    for row in rows:
        before = items[row.pk].before
        if any(getattr(row, column(name)) != values[name] for name in before):
            kept[row.pk] = _("Its values were changed again since.")
        elif any(CHANGEABLE[name] and value and value not in alive for name, value in before.items()):
            kept[row.pk] = _("The entry it had before does not exist any more.")
        else:
            back.append(row)
    # One statement for each set of values there was, not for each row: few differ.
    groups: dict[str, list[Customer]] = {}
    for row in back:
        groups.setdefault(json.dumps(items[row.pk].before, sort_keys=True), []).append(row)
    for some in groups.values():
        before = items[some[0].pk].before
        Customer.objects.filter(pk__in=[row.pk for row in some]).update(
            updated_at=now, **{column(name): value for name, value in before.items()}
        )
        was = {name: values[name] for name in before}
        log_fields(actor, some, {row.pk: was for row in some}, before)
    return kept


def _places(*, taken_away: bool) -> Undo:
    """Back to "to confirm" where the customer stands as the action left it."""

    def undo(
        actor: User,
        params: Mapping[str, Any],
        rows: list[Customer],
        items: Mapping[int, BulkItem],
        now: dt.datetime,
    ) -> Kept:
        back: list[Customer] = []
        kept: Kept = {}
        for row in rows:
            left = {**items[row.pk].before, "location_status": LocationStatus.CONFIRMED.value}
            if place_of(row) == (dict(NOWHERE) if taken_away else left):
                back.append(row)
            else:
                kept[row.pk] = _("Its location was changed again since.")
        log_places(actor, back, {row.pk: items[row.pk].before for row in back})
        for row in back:
            for name, value in items[row.pk].before.items():
                setattr(row, name, value)
            row.updated_at = now
        Customer.objects.bulk_update(back, [*NOWHERE, "updated_at"], batch_size=100)
        return kept

    return undo


_UNDO: Mapping[BulkKind, Undo] = {
    BulkKind.ASSIGN: _owners,
    BulkKind.TRANSFER: _owners,
    BulkKind.RELEASE: _owners,
    BulkKind.SHARE: _shares,
    BulkKind.ADD_TAGS: _tags(added=True),
    BulkKind.REMOVE_TAGS: _tags(added=False),
    BulkKind.CHANGE: _fields,
    BulkKind.PLACE_RIGHT: _places(taken_away=False),
    BulkKind.PLACE_WRONG: _places(taken_away=True),
}
