"""Closing a van's day (日结): what should be there by the ledger, what was counted, and the cash.

Who drives the van counts and hands over. Without a difference that settles the day; with one it waits for somebody who
may approve it, and the difference is booked to the losses (or back from them) with its reason. A settled day is closed:
the ledger takes no move of that van for it, or for a day before it, any more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.money import round_money, round_quantity
from common.templatetags.paodian import money
from comms.enums import NoticeKind
from comms.services import Notice, notify
from sales import rules
from sales.enums import LocationKind, MoveKind, SettlementStatus
from sales.models import DaySettlement, DaySettlementLine, Product, StockLocation
from sales.queries.stock import DayLine, cash_of_day, last_settlement, van_day
from sales.services import common, ledger
from sales.services.ledger import Wanted

APPROVE = "sales.approve_daysettlement"


@transaction.atomic
def settle_day(
    *,
    actor: User,
    van: StockLocation,
    day: dt.date | None = None,
    counts: Mapping[int, Decimal],
    reasons: Mapping[int, str] | None = None,
    cash: Decimal,
    cash_reason: str = "",
    note: str = "",
) -> DaySettlement:
    """Hand in the day: what was counted by product id, and the cash in CNY.

    Settles the day when nothing differs or the actor may approve; else the settlement stays open until somebody does,
    and may be handed in again. ValidationError when a product is not counted, a difference has no reason, or this day or
    a later one is settled already.
    """
    on = common.business_date(day)
    _check_actor(actor=actor, van=van)
    ledger.lock_vans([van])
    _refuse_settled(van, on)
    rows = _count(van_day(van, on), counts, reasons or {})
    expected = cash_of_day(van, on)
    cash = _check_cash(cash)
    settlement = DaySettlement.objects.filter(location=van, day=on).first()
    if settlement is None:
        settlement = DaySettlement(
            number=common.next_number(prefix="RJ", day=on),
            location=van,
            rep=van.rep,
            day=on,
            created_by=actor,
        )
    settlement.cash_expected, settlement.cash_counted = expected, cash
    settlement.cash_reason = cash_reason.strip()[:200]
    settlement.note = note.strip()[:300]
    _check_reasons(settlement, rows)
    settlement.save()
    settlement.lines.all().delete()
    for row in rows:
        row.settlement = settlement
    DaySettlementLine.objects.bulk_create(rows)
    if not differs(settlement, rows) or actor.has_perm(APPROVE):
        _settle(actor=actor, settlement=settlement, rows=rows)
    else:
        _ask_to_approve(settlement)
    return settlement


@transaction.atomic
def approve_settlement(*, actor: User, settlement: DaySettlement) -> DaySettlement:
    """Settle a day that was handed in with differences, for somebody with sales.approve_daysettlement.

    ValidationError when it is settled already, or when goods or cash have moved since it was counted: then the driver
    hands it in again.
    """
    ledger.lock_vans([settlement.location])
    fresh = DaySettlement.objects.select_related("location__rep").get(pk=settlement.pk)
    _refuse_settled(fresh.location, fresh.day)
    rows = list(fresh.lines.select_related("product").order_by("product__code"))
    now = {line.product.pk: line.expected for line in van_day(fresh.location, fresh.day)}
    then = {row.product_id: row.expected for row in rows}
    moved = {pk for pk in now.keys() | then.keys() if now.get(pk, Decimal(0)) != then.get(pk, Decimal(0))}
    if moved or cash_of_day(fresh.location, fresh.day) != fresh.cash_expected:
        raise ValidationError(
            _("Goods or cash have moved since %(number)s was counted. It has to be handed in again.")
            % {"number": fresh.number},
            code="moved",
        )
    _settle(actor=actor, settlement=fresh, rows=rows)
    settlement.status, settlement.settled_by, settlement.settled_at = (
        fresh.status,
        fresh.settled_by,
        fresh.settled_at,
    )
    return fresh


def differs(settlement: DaySettlement, rows: Sequence[DaySettlementLine]) -> bool:
    """Whether goods or cash are not what the books say."""
    return settlement.cash_counted != settlement.cash_expected or any(row.difference for row in rows)


def _settle(*, actor: User, settlement: DaySettlement, rows: Sequence[DaySettlementLine]) -> None:
    """Open → settled, once, with the differences booked: from here on the balance at the day's end is what was counted."""
    now = timezone.now()
    changed = DaySettlement.objects.filter(pk=settlement.pk, status=SettlementStatus.OPEN).update(
        status=SettlementStatus.SETTLED, settled_by=actor, settled_at=now
    )
    if changed != 1:
        raise ValidationError(
            _("%(number)s is settled already.") % {"number": settlement.number}, code="settled"
        )
    settlement.status, settlement.settled_by, settlement.settled_at = (
        SettlementStatus.SETTLED.value,
        actor,
        now,
    )
    losses, van = ledger.far_end(LocationKind.LOSS), settlement.location
    ledger.post_moves(
        actor=actor,
        kind=MoveKind.COUNT,
        moves=[
            Wanted(row.product_id, abs(gap), *((losses, van) if gap > 0 else (van, losses)))
            for row in rows
            if (gap := row.difference)
        ],
        moved_on=settlement.day,
        settlement=settlement,
    )
    common.audit(
        actor=actor,
        row=settlement,
        changes={"status": [SettlementStatus.OPEN.value, SettlementStatus.SETTLED.value]},
    )


def _ask_to_approve(settlement: DaySettlement) -> None:
    """Whoever leads the driver hears of it once, however often he hands it in."""
    leader_id = settlement.rep.superior_id if settlement.rep else None
    if leader_id is None:
        return

    def title() -> str:
        return _("%(van)s, %(day)s: the day's settlement differs and waits for you.") % {
            "van": settlement.location,
            "day": settlement.day.isoformat(),
        }

    url = settlement.get_absolute_url()
    notify([Notice(leader_id, NoticeKind.REMINDER, title, url=url, key=f"settlement:{settlement.pk}")])


def _check_actor(*, actor: User, van: StockLocation) -> None:
    if van.kind != LocationKind.VAN or (van.rep_id != actor.pk and not actor.has_perm(APPROVE)):
        raise ValidationError(_("This van is not yours."), code="van")


def _refuse_settled(van: StockLocation, day: dt.date) -> None:
    last = last_settlement(van)
    if last is not None and last.day >= day:
        raise ValidationError(
            _("%(van)s is settled up to %(day)s (%(number)s)."),
            code="settled",
            params={"van": van, "day": last.day.isoformat(), "number": last.number},
        )


def _count(
    lines: Sequence[DayLine], counts: Mapping[int, Decimal], reasons: Mapping[int, str]
) -> list[DaySettlementLine]:
    """Lines of the settlement: everything the books know of, and what was found besides."""
    missing = [line.product for line in lines if line.expected and line.product.pk not in counts]
    if missing:
        raise ValidationError(
            [
                ValidationError(_("%(product)s is not counted.") % {"product": product}, code="count")
                for product in missing
            ]
        )
    known = {line.product.pk: line for line in lines}
    found = Product.objects.in_bulk(set(counts) - set(known))
    rows = [
        DaySettlementLine(
            product=line.product,
            opening=line.opening,
            loaded=line.columns.loaded,
            returned=line.columns.returned,
            sold=line.columns.sold,
            unloaded=line.columns.unloaded,
            other=line.columns.other,
            counted=_check_count(line.product, counts.get(line.product.pk, Decimal(0))),
        )
        for line in lines
    ]
    rows += [
        DaySettlementLine(product=product, counted=_check_count(product, counts[pk]))
        for pk, product in found.items()
        if counts[pk]
    ]
    for row in rows:
        row.reason = reasons.get(row.product_id, "").strip()[:120] if row.difference else ""
    return rows


def _check_count(product: Product, value: Decimal) -> Decimal:
    if not value.is_finite() or not 0 <= value <= rules.MAX_QUANTITY:
        raise ValidationError(
            _("%(product)s: %(value)s is not a possible number.") % {"product": product, "value": value},
            code="number",
        )
    return round_quantity(value)


def _check_cash(cash: Decimal) -> Decimal:
    if not cash.is_finite() or not 0 <= cash <= rules.MAX_AMOUNT:
        raise ValidationError(_("%(value)s is not a possible amount.") % {"value": cash}, code="number")
    return round_money(cash)


def _check_reasons(settlement: DaySettlement, rows: Sequence[DaySettlementLine]) -> None:
    refusals = [
        ValidationError(
            _("%(product)s: %(expected)s in the books, %(counted)s counted; say why.")
            % {
                "product": row.product,
                "expected": ledger.plain(row.expected),
                "counted": ledger.plain(row.counted or Decimal(0)),
            },
            code="reason",
        )
        for row in rows
        if row.difference and not row.reason
    ]
    if settlement.cash_counted != settlement.cash_expected and not settlement.cash_reason:
        refusals.append(
            ValidationError(
                _("Cash: %(expected)s received, %(counted)s handed over; say why.")
                % {"expected": money(settlement.cash_expected), "counted": money(settlement.cash_counted)},
                code="cash_reason",
            )
        )
    if refusals:
        raise ValidationError(refusals)
