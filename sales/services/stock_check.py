"""The nightly check that what stands on hand is the sum of the moves. It tells; it never mends: a difference is a defect
or a hand in the database, and somebody has to find out which."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.enums import RoleCode
from accounts.models import User
from common import business_calendar
from comms.enums import NoticeKind
from comms.services import Notice, notify
from sales.models import Product, StockBalance, StockLocation
from sales.services.ledger import ledger_sums, plain

logger = logging.getLogger(__name__)

ZERO = Decimal(0)
Key = tuple[int, int]  # location id, product id


@dataclass(frozen=True, slots=True)
class StockDifference:
    """A place and product whose balance is not the sum of its moves, in the product's unit."""

    location: StockLocation
    product: Product
    balance: Decimal
    ledger: Decimal

    def as_dict(self) -> dict[str, str]:
        return {
            "location": self.location.code,
            "product": self.product.code,
            "balance": plain(self.balance),
            "ledger": plain(self.ledger),
        }


@transaction.atomic
def check_stock() -> list[StockDifference]:
    """Compare every balance with its moves; each difference is logged as an error.

    What differs at first sight is looked at again under lock: a slip that was being written at that moment is none.
    """
    places = {place.pk: place for place in StockLocation.objects.stocked()}
    kept = {_key(row): row.quantity for row in StockBalance.objects.all()}
    doubtful = _wrong(kept, ledger_sums(places.values()))
    if doubtful:
        rows = StockBalance.objects.select_for_update().filter(
            location_id__in={place_id for place_id, _product in doubtful},
            product_id__in={product_id for _place, product_id in doubtful},
        )
        locked = {_key(row): row.quantity for row in rows.order_by("location_id", "product_id")}
        sums = ledger_sums(places[place_id] for place_id in {place_id for place_id, _product in doubtful})
        wrong = [key for key in _wrong(locked, sums) if key in doubtful]
        products = Product.objects.in_bulk({product_id for _place, product_id in wrong})
        found = [
            StockDifference(places[key[0]], products[key[1]], locked.get(key, ZERO), sums.get(key, ZERO))
            for key in wrong
        ]
    else:
        found = []
    for row in found:
        logger.error(
            "stock of %s at %s is %s, its moves say %s",
            row.product.code,
            row.location.code,
            plain(row.balance),
            plain(row.ledger),
        )
    if found:
        _tell_admins(len(found))
    logger.info("stock checked against the ledger: %s balances, %s wrong", len(kept), len(found))
    return found


def _tell_admins(count: int) -> None:
    def title() -> str:
        words = _("Stock differs from its moves: %(n)s balances. manage.py check_stock lists them.")
        return words % {"n": count}

    admins = User.objects.active().filter(role__code=RoleCode.ADMIN)
    key = f"stock-check:{business_calendar.today()}"
    url = reverse("sales:stock_list")
    notify([Notice(user.pk, NoticeKind.SYSTEM, title, url=url, key=key) for user in admins])


def _key(row: StockBalance) -> Key:
    return row.location_id, row.product_id


def _wrong(kept: Mapping[Key, Decimal], sums: Mapping[Key, Decimal]) -> list[Key]:
    return [key for key in sorted(kept.keys() | sums.keys()) if kept.get(key, ZERO) != sums.get(key, ZERO)]
