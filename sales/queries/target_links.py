"""Where the rows behind an actual stand: every figure of a board is a link for who may open their list."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import User
from common.periods import Period
from sales.enums import TargetMeasure

# measure: page of what counts and its fixed filters, page of what is taken off, if there is one
_POSTED = {"status": "posted"}
_PAGES: dict[str, tuple[str, dict[str, str], str]] = {
    TargetMeasure.NEW_CUSTOMERS: ("crm:customer_list", {}, ""),
    TargetMeasure.ORDER_AMOUNT: ("sales:order_list", {}, ""),
    TargetMeasure.SALES_AMOUNT: ("sales:delivery_list", _POSTED, "sales:return_list"),
    TargetMeasure.RECEIPTS: ("sales:receipt_list", _POSTED, "sales:refund_list"),
    TargetMeasure.VISITS: ("visits:visit_list", {"valid": "yes"}, ""),
    TargetMeasure.CATEGORY_AMOUNT: ("sales:order_line_list", {}, ""),
}
# what each page asks for
_PERMISSIONS = {
    "crm:customer_list": "crm.view_customer",
    "sales:order_list": "sales.view_salesorder",
    "sales:order_line_list": "sales.view_salesorder",
    "sales:delivery_list": "sales.view_delivery",
    "sales:return_list": "sales.view_salesreturn",
    "sales:receipt_list": "sales.view_receipt",
    "sales:refund_list": "sales.view_refund",
    "visits:visit_list": "visits.view_visit",
}


@dataclass(frozen=True, slots=True)
class RowLinks:
    """Addresses of lists: what counts, and what is taken off; "" where nothing is, or the reader may not go."""

    plus: str
    minus: str = ""


def rows_of(
    user: User, measure: str, period: Period, *, subject: str = "company", category_id: int | None = None
) -> RowLinks:
    """For `user`, the rows of a measure in a period, of the company, a department ("d12") or a rep ("r34")."""
    page, fixed, minus = _PAGES[measure]
    first, last, rep = "since", "until", "rep"
    if measure == TargetMeasure.NEW_CUSTOMERS:
        first, last, rep = "created_after", "created_before", "owner"
    params = {**fixed, first: period.first.isoformat(), last: period.last.isoformat()}
    if subject[0] in "dr":
        params["department" if subject[0] == "d" else rep] = subject[1:]
    if category_id:
        params["category"] = str(category_id)
    query = urlencode(params)

    def address(name: str) -> str:
        return f"{reverse(name)}?{query}" if name and user.has_perm(_PERMISSIONS[name]) else ""

    return RowLinks(address(page), address(minus))
