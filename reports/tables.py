"""Columns of the sales query; figures lead to their slips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from common.tables import Column, FormatColumn, LinkColumn, MoneyColumn, NumberColumn
from common.templatetags.paodian import money, quantity

Address = Callable[[Any], str]


@dataclass(frozen=True)
class LinkedMoney(MoneyColumn):
    """An amount that leads to its rows, when one may see them; nothing is a dash without a link."""

    url: Address | None = None
    is_late: bool = False

    def cell(self, row: Any) -> str:
        value = self.value(row)
        if not value:
            return "–"
        late = ' class="text-overdue"' if self.is_late and value > 0 else ""
        if self.url is None:
            return super().cell(row)
        return SafeString(f'<a href="{escape(self.url(row))}"{late}>{escape(money(value))}</a>')


@dataclass(frozen=True)
class LinkedCount(NumberColumn):
    url: Address | None = None

    def cell(self, row: Any) -> str:
        assert self.url is not None
        return SafeString(f'<a href="{escape(self.url(row))}">{escape(str(self.value(row)))}</a>')


def customer_columns(
    link: Callable[[str, Any], str], *, with_money: bool, with_deliveries: bool
) -> list[Column]:
    """`link(page, row)` gives the address of a list of slips of that customer in the period.

    `with_deliveries`: the reader may open the deliveries, so that what was sold leads to them.
    """

    def to(page: str) -> Address:
        return lambda row: link(page, row)

    columns: list[Column] = [
        LinkColumn("name", _("Customer"), order=("name",), phone="title"),
        LinkedMoney("ordered", _("Ordered"), order=("ordered",), phone="side", url=to("sales:order_list")),
        LinkedCount("order_count", _("Orders"), order=("order_count",), phone="", url=to("sales:order_list")),
        LinkedMoney(
            "sold", _("Sold"), order=("sold",), url=to("sales:delivery_list") if with_deliveries else None
        ),
    ]
    if with_money:
        columns += [
            LinkedMoney("paid", _("Paid"), order=("paid",), url=to("sales:receipt_list")),
            LinkedMoney(
                "receivable", _("Receivable"), order=("receivable",), url=lambda row: row.get_absolute_url()
            ),
            LinkedMoney(
                "overdue",
                _("Overdue"),
                order=("overdue",),
                url=lambda row: row.get_absolute_url(),
                is_late=True,
            ),
        ]
    return [*columns, Column("owner", _("Owner"), path="owner.name", order=("owner__name",), phone="")]


def product_columns(link: Callable[[str, Any], str]) -> list[Column]:
    def lines(row: Any) -> str:
        return link("sales:order_line_list", row)

    return [
        LinkColumn("name", _("Product"), order=("name",), phone="title", url=lines),
        LinkedMoney("ordered", _("Ordered"), order=("ordered",), phone="side", url=lines),
        FormatColumn("quantity", _("Quantity"), order=("quantity",), align="end", draw=_quantity_with_unit),
        LinkedCount("order_count", _("Orders"), order=("order_count",), url=lines),
        Column("category", _("Category"), path="category.name", order=("category__name",), phone=""),
        Column("code", _("Code"), order=("code",), phone=""),
    ]


def _quantity_with_unit(row: Any) -> str:
    return f"{quantity(row.quantity)} {row.unit}"
