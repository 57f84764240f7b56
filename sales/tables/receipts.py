from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from common.tables import (
    AgoColumn,
    ChoiceColumn,
    Column,
    DateColumn,
    FormatColumn,
    LinkColumn,
    MoneyColumn,
)
from common.templatetags.paodian import money
from sales.rules.aging import BUCKETS
from sales.tables.base import POSTING_COLOURS, customer_column


def some_money(key: str) -> Callable[[Any], str]:
    """An amount, or a dash for nothing: most rows have none."""

    def draw(row: Any) -> str:
        return str(money(getattr(row, key))) if getattr(row, key) else "–"

    return draw


RECEIPT_COLUMNS = (
    LinkColumn("number", _("Receipt number"), order=("number",), phone=""),
    customer_column(),
    DateColumn("received_on", _("Receipt date"), order=("received_on", "pk")),
    ChoiceColumn("method", _("Paid by")),
    ChoiceColumn("status", _("Status"), colours=POSTING_COLOURS),
    MoneyColumn("amount", _("Amount"), order=("amount",), phone="side"),
    FormatColumn("prepayment", _("Paid ahead"), align="end", draw=some_money("prepayment"), phone=""),
    Column("order", _("Sales order"), path="order.number", phone="", hidden=True),
    Column("rep", _("Rep"), path="rep.name", order=("rep__name",), phone=""),
    Column("note", _("Note"), phone=""),
)


def overdue_money(customer: Any) -> SafeString | str:
    return (
        format_html('<span class="text-overdue">{}</span>', money(customer.overdue))
        if customer.overdue
        else "–"
    )


def age_money(key: str) -> Callable[[Any], SafeString | str]:
    """What a customer owes in one bucket of the aging; nothing is a dash."""

    def draw(customer: Any) -> SafeString | str:
        amount = getattr(customer, key)
        if not amount:
            return "–"
        style = "" if key == "not_due" else "text-overdue"
        return format_html('<span class="{}">{}</span>', style, money(amount))

    return draw


def statement_page(customer: Any) -> str:
    return reverse("sales:statement", args=[customer.pk])


DEBTOR_COLUMNS = (
    Column("code", _("Code"), order=("code",), phone="", hidden=True),
    LinkColumn("name", _("Customer"), order=("name",), phone="title", url=statement_page),
    Column("owner", _("Owner"), path="owner.name", order=("owner__name",)),
    MoneyColumn("receivable", _("Receivable"), order=("receivable",), phone="side"),
    FormatColumn("overdue", _("Overdue"), order=("overdue", "receivable"), align="end", draw=overdue_money),
    *(
        FormatColumn(
            bucket.key,
            bucket.label,
            order=(bucket.key, "receivable"),
            align="end",
            draw=age_money(bucket.key),
            phone="",
        )
        for bucket in BUCKETS
    ),
    FormatColumn(
        "prepaid", _("Paid ahead"), order=("prepaid",), align="end", draw=some_money("prepaid"), phone=""
    ),
    AgoColumn("last_paid_on", _("Last paid"), order=("last_paid_on",)),
    AgoColumn("last_sale_on", _("Last sale"), order=("last_sale_on",), phone="", hidden=True),
)
