"""Writing price lists and their lines, and gift rules."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common.money import round_money, round_quantity
from sales.models import GiftRule, PriceList, PriceListLine, Product
from sales.rules import MAX_PRICE, MAX_QUANTITY
from sales.rules.prices import changed_price
from sales.services.common import audit


@transaction.atomic
def save_price_list(*, price_list: PriceList) -> PriceList:
    """A new or changed list: name, audience, dates. Raises ValidationError by field."""
    _check_dates(price_list)
    price_list.save()
    return price_list


@transaction.atomic
def copy_price_list(
    *,
    actor: User,
    source: PriceList,
    name: str,
    percent: Decimal,
    starts_on: dt.date | None,
    ends_on: dt.date | None,
) -> PriceList:
    """The same audience and lines under another name, each price changed by `percent` (−5: five of a hundred off)."""
    if PriceList.objects.filter(name=name).exists():
        raise ValidationError({"name": _("There is a price list of this name already.")})
    copy = PriceList(
        name=name,
        note=source.note,
        level=source.level,
        channel_id=source.channel_id,
        customer_id=source.customer_id,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    _check_dates(copy)
    lines = list(source.lines.order_by("pk"))
    prices = [changed_price(line.price, percent) for line in lines]
    if any(price > MAX_PRICE for price in prices):
        raise ValidationError({"percent": _("The price is too high to be true.")})
    copy.save()
    PriceListLine.objects.bulk_create(
        [
            PriceListLine(
                price_list=copy, product_id=line.product_id, min_quantity=line.min_quantity, price=price
            )
            for line, price in zip(lines, prices, strict=True)
        ],
        batch_size=1000,
    )
    audit(actor=actor, row=copy, changes={"lines": ["0", str(len(lines))]})
    return copy


# --- lines
@transaction.atomic
def save_line(
    *,
    price_list: PriceList,
    line: PriceListLine | None = None,
    product: Product,
    min_quantity: Decimal,
    price: Decimal,
) -> PriceListLine:
    """A new or changed line. Raises ValidationError by field when it is out of bounds or stands there already."""
    price, min_quantity = round_money(price), round_quantity(min_quantity)
    if not 0 <= price <= MAX_PRICE:
        raise ValidationError({"price": _("The price is too high to be true.")})
    if not 0 <= min_quantity <= MAX_QUANTITY:
        raise ValidationError({"min_quantity": _("The quantity is too large to be true.")})
    # Whoever else writes lines of this list waits here, and then sees ours.
    PriceList.objects.select_for_update(no_key=True).only("pk").get(pk=price_list.pk)
    twins = price_list.lines.filter(product=product, min_quantity=min_quantity)
    if twins.exclude(pk=line.pk if line else 0).exists():
        raise ValidationError(
            {"min_quantity": _("%(product)s has a price from this quantity already.") % {"product": product}}
        )
    line = line or PriceListLine(price_list=price_list, product=product)
    line.min_quantity, line.price = min_quantity, price
    line.save()
    return line


@transaction.atomic
def delete_line(*, line: PriceListLine) -> None:
    line.delete()


# --- gifts
@transaction.atomic
def save_gift_rule(*, rule: GiftRule) -> GiftRule:
    """A new or changed rule. Raises ValidationError by field."""
    _check_dates(rule)
    for name in ("buy_quantity", "gift_quantity"):
        if not 0 < getattr(rule, name) <= MAX_QUANTITY:
            raise ValidationError({name: _("The quantity must be more than 0.")})
    rule.save()
    return rule


def _check_dates(row: PriceList | GiftRule) -> None:
    if row.starts_on and row.ends_on and row.ends_on < row.starts_on:
        raise ValidationError({"ends_on": _("It ends before it begins.")})
