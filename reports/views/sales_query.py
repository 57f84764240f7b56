"""我的销售查询: what was ordered, sold, paid and is owed in a period, by customer, product or day (G10)."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views import View

from common import business_calendar
from common.exports import XLSX
from common.periods import PRESETS, parse_period
from common.sheets import write_workbook
from common.signals import data_exported
from common.tables import Column
from common.views import ListPage
from reports.filters import KEPT, SalesQueryFilterSet
from reports.queries import sales_query as queries
from reports.tables import customer_columns, product_columns
from sales.models import SalesOrder

EXPORT = "sales.export_salesorder"
TABS = (
    ("reports:sales_query", _("By customer")),
    ("reports:sales_query_products", _("By product")),
    ("reports:sales_query_days", _("By day")),
)


class AskedMixin:
    """The period and the reps of the address, the head of the page, and links to slips."""

    request: HttpRequest

    @cached_property
    def today(self) -> Any:
        return business_calendar.today()

    @cached_property
    def _period(self) -> tuple[Any, Any]:
        return parse_period(self.request.GET.dict(), self.today)

    @cached_property
    def asked(self) -> queries.Asked:
        """404 for a rep who is nobody or out of scope."""
        typed = self.request.GET.get("rep", "")
        if typed and (not typed.isdecimal() or len(typed) > 18):
            raise Http404
        asked = queries.ask(self.request.user, self._period[0], int(typed) if typed else None)
        if asked is None:
            raise Http404
        return asked

    @cached_property
    def days(self) -> list[queries.DayRow]:
        return queries.by_day(self.asked)

    @property
    def sees_money(self) -> bool:
        return bool(self.request.user.has_perm("sales.view_receipt"))

    @property
    def sees_deliveries(self) -> bool:
        return bool(self.request.user.has_perm("sales.view_delivery"))

    def link(self, page: str, **filters: object) -> str:
        """A list of slips of what is asked for: its period, its rep, and more filters."""
        period = self.asked.period
        params: dict[str, object] = {"since": period.first, "until": period.last, **filters}
        if self.asked.rep_id:
            params["rep"] = self.asked.rep_id
        if page not in ("sales:order_list", "sales:order_line_list"):
            params["status"] = "posted"
        return f"{reverse(page)}?{urlencode(params)}"

    def head(self) -> dict[str, Any]:
        """What stands above the rows."""
        kept = urlencode({key: v for key in KEPT if (v := self.request.GET.get(key))})
        reps = queries.askable_reps(self.request.user)
        owner = {"owner": self.asked.rep_id} if self.asked.rep_id else {}
        debtors = reverse("sales:receivable_list")
        return {
            "period": self.asked.period,
            "problem": self._period[1],
            "presets": list(PRESETS.items())[:-1],
            "totals": queries.totals(self.asked, self.today, self.days),
            "reps": reps if len(reps) > 1 else [],
            "rep_id": self.asked.rep_id,
            "sees_money": self.sees_money,
            "sees_deliveries": self.sees_deliveries,
            "may_export": self.request.user.has_perm(EXPORT),
            "tabs": [(reverse(name), label, kept) for name, label in TABS],
            "orders_url": self.link("sales:order_list"),
            "deliveries_url": self.link("sales:delivery_list"),
            "receipts_url": self.link("sales:receipt_list"),
            "returns_url": self.link("sales:return_list"),
            "refunds_url": self.link("sales:refund_list"),
            "receivable_url": f"{debtors}?{urlencode(owner)}",
            "overdue_url": f"{debtors}?{urlencode({**owner, 'late': 'yes'})}",
        }


class SalesQueryList(AskedMixin, ListPage):
    permission_required = "sales.view_salesorder"
    title = _("Sales query")
    filterset_class = SalesQueryFilterSet
    template_name = "reports/sales_query.html"
    default_sort = "-ordered"
    export_permission = EXPORT
    empty_text = _("Nothing was sold in this period. Choose another one above.")

    def get_context_data(self, *, filterset: Any, page: Any) -> dict[str, Any]:
        context = super().get_context_data(filterset=filterset, page=page)
        context["is_filtered"] = bool(self.request.GET.get("q"))
        if not self.wants_results_only(self.request):
            context |= {"head": self.head()}
        return context


class ByCustomer(SalesQueryList):
    export_name = "sales-by-customer"

    def get_columns(self) -> Sequence[Column]:
        return customer_columns(
            lambda page, row: self.link(page, customer=row.pk),
            with_money=self.sees_money,
            with_deliveries=self.sees_deliveries,
        )

    def get_queryset(self) -> QuerySet:
        return queries.by_customer(self.asked, self.today)


class ByProduct(SalesQueryList):
    export_name = "sales-by-product"

    def get_columns(self) -> Sequence[Column]:
        return product_columns(lambda page, row: self.link(page, product=row.pk))

    def get_queryset(self) -> QuerySet:
        return queries.by_product(self.asked)


class ByDay(AskedMixin, PermissionRequiredMixin, View):
    permission_required = "sales.view_salesorder"
    raise_exception = True

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if request.GET.get("export") == "xlsx":
            return self.export(self.days)
        return self.draw(self.days)

    def draw(self, rows: list[queries.DayRow]) -> HttpResponse:
        rep = {"rep": self.asked.rep_id} if self.asked.rep_id else {}
        links = [(row, urlencode({"since": row.day, "until": row.day, **rep})) for row in rows]
        context = {"title": _t("Sales query"), "rows": links, "head": self.head()}
        return TemplateResponse(self.request, "reports/sales_query_days.html", context)

    def export(self, rows: list[queries.DayRow]) -> FileResponse:
        if not self.request.user.has_perm(EXPORT):
            raise PermissionDenied
        heads = [_t("Day"), _t("Orders"), _t("Ordered"), _t("Sold")]
        lines = [[row.day, row.orders, row.ordered, row.sold] for row in rows]
        if self.sees_money:
            heads.append(_t("Paid"))
            lines = [[*line, row.paid] for line, row in zip(lines, rows, strict=True)]
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
        write_workbook(file, heads, lines, title=_t("Sales query"))
        file.seek(0)
        data_exported.send(
            sender=SalesOrder, user=self.request.user, what=_t("Sales by day"), rows=len(lines)
        )
        return FileResponse(file, as_attachment=True, filename="sales-by-day.xlsx", content_type=XLSX)
