"""Margin by customer, order or product, for those who may see costs of goods."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from common import business_calendar
from common.exports import rows_response
from common.signals import data_exported
from sales.forms.money import PeriodForm
from sales.models import CostEntry
from sales.queries.margins import GROUPS, MarginRow, margins, total_of

PAGE_SIZE = 50


@permission_required("sales.view_margin", raise_exception=True)
def margin_page(request: HttpRequest) -> HttpResponseBase:
    """GET: by, since, until (this month), page, export=xlsx."""
    today = business_calendar.today()
    usual = {"since": today.replace(day=1), "until": today}
    form = PeriodForm({name: request.GET.get(name) or day for name, day in usual.items()})
    period = form.cleaned_data if form.is_valid() else usual
    by = request.GET.get("by", "customer")
    by = by if by in GROUPS else "customer"
    rows = margins(request.user, period["since"], period["until"], by=by)
    if request.GET.get("export") == "xlsx":
        return _export(request, rows)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "lines": [(row, row.name or _("without an order"), _address(row, by)) for row in page.object_list],
        "total": total_of(rows),
        "by": by,
        "ways": [("customer", _("Customer")), ("order", _("Sales order")), ("product", _("Product"))],
        "period": period,
        "is_filtered": period != usual,
        "can_export": request.user.has_perm("sales.export_receipt"),
    }
    return TemplateResponse(request, "sales/margins.html", context)


def _address(row: MarginRow, by: str) -> str:
    pages: dict[str, Any] = {
        "customer": "crm:customer_detail",
        "order": "sales:order_detail",
        "product": "sales:product_detail",
    }
    return reverse(pages[by], args=[row.key]) if row.key is not None else ""


def _export(request: HttpRequest, rows: list[MarginRow]) -> HttpResponseBase:
    if not request.user.has_perm("sales.export_receipt"):
        raise PermissionDenied
    data_exported.send(sender=CostEntry, user=request.user, what=_("Margin"), rows=len(rows))
    heads = [
        _("Name"),
        _("Sales"),
        _("Cost of goods"),
        _("Costs"),
        _("Margin"),
        _("Margin rate"),
        _("Without known cost"),
    ]
    lines = ([r.name, r.revenue, r.cost, r.spent, r.margin, r.share, r.uncosted] for r in rows)
    return rows_response(f"margin-{business_calendar.today():%Y%m%d}.xlsx", heads, lines)
