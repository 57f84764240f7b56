from decimal import Decimal

from sales.models import OrderLine
from tests.reports.brute import Entry, brute
from tests.reports.brute.sales import (
    delivery_lines,
    of_delivery_line,
    of_line,
    of_return_line,
    order_lines,
    return_lines,
)


@brute("sold_quantity_gross")
def sold_quantity_gross():
    for line in delivery_lines():
        yield of_delivery_line(line, line.quantity)


@brute("returned_quantity")
def returned_quantity():
    for line in return_lines():
        yield of_return_line(line, line.quantity)


@brute("return_slips")
def return_slips():
    for line in return_lines():
        yield of_return_line(line, token=line.sales_return_id)


@brute("return_customers")
def return_customers():
    for line in return_lines():
        yield of_return_line(line, token=line.sales_return.customer_id)


def gift_lines():
    for line in delivery_lines():
        if line.is_gift:
            yield line


@brute("gift_worth")
def gift_worth():
    for line in gift_lines():
        yield of_delivery_line(line, line.quantity * line.product.price)


@brute("gift_quantity")
def gift_quantity():
    for line in gift_lines():
        yield of_delivery_line(line, line.quantity)


@brute("gift_customers")
def gift_customers():
    for line in gift_lines():
        yield of_delivery_line(line, token=line.delivery.customer_id)


def listed_lines():
    for line in order_lines():
        if not line.is_gift and line.list_price is not None:
            yield line


@brute("listed_amount")
def listed_amount():
    for line in listed_lines():
        yield of_line(line, line.quantity * line.list_price)


@brute("listed_net")
def listed_net():
    for line in listed_lines():
        yield of_line(line, line.amount * (Decimal(1) - line.order.discount))


@brute("listed_lines")
def count_of_listed_lines():
    for line in listed_lines():
        yield of_line(line)


@brute("below_list_lines")
def below_list_lines():
    for line in listed_lines():
        paid = line.price * (1 - line.discount) * (1 - line.order.discount)
        yield of_line(line, int(paid < line.list_price))


@brute("bought_customers")
def bought_customers():
    rows = OrderLine.objects.all().select_related("order__customer__owner", "product")
    for line in rows:
        order, customer = line.order, line.order.customer
        if order.status in ("draft", "cancelled") or line.is_gift or customer.status != "active":
            continue
        yield Entry(
            customer.owner, order.ordered_on, customer=customer, product=line.product, token=customer.pk
        )
