"""Customers as they stand on file, the new ones, first and further orders, their value, and how content they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Concat, Greatest
from django.utils.translation import gettext_lazy as _

from common.business_calendar import today
from common.tables import (
    ChoiceColumn,
    Column,
    DateColumn,
    LinkColumn,
)
from crm.models import Customer
from reports.enums import Unit
from reports.queries.days import DaysBetween
from reports.queries.dimensions import NONE, SELF, ChoiceDimension, Dimension, register_dimension
from reports.queries.facts.sales import slip_columns
from reports.queries.measures import Derived, Fact, Measure, ratio, register
from reports.rules.compare import Figure
from sales.models import SalesOrder

RECENT_DAYS = 30
LOST_DAYS = 90


# --- dimensions of this family
@dataclass(frozen=True)
class AreaDimension(Dimension):
    """A district of its city: places of one name in two cities stay apart. Its key is "city/district"."""

    def _names(self, fact: Fact) -> tuple[str, str]:
        relation = getattr(fact, self.via)
        if not relation:
            raise ValueError(f"{fact.code} is not divided by {self.code}")
        start = "" if relation == SELF else f"{relation}__"
        return f"{start}city", f"{start}district"

    def path(self, fact: Fact) -> Any:
        if not getattr(fact, self.via):
            return None
        city, district = self._names(fact)
        return Concat(F(city), Value("/"), F(district), output_field=CharField())

    def key(self, value: Any) -> str:
        return NONE if value in (None, "", "/") else str(value)

    def condition(self, fact: Fact, key: str) -> Q:
        city, district = self._names(fact)
        first, slash, second = ("", "/", "") if key == NONE else key.partition("/")
        if not slash:
            raise ValueError(key)
        return Q(**{city: first, district: second})

    def names(self, keys: Iterable[str]) -> dict[str, str]:
        return {key: key.replace("/", " ").strip() for key in keys}


STANDINGS = (
    ("recent", _("Ordered in the last 30 days")),
    ("slower", _("Ordered 31 to 90 days ago")),
    ("lost", _("Lost: no order for 90 days")),
    ("never", _("Never ordered")),
)
for dimension in (
    AreaDimension("area", _("City and district"), "customer"),
    ChoiceDimension("standing", _("Trading"), words=STANDINGS),
):
    register_dimension(dimension)


# --- rows
def on_file() -> QuerySet[Any]:
    """All customers with `standing`: how long ago they ordered, as of today."""
    day = today()
    standing = Case(
        When(last_order_on=None, then=Value("never")),
        When(last_order_on__lt=day - dt.timedelta(days=LOST_DAYS), then=Value("lost")),
        When(last_order_on__lt=day - dt.timedelta(days=RECENT_DAYS), then=Value("slower")),
        default=Value("recent"),
        output_field=CharField(),
    )
    return Customer.objects.annotate(standing=standing)


def earlier_order() -> Exists:
    """Whether the customer had a counted order before this one; of one day's orders the one entered first is the first."""
    before = Q(ordered_on__lt=OuterRef("ordered_on")) | Q(
        ordered_on=OuterRef("ordered_on"), pk__lt=OuterRef("pk")
    )
    return Exists(SalesOrder.objects.counted().filter(before, customer=OuterRef("customer")))


def first_orders() -> QuerySet[Any]:
    rows: QuerySet[Any] = SalesOrder.objects.counted().filter(~earlier_order())
    return rows


def orders_of_customers() -> QuerySet[Any]:
    rows: QuerySet[Any] = SalesOrder.objects.counted().filter(customer__status="active")
    return rows


def repeat_orders() -> QuerySet[Any]:
    """Apart from the others: a condition on the rows is a join, one inside an aggregate is asked for each row."""
    return orders_of_customers().filter(earlier_order())


# --- columns
def customer_columns() -> Sequence[Column]:
    return [
        LinkColumn("name", _("Customer"), order=("name",), phone="title"),
        ChoiceColumn("level", _("Level"), order=("level",), phone="side"),
        Column("owner", _("Owner"), path="owner.name", order=("owner__name",)),
        Column("channel", _("Channel"), path="channel.name", order=("channel__name",)),
        Column("region", _("Region"), path="region.name", order=("region__name",)),
        Column("city", _("City"), order=("city",), phone=""),
        DateColumn("created_on", _("On file since"), order=("created_on",)),
        DateColumn("last_order_on", _("Last order"), order=("last_order_on",)),
    ]


# --- facts
_OWNED = ("owner", "channel", "region")
_ORDER_COLUMNS = slip_columns(_("Order number"), "ordered_on", "total", _("Amount"))
CUSTOMERS = Fact(
    "customers",
    _("Customers"),
    Customer,
    on_file,
    "crm.view_customer",
    customer_columns,
    rep="owner",
    customer=SELF,
    paths={"standing": "standing"},
    related=_OWNED,
    order=("name", "pk"),
)
NEW_CUSTOMERS = Fact(
    "new_customers",
    _("New customers"),
    Customer,
    Customer.objects.all,
    "crm.view_customer",
    customer_columns,
    day="created_on",
    rep="owner",
    customer=SELF,
    related=_OWNED,
    order=("-created_on", "-pk"),
)
FIRST_ORDERS = Fact(
    "first_orders",
    _("First orders"),
    SalesOrder,
    first_orders,
    "sales.view_salesorder",
    _ORDER_COLUMNS,
    day="ordered_on",
    related=("customer", "rep"),
    order=("-ordered_on", "-pk"),
)


def _orders_of_owner(code: str, label: Any, rows: Any) -> Fact:
    return Fact(
        code,
        label,
        SalesOrder,
        rows,
        "sales.view_salesorder",
        _ORDER_COLUMNS,
        day="ordered_on",
        rep="customer__owner",
        related=("customer", "rep"),
        order=("-ordered_on", "-pk"),
    )


CUSTOMER_ORDERS = _orders_of_owner("customer_orders", _("Orders of active customers"), orders_of_customers)
REPEAT_ORDERS = _orders_of_owner("repeat_orders", _("Repeat orders of active customers"), repeat_orders)
register(CUSTOMERS, NEW_CUSTOMERS, FIRST_ORDERS, CUSTOMER_ORDERS, REPEAT_ORDERS)

_ACTIVE = Q(status="active")
_LOST = _ACTIVE & Q(standing="lost")
_NEVER = _ACTIVE & Q(standing="never")
_TRADED = Q(last_order_on__isnull=False)


def mean(total: Figure, count: Figure) -> float | None:
    return float(total or 0) / float(count) if count else None


def counting(
    code: str, label: Any, meaning: Any, fact: Fact, where: Q | None = None, distinct: str = ""
) -> Measure:
    """How many rows, or with `distinct` how many different ones, of those that `where` keeps."""
    value = Count(distinct or "pk", filter=where, distinct=bool(distinct))
    return Measure(
        code, label, Unit.COUNT, meaning, fact, value, where, not distinct, distinct == fact.customer
    )


register(
    counting(
        "customer_count",
        _("Customers"),
        _("Customers on file today, for their owner; those in the pool for the company only."),
        CUSTOMERS,
    ),
    counting(
        "customer_active",
        _("Active customers"),
        _("Customers on file today whose status is active."),
        CUSTOMERS,
        _ACTIVE,
    ),
    counting(
        "customer_traded",
        _("Ever ordered"),
        _("Customers on file today with a counted order at any time."),
        CUSTOMERS,
        _TRADED,
    ),
    counting(
        "customer_lost",
        _("Lost"),
        _("Active customers that ordered before, but not in the last 90 days."),
        CUSTOMERS,
        _LOST,
    ),
    counting(
        "customer_never",
        _("Never ordered"),
        _("Active customers without any counted order."),
        CUSTOMERS,
        _NEVER,
    ),
    Derived(
        "traded_share",
        _("Have ordered"),
        Unit.PERCENT,
        _("Customers that ever ordered ÷ customers on file."),
        ("customer_traded", "customer_count"),
        ratio,
    ),
    Derived(
        "lost_share",
        _("Lost share"),
        Unit.PERCENT,
        _("Lost customers ÷ active customers."),
        ("customer_lost", "customer_active"),
        ratio,
    ),
    counting(
        "new_customers",
        _("New customers"),
        _(
            "Customers by the day they were put on file, for their present owner; one in the pool counts for the company."
        ),
        NEW_CUSTOMERS,
    ),
    counting(
        "new_dealt",
        _("New ones that ordered"),
        _("New customers of the period that have ordered by today."),
        NEW_CUSTOMERS,
        _TRADED,
    ),
    Derived(
        "new_dealt_share",
        _("Conversion"),
        Unit.PERCENT,
        _("New customers of the period that have ordered by today ÷ new customers of the period."),
        ("new_dealt", "new_customers"),
        ratio,
    ),
    counting(
        "first_orders",
        _("First orders"),
        _("Customers whose first counted order falls into the period, for the rep of that order."),
        FIRST_ORDERS,
    ),
    Measure(
        "deal_days_sum",
        _("Days to the first order"),
        Unit.COUNT,
        _(
            "Days from the day a customer was put on file to his first counted order, added up; an order before that day counts as none."
        ),
        FIRST_ORDERS,
        Sum(Greatest(DaysBetween(F("ordered_on"), F("customer__created_on")), Value(0))),
    ),
    Derived(
        "deal_days",
        _("Deal cycle"),
        Unit.DAYS,
        _(
            "Mean days from putting a customer on file to his first counted order, of the first orders of the period."
        ),
        ("deal_days_sum", "first_orders"),
        mean,
    ),
    counting(
        "ordering_customers",
        _("Ordering customers"),
        _("Different active customers with a counted order in the period, for their present owner."),
        CUSTOMER_ORDERS,
        distinct="customer",
    ),
    counting(
        "repeat_customers",
        _("Ordered again"),
        _("Those of them with an order in the period that was not their first ever."),
        REPEAT_ORDERS,
        distinct="customer",
    ),
    Derived(
        "repeat_share",
        _("Repeat rate"),
        Unit.PERCENT,
        _("Customers that ordered again in the period ÷ customers that ordered in the period."),
        ("repeat_customers", "ordering_customers"),
        ratio,
    ),
    Derived(
        "activity_share",
        _("Activity"),
        Unit.PERCENT,
        _("Different active customers that ordered in the period ÷ customers that are active today."),
        ("ordering_customers", "customer_active"),
        ratio,
    ),
)
