from dataclasses import replace

from sales.models import CostEntry
from tests.reports.brute import Entry, brute
from tests.reports.brute.sales import delivery_lines, of_delivery_line, of_return_line, return_lines


@brute("margin_out")
def margin_out():
    for line in delivery_lines():
        yield of_delivery_line(line, line.amount)


@brute("margin_out_cost")
def margin_out_cost():
    for line in delivery_lines():
        yield of_delivery_line(line, 0 if line.unit_cost is None else line.quantity * line.unit_cost)


@brute("margin_out_unknown")
def margin_out_unknown():
    for line in delivery_lines():
        yield of_delivery_line(line, line.amount if line.unit_cost is None else 0)


def back(line, value):
    return replace(of_return_line(line, value), more=())


def cost_of(line):
    delivered = line.delivery_line.unit_cost if line.delivery_line else None
    return line.product.cost if delivered is None else delivered


@brute("margin_back")
def margin_back():
    for line in return_lines():
        yield back(line, line.amount)


@brute("margin_back_cost")
def margin_back_cost():
    for line in return_lines():
        cost = cost_of(line)
        kept = line.condition != "sellable" or cost is None
        yield back(line, 0 if kept else line.quantity * cost)


@brute("margin_back_unknown")
def margin_back_unknown():
    for line in return_lines():
        yield back(line, line.amount if cost_of(line) is None else 0)


@brute("margin_spent")
def margin_spent():
    for cost in CostEntry.objects.all().select_related("customer", "rep"):
        if cost.status == "posted":
            yield Entry(cost.rep, cost.spent_on, cost.amount, cost.customer)
