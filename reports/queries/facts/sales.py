"""Orders, goods issued, returns, money in and out, by the business day and the rep of the slip (as sales.queries.actuals)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import Count, DecimalField, F, Q, Sum
from django.utils.translation import gettext_lazy as _

from common.tables import Column, DateColumn, FormatColumn, LinkColumn, MoneyColumn
from common.templatetags.paodian import quantity
from reports.enums import Unit
from reports.queries.dimensions import ChoiceDimension, register_dimension
from reports.queries.measures import Derived, Fact, Measure, less, mean_money, ratio, register
from sales.enums import GoodsCondition, OrderSource, OrderStatus, PaymentMethod, ReturnReason
from sales.models import (
    Delivery,
    DeliveryLine,
    OrderLine,
    Receipt,
    Refund,
    SalesOrder,
    SalesReturn,
    SalesReturnLine,
)

_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=20, decimal_places=6)
_OPEN_ORDER = Q(status__in=("submitted", "approved", "partly_delivered"))

for dimension in (
    ChoiceDimension(
        "order_status",
        _("Status"),
        words=tuple(word for word in OrderStatus.choices if word[0] not in ("draft", "cancelled")),
    ),
    ChoiceDimension("order_source", _("Where it was written"), words=tuple(OrderSource.choices)),
    ChoiceDimension("payment_method", _("Payment method"), words=tuple(PaymentMethod.choices)),
    ChoiceDimension("return_reason", _("Reason"), words=tuple(ReturnReason.choices)),
    ChoiceDimension("goods_condition", _("Condition"), words=tuple(GoodsCondition.choices)),
):
    register_dimension(dimension)


def slip_columns(number: Any, day: str, amount: str, label: Any) -> Callable[[], Sequence[Column]]:
    """Columns of slips of one kind when somebody drills down to them."""

    def columns() -> Sequence[Column]:
        return [
            LinkColumn("number", number, order=("number",), phone="title"),
            DateColumn("day", _("Day"), path=day, order=(day,)),
            Column("customer", _("Customer"), path="customer.name", order=("customer__name",)),
            Column("rep", _("Rep"), path="rep.name", order=("rep__name",)),
            MoneyColumn("amount", label, path=amount, order=(amount,), phone="side"),
        ]

    return columns


def line_columns(slip: str, number: Any, day: str) -> Callable[[], Sequence[Column]]:
    """Columns of lines of slips."""

    def columns() -> Sequence[Column]:
        return [
            Column("product", _("Product"), path="product.name", order=("product__name",), phone="title"),
            FormatColumn(
                "number",
                number,
                path=f"{slip}.number",
                draw=lambda row: LinkColumn(
                    "number", number, url=lambda slip_: slip_.get_absolute_url()
                ).cell(getattr(row, slip)),
            ),
            DateColumn("day", _("Day"), path=f"{slip}.{day}", order=(f"{slip}__{day}",)),
            Column(
                "customer", _("Customer"), path=f"{slip}.customer.name", order=(f"{slip}__customer__name",)
            ),
            Column("rep", _("Rep"), path=f"{slip}.rep.name", order=(f"{slip}__rep__name",)),
            FormatColumn(
                "quantity",
                _("Quantity"),
                order=("quantity",),
                align="end",
                draw=lambda row: f"{quantity(row.quantity)} {row.product.unit}",
            ),
            MoneyColumn("amount", _("Amount"), order=("amount",), phone="side"),
        ]

    return columns


def _slip(
    code: str,
    label: Any,
    model: Any,
    rows: Any,
    day: str,
    permission: str,
    number: Any,
    amount: str = "amount",
    paths: Mapping[str, Any] | None = None,
) -> Fact:
    return Fact(
        code,
        label,
        model,
        rows,
        f"sales.view_{permission}",
        slip_columns(number, day, amount, _("Amount")),
        day=day,
        paths=paths or {},
        related=("customer", "rep"),
        order=(f"-{day}", "-pk"),
        is_summed=True,
    )


def _lines(
    code: str,
    label: Any,
    model: Any,
    slip: str,
    rows: Any,
    day: str,
    permission: str,
    number: Any,
    paths: Mapping[str, Any] | None = None,
) -> Fact:
    return Fact(
        code,
        label,
        model,
        rows,
        f"sales.view_{permission}",
        line_columns(slip, number, day),
        day=f"{slip}__{day}",
        rep=f"{slip}__rep",
        customer=f"{slip}__customer",
        product="product",
        paths=paths or {},
        related=("product", f"{slip}__customer", f"{slip}__rep"),
        order=(f"-{slip}__{day}", "-pk"),
    )


ORDERS = _slip(
    "orders",
    _("Sales orders"),
    SalesOrder,
    SalesOrder.objects.counted,
    "ordered_on",
    "salesorder",
    _("Order number"),
    "total",
    {"order_status": "status", "order_source": "source", "payment_method": "payment_method"},
)
DELIVERIES = _slip(
    "deliveries",
    _("Deliveries"),
    Delivery,
    Delivery.objects.posted,
    "issued_on",
    "delivery",
    _("Delivery number"),
)
RETURNS = _slip(
    "returns",
    _("Sales returns"),
    SalesReturn,
    SalesReturn.objects.posted,
    "returned_on",
    "salesreturn",
    _("Return number"),
)
RECEIPTS = _slip(
    "receipts",
    _("Receipts"),
    Receipt,
    Receipt.objects.posted,
    "received_on",
    "receipt",
    _("Receipt number"),
    paths={"payment_method": "method"},
)
REFUNDS = _slip(
    "refunds",
    _("Refunds"),
    Refund,
    Refund.objects.posted,
    "refunded_on",
    "refund",
    _("Refund number"),
    paths={"payment_method": "method"},
)
ORDER_LINES = _lines(
    "order_lines",
    _("Order lines"),
    OrderLine,
    "order",
    lambda: OrderLine.objects.exclude(order__status__in=("draft", "cancelled")),
    "ordered_on",
    "salesorder",
    _("Order number"),
)
DELIVERY_LINES = _lines(
    "delivery_lines",
    _("Delivery lines"),
    DeliveryLine,
    "delivery",
    lambda: DeliveryLine.objects.filter(delivery__status="posted"),
    "issued_on",
    "delivery",
    _("Delivery number"),
)
RETURN_LINES = _lines(
    "return_lines",
    _("Return lines"),
    SalesReturnLine,
    "sales_return",
    lambda: SalesReturnLine.objects.filter(sales_return__status="posted"),
    "returned_on",
    "salesreturn",
    _("Return number"),
    {"return_reason": "reason", "goods_condition": "condition"},
)
register(ORDERS, DELIVERIES, RETURNS, RECEIPTS, REFUNDS, ORDER_LINES, DELIVERY_LINES, RETURN_LINES)

register(
    Measure(
        "order_count",
        _("Orders"),
        Unit.COUNT,
        _("Submitted orders that were not cancelled, by order date and the rep of the order."),
        ORDERS,
    ),
    Measure(
        "order_amount",
        _("Ordered"),
        Unit.MONEY,
        _("Totals of submitted orders that were not cancelled, order discounts taken off, by order date."),
        ORDERS,
        Sum("total"),
    ),
    Measure(
        "order_customers",
        _("Customers that ordered"),
        Unit.COUNT,
        _("Different customers with at least one counted order in the period."),
        ORDERS,
        Count("customer", distinct=True),
        additive=False,
        of_customers=True,
    ),
    Measure(
        "open_order_amount",
        _("Not yet delivered"),
        Unit.MONEY,
        _("Totals of counted orders that stand as submitted, approved or partly delivered today."),
        ORDERS,
        Sum("total", filter=_OPEN_ORDER),
        _OPEN_ORDER,
    ),
    Measure(
        "sold_gross",
        _("Delivered"),
        Unit.MONEY,
        _("Posted deliveries and van sales by delivery date, before returns."),
        DELIVERIES,
        Sum("amount"),
    ),
    Measure(
        "delivery_count",
        _("Deliveries"),
        Unit.COUNT,
        _("Posted deliveries and van sales by delivery date."),
        DELIVERIES,
    ),
    Measure(
        "returned",
        _("Returned"),
        Unit.MONEY,
        _("Posted sales returns by return date."),
        RETURNS,
        Sum("amount"),
    ),
    Derived(
        "sold",
        _("Sold"),
        Unit.MONEY,
        _("Posted deliveries by delivery date, less posted returns by return date."),
        ("sold_gross", "returned"),
        less,
    ),
    Measure(
        "received_gross",
        _("Money in"),
        Unit.MONEY,
        _("Posted receipts by receipt date, before refunds."),
        RECEIPTS,
        Sum("amount"),
    ),
    Measure(
        "refunded",
        _("Refunded"),
        Unit.MONEY,
        _("Posted refunds by refund date."),
        REFUNDS,
        Sum("amount"),
    ),
    Derived(
        "received",
        _("Received"),
        Unit.MONEY,
        _("Posted receipts by receipt date, less posted refunds by refund date."),
        ("received_gross", "refunded"),
        less,
    ),
    Derived(
        "order_average",
        _("Average order"),
        Unit.MONEY,
        _("Amount ordered ÷ number of orders."),
        ("order_amount", "order_count"),
        mean_money,
    ),
    Derived(
        "collection_rate",
        _("Collected"),
        Unit.PERCENT,
        _("Money received in the period ÷ goods sold in the period."),
        ("received", "sold"),
        ratio,
    ),
    Measure(
        "line_amount",
        _("Ordered"),
        Unit.MONEY,
        _(
            "Lines of counted orders, each less the discount of its order; rounded once, so cents may differ from order totals."
        ),
        ORDER_LINES,
        Sum(F("amount") * (1 - F("order__discount")), output_field=_MONEY),
    ),
    Measure(
        "line_quantity",
        _("Quantity ordered"),
        Unit.QUANTITY,
        _("Quantity on lines of counted orders, gifts included, each in the unit of its product."),
        ORDER_LINES,
        Sum("quantity"),
    ),
    Measure(
        "line_orders",
        _("Orders"),
        Unit.COUNT,
        _("Counted orders with at least one such line."),
        ORDER_LINES,
        Count("order", distinct=True),
        additive=False,
    ),
    Measure(
        "line_customers",
        _("Customers that ordered"),
        Unit.COUNT,
        _("Different customers with at least one such line."),
        ORDER_LINES,
        Count("order__customer", distinct=True),
        additive=False,
        of_customers=True,
    ),
    Measure(
        "sold_lines_gross",
        _("Delivered"),
        Unit.MONEY,
        _("Lines of posted deliveries, before returns."),
        DELIVERY_LINES,
        Sum("amount"),
    ),
    Measure(
        "returned_lines",
        _("Returned"),
        Unit.MONEY,
        _("Lines of posted returns."),
        RETURN_LINES,
        Sum("amount"),
    ),
    Derived(
        "sold_lines",
        _("Sold"),
        Unit.MONEY,
        _("Lines of posted deliveries less lines of posted returns."),
        ("sold_lines_gross", "returned_lines"),
        less,
    ),
)
