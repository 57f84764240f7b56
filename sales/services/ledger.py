"""The stock ledger: every change of stock is a move from one location to another (domain-rules §6).

Balances of warehouses and vans are kept beside the moves in the same transaction; the database refuses one below zero
where that is forbidden, so a van never sells what it has not, whoever comes at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.models import User
from common.money import round_quantity
from sales.enums import LocationKind, MoveKind, SettlementStatus
from sales.models import DaySettlement, Product, StockBalance, StockLocation, StockMove

STOCKED = (LocationKind.WAREHOUSE, LocationKind.VAN)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One move to make: a positive quantity of a product, in its unit."""

    product_id: int
    quantity: Decimal
    source: StockLocation
    target: StockLocation


def post_moves(
    *,
    actor: User | None,
    kind: MoveKind,
    moves: Sequence[Wanted],
    moved_on: dt.date,
    is_reversal: bool = False,
    **origin: Any,
) -> list[StockMove]:
    """Book moves and the balances they change; `origin` names what made them (delivery=…, sales_return=…, document=…).

    Call it inside a transaction. Balances are locked in the order of (location, product), so that two callers cannot
    wait for each other in a ring. ValidationError, naming the product, what is there and what is wanted, when a
    location that may not go below zero would, and when the day of a van is settled: nothing is booked into it any more.
    """
    changes: dict[tuple[int, int], Decimal] = {}
    places = {}
    for move in moves:
        for place, sign in ((move.source, -1), (move.target, 1)):
            if place.kind in STOCKED:
                places[place.pk] = place
                key = (place.pk, move.product_id)
                changes[key] = changes.get(key, Decimal(0)) + sign * move.quantity
    if "settlement" not in origin:
        _refuse_settled_days([place for place in places.values() if place.kind == LocationKind.VAN], moved_on)
    _change_balances(places, {key: change for key, change in changes.items() if change})
    return StockMove.objects.bulk_create(
        StockMove(
            kind=kind,
            product_id=move.product_id,
            source=move.source,
            target=move.target,
            quantity=move.quantity,
            moved_on=moved_on,
            is_reversal=is_reversal,
            created_by=actor,
            **origin,
        )
        for move in moves
    )


def undo_moves(*, actor: User | None, moved_on: dt.date, **origin: Any) -> list[StockMove]:
    """Move back everything that `origin` (delivery=…, …) has moved and that is not moved back yet.

    ValidationError when the goods are no longer where they went and that place may not go below zero.
    """
    done = StockMove.objects.filter(**origin).select_related("source", "target").order_by("pk")
    net: dict[tuple[int, int, int], Decimal] = {}
    places: dict[int, StockLocation] = {}
    kind = MoveKind.TRANSFER
    for move in done:
        places |= {move.source_id: move.source, move.target_id: move.target}
        if not move.is_reversal:
            kind = MoveKind(move.kind)
        there, back = (move.product_id, move.source_id, move.target_id), 1
        if move.is_reversal:
            there, back = (move.product_id, move.target_id, move.source_id), -1
        net[there] = net.get(there, Decimal(0)) + back * move.quantity
    wanted = [
        Wanted(product_id, quantity, places[target_id], places[source_id])
        for (product_id, source_id, target_id), quantity in net.items()
        if quantity > 0
    ]
    return post_moves(actor=actor, kind=kind, moves=wanted, moved_on=moved_on, is_reversal=True, **origin)


def lock_vans(vans: Iterable[StockLocation]) -> None:
    """Hold vans until the transaction ends, in the order of pk: moves of a van and its settlement take turns."""
    ids = [van.pk for van in vans]
    list(StockLocation.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").only("pk"))


def _refuse_settled_days(vans: Sequence[StockLocation], day: dt.date) -> None:
    """A later move would change what a settled day, or one after it, has counted."""
    if not vans:
        return
    lock_vans(vans)
    settled = (
        DaySettlement.objects.filter(location__in=vans, status=SettlementStatus.SETTLED, day__gte=day)
        .select_related("location")
        .order_by("-day")
        .first()
    )
    if settled is not None:
        raise ValidationError(
            _(
                "%(van)s is settled up to %(day)s (%(number)s): nothing can be booked for %(wanted)s any more."
            ),
            code="settled",
            params={
                "van": settled.location,
                "day": settled.day.isoformat(),
                "number": settled.number,
                "wanted": day.isoformat(),
            },
        )


def _change_balances(places: dict[int, StockLocation], changes: dict[tuple[int, int], Decimal]) -> None:
    """Add the changes to the balances, which are made with 0 where there are none yet.

    The new value is written, not added by the database: SQLite adds floats and drifts. The rows are locked
    (PostgreSQL; SQLite lets one writer in at a time), and the UPDATE names the value it starts from all the same.
    """
    if not changes:
        return
    StockBalance.objects.bulk_create(
        [
            StockBalance(
                location_id=place_id,
                product_id=product_id,
                may_be_negative=places[place_id].may_be_negative,
            )
            for place_id, product_id in sorted(changes)
        ],
        ignore_conflicts=True,
    )
    locked = (
        StockBalance.objects.select_for_update()
        .filter(location_id__in=list(places), product_id__in={product_id for _place, product_id in changes})
        .order_by("location_id", "product_id")
    )
    found = {(row.location_id, row.product_id): row for row in locked}
    short = []
    for key in sorted(changes):
        row = found[key]
        new = round_quantity(row.quantity + changes[key])
        if new < 0 and changes[key] < 0 and not row.may_be_negative:
            short.append((row, -changes[key]))
            continue
        if StockBalance.objects.filter(pk=row.pk, quantity=row.quantity).update(quantity=new) != 1:
            raise ValidationError(_("Somebody else has just moved the same goods. Try again."), code="state")
    if short:
        raise ValidationError([_too_little(places[row.location_id], row, out) for row, out in short])


def _too_little(place: StockLocation, row: StockBalance, wanted: Decimal) -> ValidationError:
    product = Product.objects.get(pk=row.product_id)
    return ValidationError(
        _("%(place)s has %(there)s %(unit)s of %(product)s, not %(wanted)s."),
        code="stock",
        params={
            "place": place,
            "there": plain(row.quantity),
            "unit": product.unit,
            "product": product,
            "wanted": plain(wanted),
        },
    )


def plain(quantity: Decimal) -> str:
    """3.000 → 3, 1.500 → 1.5."""
    text = f"{quantity:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# --- the far ends
def far_end(kind: LocationKind) -> StockLocation:
    """The one location of customers, suppliers or losses, made when it is not there yet."""
    place = StockLocation.objects.filter(kind=kind).order_by("pk").first()
    if place is None:
        place, _created = StockLocation.objects.get_or_create(
            code=f"@{kind}", defaults={"name": str(kind.label), "kind": kind}
        )
    found: StockLocation = place
    return found


def default_warehouse() -> StockLocation:
    """Where orders are delivered from; made when the company has none."""
    place = StockLocation.objects.filter(is_default=True).first()
    if place is None:
        place, _created = StockLocation.objects.get_or_create(
            code="MAIN",
            defaults={
                "name": _("Main warehouse"),
                "kind": LocationKind.WAREHOUSE,
                "may_be_negative": True,
                "is_default": True,
            },
        )
    found: StockLocation = place
    return found


# --- the books
def ledger_sums(locations: Iterable[StockLocation]) -> dict[tuple[int, int], Decimal]:
    """Σ in − Σ out by (location id, product id), from the moves alone; what the balances must say."""
    ids = [place.pk for place in locations if place.kind in STOCKED]
    sums: dict[tuple[int, int], Decimal] = {}
    for field, sign in (("target_id", 1), ("source_id", -1)):
        rows = (
            StockMove.objects.filter(**{f"{field}__in": ids})
            .order_by()
            .values_list(field, "product_id")
            .annotate(sum=Sum("quantity"))
        )
        for place_id, product_id, quantity in rows:
            key = (place_id, product_id)
            sums[key] = sums.get(key, Decimal(0)) + sign * round_quantity(quantity)
    return sums
