"""The one answer to "what does this customer pay for this product, in this quantity, on this day, and why?"."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, F, Q, QuerySet, Sum

from common.money import round_quantity
from crm.models import Customer
from sales.enums import LocationKind, OrderStatus
from sales.models import (
    GiftRule,
    OrderLine,
    PriceList,
    PriceListLine,
    Product,
    StockBalance,
    StockLocation,
)
from sales.rules import prices as rules
from sales.rules.prices import Buyer, Offer, Price, Terms, Unit

__all__ = [
    "Gift",
    "Price",
    "Step",
    "available",
    "default_location",
    "gift_rules",
    "gifts_for",
    "holding",
    "offers_of",
    "overlapping",
    "price_for",
    "price_steps",
    "prices_for",
    "terms_of",
    "unit_of",
]

_QUANTITY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=3)


@dataclass(frozen=True, slots=True)
class Gift:
    """What comes with an order for nothing: `quantity` of `product` in its unit, by `rule`."""

    product: Product
    quantity: Decimal
    rule: GiftRule


def buyer_of(customer: Customer) -> Buyer:
    return Buyer(customer.pk, customer.level, customer.channel_id)


def unit_of(product: Product) -> Unit:
    return Unit(product.unit, product.box_unit, product.box_quantity)


def terms_of(row: PriceList | GiftRule) -> Terms:
    return Terms(
        level=row.level,
        channel_id=row.channel_id,
        customer_id=row.customer_id,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        is_active=row.is_active,
    )


def offer_of(line: PriceListLine) -> Offer:
    """A line with its list selected."""
    return Offer(
        list_id=line.price_list_id,
        name=line.price_list.name,
        terms=terms_of(line.price_list),
        created_at=line.price_list.created_at,
        min_quantity=line.min_quantity,
        price=line.price,
    )


def holding(customer: Customer, day: dt.date, prefix: str = "") -> Q:
    """Lists and gift rules in use that hold for the customer on the day; `prefix` leads to their columns."""

    def column(name: str, value: Any) -> Q:
        return Q(**{f"{prefix}{name}": value})

    return (
        column("is_active", True)
        & (column("customer__isnull", True) | column("customer", customer.pk))
        & (column("level", "") | column("level", customer.level))
        & (column("channel__isnull", True) | column("channel", customer.channel_id))
        & (column("starts_on__isnull", True) | column("starts_on__lte", day))
        & (column("ends_on__isnull", True) | column("ends_on__gte", day))
    )


def offers_of(products: Collection[int], condition: Q | None = None) -> dict[int, list[Offer]]:
    """Lines of price lists by product id, in one statement; without a condition those of every list."""
    lines = PriceListLine.objects.filter(product_id__in=set(products)).select_related("price_list")
    found: dict[int, list[Offer]] = defaultdict(list)
    for line in (lines.filter(condition) if condition is not None else lines).order_by():
        found[line.product_id].append(offer_of(line))
    return found


def price_for(customer: Customer, product: Product, quantity: Decimal, day: dt.date) -> Price:
    """CNY for one unit of `product` when the customer takes `quantity` units on that business day, and why."""
    [price] = prices_for(customer, [(product, quantity)], day)
    return price


def prices_for(customer: Customer, wants: Sequence[tuple[Product, Decimal]], day: dt.date) -> list[Price]:
    """One Price for each want, in their order, in one statement whatever their number.

    Each want is priced by its own quantity; sum up lines of the same product first when they shall count together.
    """
    if not wants:
        return []
    condition = holding(customer, day, "price_list__")
    offers = offers_of([product.pk for product, _quantity in wants], condition)
    buyer = buyer_of(customer)
    return [
        rules.price(
            own=product.price,
            unit=unit_of(product),
            offer=rules.best_offer(offers.get(product.pk, ()), buyer=buyer, quantity=quantity, day=day),
        )
        for product, quantity in wants
    ]


@dataclass(frozen=True, slots=True)
class Step:
    """From `least` units on the customer pays `price`."""

    least: Decimal
    price: Price


def price_steps(customer: Customer, products: Sequence[Product], day: dt.date) -> dict[int, list[Step]]:
    """Every quantity at which the customer's price changes, by product id, ascending from 0, in one statement.

    For pages that count without asking again: the price of a quantity is that of the last step it reaches.
    """
    if not products:
        return {}
    offers = offers_of([product.pk for product in products], holding(customer, day, "price_list__"))
    buyer = buyer_of(customer)
    steps: dict[int, list[Step]] = {}
    for product in products:
        mine = offers.get(product.pk, [])
        found: list[Step] = []
        for least in sorted({Decimal(0), *(offer.min_quantity for offer in mine)}):
            offer = rules.best_offer(mine, buyer=buyer, quantity=least, day=day)
            price = rules.price(own=product.price, unit=unit_of(product), offer=offer)
            if not found or found[-1].price != price:
                found.append(Step(least, price))
        steps[product.pk] = found
    return steps


def gift_rules(customer: Customer, product_ids: Collection[int], day: dt.date) -> list[GiftRule]:
    """The rules by which buying these products brings something for nothing, with `gift`, in one statement."""
    if not product_ids:
        return []
    rows = GiftRule.objects.filter(
        holding(customer, day), product_id__in=set(product_ids), gift__is_active=True
    )
    return list(rows.select_related("gift").order_by("name", "pk"))


def gifts_for(customer: Customer, wants: Mapping[int, Decimal], day: dt.date) -> list[Gift]:
    """What an order of `wants` (units by product id) brings for nothing, in one statement.

    Every rule that holds gives, whatever the others do; a gift that is not on sale any more is left out.
    """
    gifts = []
    for rule in gift_rules(customer, set(wants), day):
        quantity = rules.gift_quantity(
            bought=wants[rule.product_id],
            every=rule.buy_quantity,
            gift=rule.gift_quantity,
            repeats=rule.repeats,
        )
        if quantity:
            gifts.append(Gift(rule.gift, round_quantity(quantity), rule))
    return gifts


# --- the lists themselves
@dataclass(frozen=True, slots=True)
class Overlap:
    """Another list in use for the same customers at the same time, and products both have a price for."""

    other: PriceList
    products: int
    goes_first: bool


def overlapping(price_list: PriceList) -> list[Overlap]:
    """Lists that only the date of their start, or their age, decides between (two statements)."""
    terms = terms_of(price_list)
    others = [
        other
        for other in PriceList.objects.filter(
            is_active=True,
            level=price_list.level,
            channel=price_list.channel_id,
            customer=price_list.customer_id,
        ).exclude(pk=price_list.pk)
        if rules.overlaps(terms, terms_of(other))
    ]
    if not others:
        return []
    mine = PriceListLine.objects.filter(price_list=price_list).values("product_id")
    shared = dict(
        PriceListLine.objects.filter(price_list__in=others, product_id__in=mine)
        .order_by()
        .values_list("price_list_id")
        .annotate(n=Count("product", distinct=True))
    )
    return [
        Overlap(other, shared[other.pk], _rank(other) > _rank(price_list))
        for other in others
        if other.pk in shared
    ]


def _rank(row: PriceList) -> tuple[dt.date, dt.datetime, int]:
    return (row.starts_on or dt.date.min, row.created_at, row.pk)


# --- what can be promised ---------------------------------------------------------------------------------
def default_location() -> StockLocation | None:
    """The warehouse that orders are delivered from."""
    location: StockLocation | None = StockLocation.objects.filter(is_default=True, is_active=True).first()
    return location


def available(product_ids: Iterable[int], location: StockLocation | None = None) -> dict[int, Decimal]:
    """Units that may still be promised, by product id: on hand − approved and not yet delivered (two statements).

    Orders are delivered from the default warehouse, so what is promised counts against it; another warehouse or a
    van has what is on hand there. Without a location: all warehouses together. Every id asked for has an entry; less
    than nothing says how much is missing.
    """
    ids = set(product_ids)
    left = dict.fromkeys(ids, Decimal("0.000"))
    if not ids:
        return left
    on_hand = StockBalance.objects.filter(product_id__in=ids)
    if location is None:
        on_hand = on_hand.filter(location__kind=LocationKind.WAREHOUSE, location__is_active=True)
    else:
        on_hand = on_hand.filter(location=location)
    for product_id, quantity in _sums(on_hand, "quantity"):
        left[product_id] += quantity
    if location is None or location.is_default:
        for product_id, quantity in _sums(_promised(ids), F("quantity") - F("delivered")):
            left[product_id] -= quantity
    return left


def _promised(product_ids: set[int]) -> QuerySet[OrderLine]:
    return OrderLine.objects.filter(
        product_id__in=product_ids,
        order__status__in=(OrderStatus.APPROVED, OrderStatus.PARTLY_DELIVERED),
    )


def _sums(rows: QuerySet[Any], what: Any) -> Iterable[tuple[int, Decimal]]:
    summed = rows.order_by().values_list("product_id").annotate(sum=Sum(what, output_field=_QUANTITY))
    for product_id, quantity in summed:
        yield product_id, round_quantity(quantity)  # SQLite sums floats
