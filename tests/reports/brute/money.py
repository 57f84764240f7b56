import datetime as dt
from collections import defaultdict
from functools import partial

from common import business_calendar
from sales.models import Bill, Quote, Receipt, SalesOrder
from tests.reports.brute import Entry, brute
from visits.models import Visit


def receipts():
    for receipt in Receipt.objects.all().select_related("customer", "rep"):
        if receipt.status == "posted":
            yield receipt


def of_receipt(receipt, token=None):
    more = (("payment_method", receipt.method),)
    return Entry(receipt.rep, receipt.received_on, 1, receipt.customer, token=token, more=more)


@brute("receipt_count")
def receipt_count():
    for receipt in receipts():
        yield of_receipt(receipt)


@brute("receipt_customers")
def receipt_customers():
    for receipt in receipts():
        yield of_receipt(receipt, token=receipt.customer_id)


# --- what is owed
def bucket_of(due_on):
    days = (business_calendar.today() - due_on).days
    if days <= 0:
        return "not_due"
    return next(
        (key for last, key in ((30, "d30"), (60, "d60"), (90, "d90"), (120, "d120")) if days <= last), "over"
    )


def bills(wanted):
    for bill in Bill.objects.all().select_related("customer__owner"):
        left = bill.amount - bill.settled
        if bill.status == "posted" and left > 0:
            bucket = bucket_of(bill.due_on)
            yield (
                bill,
                left if wanted in ("", bucket) or (wanted == "overdue" and bucket != "not_due") else 0,
                (("due_bucket", bucket),),
            )


def owed(wanted):
    for bill, left, more in bills(wanted):
        yield Entry(bill.customer.owner, None, left, bill.customer, more=more)


for _code, _wanted in (
    ("receivable", ""),
    ("overdue_amount", "overdue"),
    *((f"owed_{key}", key) for key in ("not_due", "d30", "d60", "d90", "d120", "over")),
):
    brute(_code)(partial(owed, _wanted))


@brute("open_bill_count")
def open_bill_count():
    for bill, _left, more in bills(""):
        yield Entry(bill.customer.owner, None, 1, bill.customer, more=more)


@brute("overdue_customers")
def overdue_customers():
    for bill, left, more in bills("overdue"):
        if left:
            yield Entry(bill.customer.owner, None, customer=bill.customer, token=bill.customer_id, more=more)


# --- offers
def outcome_of(quote):
    if quote.order is not None and quote.order.status not in ("draft", "cancelled"):
        return "ordered"
    if quote.status in ("rejected", "accepted"):
        return quote.status
    return "expired" if quote.valid_until < business_calendar.today() else "waiting"


def quotes(value, wanted=None):
    for quote in Quote.objects.all().select_related("customer", "rep", "order"):
        if quote.status in ("draft", "superseded"):
            continue
        outcome = outcome_of(quote)
        counted = value(quote) if wanted in (None, outcome) else 0
        more = (("quote_outcome", outcome),)
        yield Entry(quote.rep, quote.quoted_on, counted, quote.customer, more=more)


for _code, _value, _wanted in (
    ("quote_count", lambda quote: 1, None),
    ("quote_amount", lambda quote: quote.total, None),
    ("quotes_ordered", lambda quote: 1, "ordered"),
    ("quotes_order_amount", lambda quote: quote.order.total, "ordered"),
    ("quotes_rejected", lambda quote: 1, "rejected"),
    ("quotes_expired", lambda quote: 1, "expired"),
):
    brute(_code)(partial(quotes, _value, _wanted))


# --- the first sale
def first_sales(value):
    first = {}
    for order in SalesOrder.objects.all().select_related("customer", "rep"):
        if order.status not in ("draft", "cancelled"):
            found = first.get(order.customer_id)
            if found is None or (order.ordered_on, order.pk) < (found.ordered_on, found.pk):
                first[order.customer_id] = order
    visits = defaultdict(list)
    for visit in Visit.objects.all():
        if visit.check_out_at is not None:
            visits[visit.customer_id].append(visit.day)
    for order in first.values():
        days = [day for day in visits[order.customer_id] if day <= order.ordered_on]
        if days:
            yield Entry(order.rep, order.ordered_on, value(order.ordered_on, days), order.customer)


for _code, _value in (
    ("first_orders_visited", lambda day, days: 1),
    ("visit_deal_days_sum", lambda day, days: (day - min(days)) // dt.timedelta(days=1)),
    ("visits_to_deal_sum", lambda day, days: len(days)),
):
    brute(_code)(partial(first_sales, _value))
