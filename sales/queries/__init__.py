"""Composed reads of sales for screens and for upper apps: a file a family."""

from sales.queries.allocations import allocations_of, open_bills
from sales.queries.customers import money_facts, timeline_events
from sales.queries.entry import last_order, last_price, lines_of, usual_products
from sales.queries.orders import order_history
from sales.queries.receivables import (
    account_facts,
    debtors,
    overdue_expression,
    prepayment_expression,
    receivable_expression,
    receivable_total,
    receivables,
)
from sales.queries.slips import CustomerSales, Step, Summary, customer_sales, summary

__all__ = [
    "CustomerSales",
    "Step",
    "Summary",
    "account_facts",
    "allocations_of",
    "customer_sales",
    "debtors",
    "last_order",
    "last_price",
    "lines_of",
    "money_facts",
    "open_bills",
    "order_history",
    "overdue_expression",
    "prepayment_expression",
    "receivable_expression",
    "receivable_total",
    "receivables",
    "summary",
    "timeline_events",
    "usual_products",
]
