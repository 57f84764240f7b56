"""滞销: goods on hand that nobody, or hardly anybody, takes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import Max, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from accounts.querysets import scope_user_ids
from common.money import round_money, round_quantity
from common.periods import Period
from reports.enums import Family, Unit
from reports.queries.asked import Asked
from reports.queries.dimensions import DIMENSIONS
from reports.queries.engine import sorted_rows
from reports.queries.facts.sales import DELIVERY_LINES
from reports.queries.measures import Fact
from reports.queries.report import Report, register
from reports.rules.tables import Head, Look, Row, Table
from sales.enums import LocationKind
from sales.models import Product, StockBalance

WINDOW = 90  # days whose sales are held against what is on hand
EVER = dt.date(2000, 1, 1)
# Not in the register: it lends the filters their paths.
BALANCES = Fact(
    "stock_balances",
    _("Stock"),
    StockBalance,
    StockBalance.objects.all,
    "sales.view_stocklocation",
    tuple,
    rep="location__rep",
    customer="",
    product="product",
)
ZERO = Decimal(0)
HEADS = (
    Head(
        "slow_worth",
        _("Worth on hand"),
        Unit.MONEY,
        _("Quantity on hand × today's price of the product."),
        False,
    ),
    Head(
        "slow_on_hand",
        _("On hand"),
        Unit.QUANTITY,
        _(
            "Stock today in warehouses and vans, in the unit of the product; who does not see everybody has the vans of the people he sees."
        ),
        False,
    ),
    Head(
        "slow_sold",
        _("Delivered in 90 days"),
        Unit.QUANTITY,
        _("Quantity on posted deliveries from these places in the last 90 days, gifts included."),
        False,
    ),
    Head(
        "slow_idle",
        _("Days since the last delivery"),
        Unit.DAYS,
        _("Days since the last posted delivery from these places; nothing when there was none."),
        False,
    ),
    Head(
        "slow_cover",
        _("Days of cover"),
        Unit.DAYS,
        _("On hand ÷ delivered a day in the last 90 days; nothing when nothing was delivered."),
        False,
    ),
)


@register
class SlowMovers(Report):
    code = "slow_movers"
    family = Family.PRODUCTS
    label = _("Slow movers")
    question = _("Which goods are on hand for more than 90 days of sales, or do not sell at all?")
    dimensions = ("product",)
    filters = ("category",)
    compares = False
    has_period = False
    position = 80

    def permissions(self) -> set[str]:
        return {BALANCES.permission, DELIVERY_LINES.permission}

    def answer(self, asked: Asked, by: str, look: Look) -> Table:
        """Products with more on hand than was delivered in 90 days, the most valuable first; three statements."""
        stock = _on_hand(asked)
        sold = _sold(asked)
        slow = [pk for pk, quantity in stock.items() if quantity > sold.get(pk, ZERO)]
        last = _last_days(asked, slow)
        rows = [
            _row(product, stock[product.pk], sold.get(product.pk, ZERO), last.get(product.pk), asked.today)
            for product in Product.objects.filter(pk__in=slow).only("pk", "name", "price")
        ]
        codes = [head.code for head in HEADS]
        position = codes.index(look.sort) if look.sort else 0
        rows = sorted_rows(rows, position, look.descending or not look.sort)
        bound = look.bound(self.most) or len(rows)
        worth = sum((Decimal(str(row.values[0])) for row in rows), ZERO)
        return Table(
            by=by,
            by_label=DIMENSIONS["product"].label,
            heads=HEADS,
            rows=rows[:bound],
            totals=(worth, None, None, None, None),
            more=len(rows) > bound,
        )


def _row(product: Product, on_hand: Decimal, sold: Decimal, last: dt.date | None, today: dt.date) -> Row:
    figures = (
        round_money(on_hand * product.price),
        on_hand,
        sold,
        None if last is None else (today - last).days,
        float(on_hand) * WINDOW / float(sold) if sold else None,
    )
    return Row(str(product.pk), product.name, figures, url=product.get_absolute_url())


def _scope(asked: Asked) -> frozenset[int] | None:
    """Whose vans count; None: everybody's, and the warehouses."""
    return None if asked.user is None else scope_user_ids(asked.user)


def _on_hand(asked: Asked) -> dict[int, Decimal]:
    """{product: quantity above zero}. The warehouses are everybody's: what part of one person's sales leaves them says
    nothing about them, so they are held against the sales of everybody or not at all."""
    rows = StockBalance.objects.all()
    if (scope := _scope(asked)) is not None:
        rows = rows.filter(location__kind=LocationKind.VAN, location__rep__in=scope)
    if key := asked.filters.get("category"):
        rows = rows.filter(DIMENSIONS["category"].filter_by(BALANCES, key))
    found = rows.order_by().values_list("product_id").annotate(sum=Sum("quantity"))
    return {pk: quantity for pk, value in found if (quantity := _exact(value)) > 0}


def _deliveries(asked: Asked, first: dt.date) -> QuerySet[Any]:
    rows = asked.of(Period("custom", first, asked.today)).rows(DELIVERY_LINES)
    return rows if _scope(asked) is None else rows.filter(delivery__location__kind=LocationKind.VAN)


def _sold(asked: Asked) -> dict[int, Decimal]:
    rows = _deliveries(asked, asked.today - dt.timedelta(days=WINDOW - 1))
    return {pk: _exact(value) for pk, value in rows.values_list("product_id").annotate(sum=Sum("quantity"))}


def _last_days(asked: Asked, products: list[int]) -> dict[int, dt.date]:
    rows = _deliveries(asked, EVER).filter(product__in=products)
    return dict(rows.values_list("product_id").annotate(last=Max("delivery__issued_on")))


def _exact(value: Any) -> Decimal:
    return round_quantity(Decimal(str(value)))
