"""Money in, what is still owed by age, offers and what became of them, and how long it took to sell for the first time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    DateField,
    ExpressionWrapper,
    F,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.business_calendar import today
from common.tables import Column, DateColumn, FormatColumn, MoneyColumn
from reports.enums import Unit
from reports.queries.days import DaysBetween
from reports.queries.dimensions import ChoiceDimension, register_dimension
from reports.queries.facts.customers import first_orders
from reports.queries.facts.sales import RECEIPTS, slip_columns
from reports.queries.measures import Derived, Fact, Measure, mean_money, ratio, register
from reports.rules.compare import Figure
from sales.models import Bill, Quote, SalesOrder
from sales.queries.aging import MONEY, due_q
from sales.rules.aging import BUCKETS
from visits.models import Visit

OUTCOMES = (
    ("ordered", _("Became an order")),
    ("accepted", pgettext_lazy("quotation", "Accepted")),
    ("waiting", _("Waiting for an answer")),
    ("expired", pgettext_lazy("quotation", "Expired")),
    ("rejected", pgettext_lazy("quotation", "Rejected")),
)
for dimension in (
    ChoiceDimension(
        "due_bucket", _("Days past due"), words=tuple((bucket.key, bucket.label) for bucket in BUCKETS)
    ),
    ChoiceDimension("quote_outcome", _("Outcome"), words=OUTCOMES),
):
    register_dimension(dimension)


# --- rows
def open_bills() -> QuerySet[Any]:
    """Bills of which something is to be paid, with `open_now` (CNY) and `bucket` of sales.rules.aging as of today."""
    day = today()
    whens = [When(due_q(bucket, day), then=Value(bucket.key)) for bucket in BUCKETS]
    rows: QuerySet[Any] = Bill.objects.open()
    known: QuerySet[Any] = rows.annotate(
        open_now=ExpressionWrapper(F("amount") - F("settled"), output_field=MONEY),
        bucket=Case(*whens, output_field=CharField()),
    )
    return known


def given_quotes() -> QuerySet[Any]:
    """Offers that customers got, each by its last version, with `outcome`."""
    became_order = Q(order__isnull=False) & ~Q(order__status__in=("draft", "cancelled"))
    outcome = Case(
        When(became_order, then=Value("ordered")),
        When(status="rejected", then=Value("rejected")),
        When(status="accepted", then=Value("accepted")),
        When(valid_until__lt=today(), then=Value("expired")),
        default=Value("waiting"),
        output_field=CharField(),
    )
    rows: QuerySet[Any] = Quote.objects.exclude(status__in=("draft", "superseded"))
    known: QuerySet[Any] = rows.annotate(outcome=outcome)
    return known


def visited_first_orders() -> QuerySet[Any]:
    """First orders of customers that somebody had visited by then, with `visited_on` (first valid visit) and
    `visits_before` (valid visits up to the day of the order)."""
    visits = (
        Visit.objects.valid()
        .filter(customer=OuterRef("customer"), day__lte=OuterRef("ordered_on"))
        .order_by()
        .values("customer")
    )
    first = Subquery(visits.annotate(first=Min("day")).values("first"), output_field=DateField())
    number = Subquery(visits.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
    rows = first_orders().annotate(visited_on=first, visits_before=number)
    known: QuerySet[Any] = rows.filter(visited_on__isnull=False)
    return known


# --- columns
def _bill_columns() -> Sequence[Column]:
    return [
        Column("customer", _("Customer"), path="customer.name", order=("customer__name",), phone="title"),
        Column("owner", _("Owner"), path="customer.owner.name", order=("customer__owner__name",)),
        FormatColumn(
            "kind", _("Kind"), path="kind", order=("kind",), draw=lambda row: str(row.get_kind_display())
        ),
        DateColumn("billed_on", _("Bill date"), order=("billed_on",)),
        DateColumn("due_on", _("Payment due"), order=("due_on",)),
        MoneyColumn("amount", _("Amount"), order=("amount",)),
        MoneyColumn("open_now", _("Open"), order=("open_now",), phone="side"),
    ]


def _first_order_columns() -> Sequence[Column]:
    return [
        *slip_columns(_("Order number"), "ordered_on", "total", _("Amount"))(),
        DateColumn("visited_on", _("First visit"), order=("visited_on",)),
    ]


# --- facts
OPEN_BILLS = Fact(
    "open_bills",
    _("Open bills"),
    Bill,
    open_bills,
    "sales.view_bill",
    _bill_columns,
    rep="customer__owner",
    paths={"due_bucket": "bucket"},
    related=("customer__owner",),
    order=("due_on", "pk"),
)
QUOTES = Fact(
    "quotes",
    _("Quotations"),
    Quote,
    given_quotes,
    "sales.view_quote",
    slip_columns(_("Quotation number"), "quoted_on", "total", _("Amount")),
    day="quoted_on",
    paths={"quote_outcome": "outcome"},
    related=("customer", "rep"),
    order=("-quoted_on", "-pk"),
)
VISITED_FIRST_ORDERS = Fact(
    "visited_first_orders",
    _("First orders after a visit"),
    SalesOrder,
    visited_first_orders,
    "sales.view_salesorder",
    _first_order_columns,
    day="ordered_on",
    related=("customer", "rep"),
    order=("-ordered_on", "-pk"),
)
register(OPEN_BILLS, QUOTES, VISITED_FIRST_ORDERS)


def _mean(total: Figure, count: Figure) -> float | None:
    return float(total or 0) / float(count) if count else None


# --- money in
register(
    Measure(
        "receipt_count",
        _("Number of receipts"),
        Unit.COUNT,
        _("Posted receipts by receipt date."),
        RECEIPTS,
    ),
    Measure(
        "receipt_customers",
        _("Customers that paid"),
        Unit.COUNT,
        _("Different customers with at least one posted receipt in the period."),
        RECEIPTS,
        Count("customer", distinct=True),
        additive=False,
    ),
    Derived(
        "receipt_average",
        _("Average receipt"),
        Unit.MONEY,
        _("Money in ÷ number of receipts."),
        ("received_gross", "receipt_count"),
        mean_money,
    ),
)

# --- what is owed
_OVERDUE = ~Q(bucket="not_due")


def _owed(code: str, label: Any, meaning: Any, where: Q | None = None) -> Measure:
    return Measure(code, label, Unit.MONEY, meaning, OPEN_BILLS, Sum("open_now", filter=where), where)


register(
    _owed(
        "receivable",
        _("Receivable"),
        _("What is still to be paid on posted bills today, for the present owner of the customer."),
    ),
    *(
        _owed(
            f"owed_{bucket.key}",
            bucket.label,
            _("Of the receivable, what is not due yet; due today is not overdue.")
            if bucket.key == "not_due"
            else _("Of the receivable, what is as many days past its due date today."),
            Q(bucket=bucket.key),
        )
        for bucket in BUCKETS
    ),
    _owed(
        "overdue_amount",
        _("Overdue"),
        _("Of the receivable, what is past its due date today."),
        _OVERDUE,
    ),
    Measure(
        "open_bill_count",
        _("Open bills"),
        Unit.COUNT,
        _("Posted bills of which something is still to be paid today."),
        OPEN_BILLS,
    ),
    Measure(
        "overdue_customers",
        _("Customers overdue"),
        Unit.COUNT,
        _("Different customers with at least one open bill past its due date today."),
        OPEN_BILLS,
        Count("customer", filter=_OVERDUE, distinct=True),
        _OVERDUE,
        additive=False,
    ),
    Derived(
        "overdue_share",
        _("Overdue share"),
        Unit.PERCENT,
        _("Overdue ÷ receivable, as of today."),
        ("overdue_amount", "receivable"),
        ratio,
    ),
)

# --- offers
_ORDERED, _REJECTED, _EXPIRED = (Q(outcome=word) for word in ("ordered", "rejected", "expired"))
register(
    Measure(
        "quote_count",
        _("Quotations"),
        Unit.COUNT,
        _(
            "Quotations that were sent, by date, each by its last version; drafts and superseded ones left out."
        ),
        QUOTES,
    ),
    Measure(
        "quote_amount",
        _("Quoted"),
        Unit.MONEY,
        _("Totals of quotations that were sent, each by its last version."),
        QUOTES,
        Sum("total"),
    ),
    Measure(
        "quotes_ordered",
        _("Became an order"),
        Unit.COUNT,
        _("Of these, those turned into an order that was submitted and not cancelled, at any later day."),
        QUOTES,
        Count("pk", filter=_ORDERED),
        _ORDERED,
    ),
    Measure(
        "quotes_order_amount",
        _("Ordered from them"),
        Unit.MONEY,
        _("Totals of the orders that these quotations became."),
        QUOTES,
        Sum("order__total", filter=_ORDERED),
        _ORDERED,
    ),
    Measure(
        "quotes_rejected",
        pgettext_lazy("quotation", "Rejected"),
        Unit.COUNT,
        _("Of these, those that the customer rejected."),
        QUOTES,
        Count("pk", filter=_REJECTED),
        _REJECTED,
    ),
    Measure(
        "quotes_expired",
        pgettext_lazy("quotation", "Expired"),
        Unit.COUNT,
        _("Of these, those whose validity ended without an answer."),
        QUOTES,
        Count("pk", filter=_EXPIRED),
        _EXPIRED,
    ),
    Derived(
        "quote_conversion",
        _("Conversion"),
        Unit.PERCENT,
        _("Quotations of the period that became an order ÷ quotations of the period."),
        ("quotes_ordered", "quote_count"),
        ratio,
    ),
)

# --- the first sale
register(
    Measure(
        "first_orders_visited",
        _("After a visit"),
        Unit.COUNT,
        _("First orders of customers that had a valid visit on that day or before."),
        VISITED_FIRST_ORDERS,
    ),
    Measure(
        "visit_deal_days_sum",
        _("Days from the first visit"),
        Unit.COUNT,
        _("Days from the first valid visit to the first order, added up."),
        VISITED_FIRST_ORDERS,
        Sum(DaysBetween(F("ordered_on"), F("visited_on"))),
    ),
    Measure(
        "visits_to_deal_sum",
        _("Visits until the first order"),
        Unit.COUNT,
        _("Valid visits up to the day of the first order, added up."),
        VISITED_FIRST_ORDERS,
        Sum("visits_before"),
    ),
    Derived(
        "visit_deal_days",
        _("From first visit to order"),
        Unit.DAYS,
        _("Mean days from the first valid visit to the first order, of those that were visited before."),
        ("visit_deal_days_sum", "first_orders_visited"),
        _mean,
    ),
    Derived(
        "visits_to_deal",
        _("Visits per first order"),
        Unit.SCORE,
        _("Valid visits up to the day of the first order ÷ first orders after a visit."),
        ("visits_to_deal_sum", "first_orders_visited"),
        _mean,
    ),
)
