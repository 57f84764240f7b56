"""What is where: balances for screens, a van's day from the ledger, what a van should be loaded with."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import (
    Count,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce, Round

from accounts.models import User
from common.money import round_money, round_quantity
from sales.enums import (
    LocationKind,
    OrderStatus,
    PaymentMethod,
    PostingStatus,
    SettlementStatus,
    StockDocumentKind,
    StockDocumentStatus,
)
from sales.models import (
    DaySettlement,
    OrderLine,
    Product,
    Receipt,
    SalesOrder,
    StockBalance,
    StockDocument,
    StockDocumentLine,
    StockLocation,
    StockMove,
)
from sales.rules.stock import DayColumns, DayMove, day_columns

ZERO = Decimal(0)
_QUANTITY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=3)
_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=18, decimal_places=2)
_OPEN = (OrderStatus.APPROVED, OrderStatus.PARTLY_DELIVERED)


# --- balances
def balances(user: User) -> QuerySet[StockBalance]:
    """Stock at the places the user may see, with `value` at cost (None without one) and `promised`: what approved
    orders still take from the warehouse they are delivered from (0 elsewhere)."""
    promised = (
        OrderLine.objects.filter(order__status__in=_OPEN, product_id=OuterRef("product_id"))
        .order_by()
        .values("product_id")
        .annotate(sum=Sum(F("quantity") - F("delivered"), output_field=_QUANTITY))
        .values("sum")
    )
    return (
        StockBalance.objects.visible_to(user)
        .select_related("product__category", "location")
        .annotate(
            value=Round(
                ExpressionWrapper(F("quantity") * F("product__cost"), output_field=_MONEY), precision=2
            ),
            promised=Round(
                Coalesce(Subquery(promised, output_field=_QUANTITY), ZERO, output_field=_QUANTITY),
                precision=3,
            ),
        )
    )


def short_of_promised() -> Q:
    """Condition on `balances`: the warehouse that orders are delivered from has less than they still take."""
    return Q(location__is_default=True, promised__gt=Round(F("quantity"), precision=3))


@dataclass(frozen=True, slots=True)
class StockSummary:
    count: int
    value: Decimal


def summary(rows: QuerySet[Any]) -> StockSummary:
    """Number of rows of `balances` and their value at cost, in one statement."""
    found = rows.order_by().aggregate(count=Count("pk"), sum=Sum("value"))
    return StockSummary(found["count"], round_money(found["sum"] or ZERO))


def on_hand(location: StockLocation) -> dict[int, Decimal]:
    """Units by product id of what a place has, whatever is not 0."""
    rows = StockBalance.objects.filter(location=location).exclude(quantity=0)
    return dict(rows.values_list("product_id", "quantity"))


def goods_on(location: StockLocation) -> list[StockBalance]:
    """What is there, with its products in the order of the catalogue."""
    rows = StockBalance.objects.filter(location=location).exclude(quantity=0)
    return list(rows.select_related("product").order_by("product__category__position", "product__code"))


# --- vans
def van_of(user: User) -> StockLocation | None:
    """The van that the user drives."""
    vans = StockLocation.objects.active().filter(kind=LocationKind.VAN, rep=user)
    van: StockLocation | None = vans.select_related("rep").first()
    return van


def drives_a_van() -> Exists:
    """Condition of users: a van in use is theirs."""
    return Exists(StockLocation.objects.active().filter(kind=LocationKind.VAN, rep=OuterRef("pk")))


def open_orders(rep: User) -> list[SalesOrder]:
    """Approved orders of the rep's customers that are still to be delivered, the oldest first."""
    orders = SalesOrder.objects.filter(status__in=_OPEN, customer__owner=rep)
    return list(orders.select_related("customer").order_by("ordered_on", "pk"))


def presold(van: StockLocation) -> dict[int, Decimal]:
    """Units by product id that orders of the driver's customers still take and that are not on the van yet.

    What the van has, and what other drafts will load onto it, is taken off: a second load of the day proposes only
    what the first left open.
    """
    wanted: dict[int, Decimal] = defaultdict(Decimal)
    lines = OrderLine.objects.filter(order__status__in=_OPEN, order__customer__owner=van.rep_id)
    for product_id, quantity, delivered in lines.values_list("product_id", "quantity", "delivered"):
        wanted[product_id] += quantity - delivered
    planned = StockDocumentLine.objects.filter(
        document__kind=StockDocumentKind.LOAD,
        document__status=StockDocumentStatus.DRAFT,
        document__target=van,
        product_id__in=wanted,
    )
    there = on_hand(van)
    for product_id, quantity in planned.values_list("product_id", "quantity"):
        there[product_id] = there.get(product_id, ZERO) + quantity
    left = {pk: quantity - max(there.get(pk, ZERO), ZERO) for pk, quantity in wanted.items()}
    return {pk: quantity for pk, quantity in left.items() if quantity > 0}


def waiting_loads(van: StockLocation) -> list[StockDocument]:
    """Loads that the warehouse has planned and the driver has not taken over."""
    rows = StockDocument.objects.filter(
        kind=StockDocumentKind.LOAD, status=StockDocumentStatus.DRAFT, target=van
    )
    return list(rows.select_related("source").order_by("happened_on", "pk"))


# --- a van's day
@dataclass(frozen=True, slots=True)
class DayLine:
    """One product on a van in one day, from the ledger alone."""

    product: Product
    opening: Decimal
    columns: DayColumns

    @property
    def expected(self) -> Decimal:
        moved = self.columns
        return self.opening + moved.loaded + moved.returned - moved.sold - moved.unloaded + moved.other


def van_day(van: StockLocation, day: dt.date) -> list[DayLine]:
    """Opening, movements and what should be there at the end of the day; products that had nothing are left out."""
    sums = _Sums()
    for side, sign in (("target", 1), ("source", -1)):
        rows = StockMove.objects.filter(**{side: van}, moved_on__lte=day)
        summed = (
            rows.order_by()
            .values_list("product_id", "kind")
            .annotate(
                before=Sum("quantity", filter=Q(moved_on__lt=day)),
                today=Sum("quantity", filter=Q(moved_on=day)),
            )
        )
        for product_id, kind, before, today in summed:
            sums.add(product_id, kind, sign, before, today)
    products = Product.objects.select_related("category").in_bulk(sums.products)
    lines = [DayLine(products[pk], sums.opening[pk], day_columns(sums.moves[pk])) for pk in sums.products]
    lines.sort(key=lambda line: line.product.code)
    return lines


@dataclass(slots=True)
class _Sums:
    opening: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    moves: dict[int, list[DayMove]] = field(default_factory=lambda: defaultdict(list))

    def add(
        self, product_id: int, kind: str, sign: int, before: Decimal | None, today: Decimal | None
    ) -> None:
        self.opening[product_id] += sign * round_quantity(before or ZERO)
        if today:
            self.moves[product_id].append(DayMove(kind, sign * round_quantity(today)))

    @property
    def products(self) -> list[int]:
        return [pk for pk in self.opening if self.opening[pk] or self.moves[pk]]


def last_settlement(van: StockLocation, before: dt.date | None = None) -> DaySettlement | None:
    """The van's last settled day, before a day when one is given."""
    rows = DaySettlement.objects.filter(location=van, status=SettlementStatus.SETTLED)
    if before is not None:
        rows = rows.filter(day__lt=before)
    found: DaySettlement | None = rows.order_by("-day").first()
    return found


def cash_of_day(van: StockLocation, day: dt.date) -> Decimal:
    """CNY in cash that the driver should hand over with the settlement of a day.

    The cash receipts that count for him since his last settlement, up to the day: what came in on a day without a
    settlement, or after a settled day was closed, is asked for with the next one, once. Before his first settlement:
    the day's only.
    """
    receipts = Receipt.objects.filter(
        rep_id=van.rep_id,
        created_by=F("rep"),
        method=PaymentMethod.CASH,
        status=PostingStatus.POSTED,
        received_on__lte=day,
    )
    previous = last_settlement(van, before=day)
    if previous is None:
        receipts = receipts.filter(received_on=day)
    else:
        receipts = receipts.filter(Q(received_on__gt=previous.day) | Q(created_at__gt=previous.settled_at))
    return sum((amount for amount in receipts.values_list("amount", flat=True)), Decimal("0.00"))


def moved_days(van: StockLocation, since: dt.date | None = None) -> list[dt.date]:
    """Days after `since` on which the van's goods moved, the latest first, ten at most."""
    moves = StockMove.objects.filter(Q(source=van) | Q(target=van))
    if since is not None:
        moves = moves.filter(moved_on__gt=since)
    return list(moves.order_by("-moved_on").values_list("moved_on", flat=True).distinct()[:10])


def sold_today(van: StockLocation, day: dt.date) -> Decimal:
    """CNY of goods that left the van on a day."""
    amounts = van.deliveries.filter(issued_on=day, status=PostingStatus.POSTED)
    return sum((amount for amount in amounts.values_list("amount", flat=True)), Decimal("0.00"))
