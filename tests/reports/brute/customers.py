import datetime as dt
from collections import defaultdict
from functools import partial

from auditlog.models import LogEntry

from alerts.models import CustomerRhythm
from common import business_calendar
from crm.models import Customer
from sales.models import SalesOrder
from team.models import CustomerTask
from tests.reports.brute import Entry, brute


def orders_by_customer():
    """{customer id: his counted orders, the first one first}"""
    found = defaultdict(list)
    for order in SalesOrder.objects.all().select_related("customer__owner", "rep"):
        if order.status not in ("draft", "cancelled"):
            found[order.customer_id].append(order)
    for orders in found.values():
        orders.sort(key=lambda order: (order.ordered_on, order.pk))
    return found


def standing_of(orders):
    if not orders:
        return "never"
    days = (business_calendar.today() - orders[-1].ordered_on).days
    return "recent" if days <= 30 else "slower" if days <= 90 else "lost"


def on_file(wanted):
    orders = orders_by_customer()
    for customer in Customer.objects.all().select_related("owner"):
        standing = standing_of(orders[customer.pk])
        if wanted(customer, standing):
            area = f"{customer.city}/{customer.district}"
            more = (("standing", standing), ("area", area if area != "/" else "none"))
            yield Entry(customer.owner, None, 1, customer, more=more)


def is_active(customer):
    return customer.status == "active"


WANTED = {
    "customer_count": lambda customer, standing: True,
    "customer_active": lambda customer, standing: is_active(customer),
    "customer_traded": lambda customer, standing: standing != "never",
    "customer_lost": lambda customer, standing: is_active(customer) and standing == "lost",
    "customer_never": lambda customer, standing: is_active(customer) and standing == "never",
}
for _code, _wanted in WANTED.items():
    brute(_code)(partial(on_file, _wanted))


@brute("new_customers")
def new_customers():
    for customer in Customer.objects.all().select_related("owner"):
        yield Entry(customer.owner, customer.created_on, 1, customer)


@brute("new_dealt")
def new_dealt():
    orders = orders_by_customer()
    for entry in new_customers():
        if orders[entry.customer.pk]:
            yield entry


@brute("first_orders")
def first_orders():
    for orders in orders_by_customer().values():
        yield Entry(orders[0].rep, orders[0].ordered_on, 1, orders[0].customer)


@brute("deal_days_sum")
def deal_days():
    for entry in first_orders():
        days = max(0, (entry.day - entry.customer.created_on).days)
        yield Entry(entry.rep, entry.day, days, entry.customer)


def customer_orders(skipped):
    for orders in orders_by_customer().values():
        for order in orders[skipped:]:
            customer = order.customer
            if is_active(customer):
                yield Entry(customer.owner, order.ordered_on, customer=customer, token=customer.pk)


brute("ordering_customers")(partial(customer_orders, 0))
brute("repeat_customers")(partial(customer_orders, 1))


def valued(wanted):
    for row in CustomerRhythm.objects.all().select_related("customer__owner"):
        customer = row.customer
        if is_active(customer) and customer.owner_id and row.frequency > 0 and wanted(row):
            more = (("rfm", row.rfm or "none"), ("trend", row.trend or "none"))
            yield row, Entry(customer.owner, None, 1, customer, more=more)


def valued_entries(wanted):
    for _row, entry in valued(wanted):
        yield entry


def is_silent(row):
    return row.limit_on is not None and row.limit_on < business_calendar.today()


brute("valued_count")(partial(valued_entries, lambda row: True))
brute("valued_falling")(partial(valued_entries, lambda row: row.trend == "falling"))
brute("valued_silent")(partial(valued_entries, is_silent))


@brute("valued_money")
def valued_money():
    for row, entry in valued(lambda row: True):
        yield Entry(entry.rep, None, row.money, entry.customer, more=entry.more)


def local_day(moment):
    """Shanghai keeps UTC+8 all year."""
    return (moment + dt.timedelta(hours=8)).date()


def marks(value, least=1):
    for task in CustomerTask.objects.all().select_related("assignee", "customer"):
        if task.satisfaction and task.status == "done" and task.satisfaction >= least:
            more = (("marks", str(task.satisfaction)),)
            yield Entry(task.assignee, local_day(task.done_at), value(task), task.customer, more=more)


brute("satisfaction_marks")(partial(marks, lambda task: 1))
brute("satisfaction_sum")(partial(marks, lambda task: task.satisfaction))
brute("satisfied")(partial(marks, lambda task: 1, 4))


@brute("entered_contacts")
def entered_contacts():
    for entry in LogEntry.objects.all().select_related("actor", "content_type"):
        kind = (entry.content_type.app_label, entry.content_type.model)
        if kind == ("crm", "contact") and entry.action == 0:
            yield Entry(entry.actor, local_day(entry.timestamp))
