from decimal import Decimal

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
from tests.reports.brute import Entry, brute


def orders():
    for order in SalesOrder.objects.all().select_related("customer", "rep"):
        if order.status not in ("draft", "cancelled"):
            yield order


def of_order(order, value=1, token=None):
    more = (
        ("order_status", order.status),
        ("order_source", order.source),
        ("payment_method", order.payment_method or "none"),
    )
    return Entry(order.rep, order.ordered_on, value, order.customer, token=token, more=more)


@brute("order_count")
def order_count():
    for order in orders():
        yield of_order(order)


@brute("order_amount")
def order_amount():
    for order in orders():
        yield of_order(order, order.total)


@brute("order_customers")
def order_customers():
    for order in orders():
        yield of_order(order, token=order.customer_id)


@brute("open_order_amount")
def open_order_amount():
    for order in orders():
        is_open = order.status in ("submitted", "approved", "partly_delivered")
        yield of_order(order, order.total if is_open else 0)


def slips(model, day):
    for slip in model.objects.all().select_related("customer", "rep"):
        if slip.status == "posted":
            more = (("payment_method", slip.method),) if hasattr(slip, "method") else ()
            yield Entry(slip.rep, getattr(slip, day), slip.amount, slip.customer, more=more)


@brute("sold_gross")
def sold_gross():
    yield from slips(Delivery, "issued_on")


@brute("delivery_count")
def delivery_count():
    for entry in slips(Delivery, "issued_on"):
        yield Entry(entry.rep, entry.day, 1, entry.customer)


@brute("returned")
def returned():
    yield from slips(SalesReturn, "returned_on")


@brute("received_gross")
def received_gross():
    yield from slips(Receipt, "received_on")


@brute("refunded")
def refunded():
    yield from slips(Refund, "refunded_on")


def order_lines():
    rows = OrderLine.objects.all().select_related("order__customer", "order__rep", "product")
    for line in rows:
        if line.order.status not in ("draft", "cancelled"):
            yield line


def of_line(line, value=1, token=None):
    order = line.order
    return Entry(order.rep, order.ordered_on, value, order.customer, line.product, token)


@brute("line_amount")
def line_amount():
    for line in order_lines():
        yield of_line(line, line.amount * (Decimal(1) - line.order.discount))


@brute("line_quantity")
def line_quantity():
    for line in order_lines():
        yield of_line(line, line.quantity)


@brute("line_orders")
def line_orders():
    for line in order_lines():
        yield of_line(line, token=line.order_id)


@brute("line_customers")
def line_customers():
    for line in order_lines():
        yield of_line(line, token=line.order.customer_id)


def delivery_lines():
    rows = DeliveryLine.objects.all().select_related("delivery__customer", "delivery__rep", "product")
    for line in rows:
        if line.delivery.status == "posted":
            yield line


def of_delivery_line(line, value=1, token=None):
    slip = line.delivery
    return Entry(slip.rep, slip.issued_on, value, slip.customer, line.product, token)


@brute("sold_lines_gross")
def sold_lines_gross():
    for line in delivery_lines():
        yield of_delivery_line(line, line.amount)


def return_lines():
    rows = SalesReturnLine.objects.all().select_related(
        "sales_return__customer", "sales_return__rep", "product", "delivery_line"
    )
    for line in rows:
        if line.sales_return.status == "posted":
            yield line


def of_return_line(line, value=1, token=None):
    slip = line.sales_return
    more = (("return_reason", line.reason), ("goods_condition", line.condition))
    return Entry(slip.rep, slip.returned_on, value, slip.customer, line.product, token, more=more)


@brute("returned_lines")
def returned_lines():
    for line in return_lines():
        yield of_return_line(line, line.amount)
