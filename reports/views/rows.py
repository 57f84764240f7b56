"""The rows behind a figure of a report: just those that were counted (J6)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.filters import ListFilterSet
from common.tables import Column
from common.views import ListPage
from reports.queries.asking import Question
from reports.queries.dimensions import DIMENSIONS
from reports.queries.drill import counted_rows, facts_behind
from reports.queries.measures import Fact
from reports.rules.tables import Table
from reports.rules.words import figure_text
from reports.views.asking import asked_of
from reports.views.report import EXPORT


class RowsFilterSet(ListFilterSet):
    """What is asked for stands in the address; there is no more to filter."""

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset

    def chips(self) -> list[dict[str, str]]:
        return []


class RowsPage(ListPage):
    """GET measure=, by=, key= (none: of the total), fact= (a part of a derived figure), and what the report had."""

    template_name = "reports/report_rows.html"
    filterset_class = RowsFilterSet
    export_permission = EXPORT
    export_name = "rows"
    empty_text = _("Nothing was counted here.")

    def get_permission_required(self) -> Sequence[str]:
        return sorted(self.asked.report.permissions())

    @cached_property
    def asked(self) -> Question:
        return asked_of(self.request, self.kwargs["code"])

    @cached_property
    def fact(self) -> Fact:
        facts = facts_behind(self.asked.measure)
        wanted = self.request.GET.get("fact", "")
        return next((fact for fact in facts if fact.code == wanted), facts[0])

    @property
    def title(self) -> Any:
        return self.asked.report.label

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if not self.asked.report.can_drill(self.asked.measure, self.asked.by):
            raise Http404
        return super().get(request, **kwargs)

    def get_columns(self) -> Sequence[Column]:
        return self.fact.columns()

    def get_queryset(self) -> QuerySet:
        key = self.request.GET.get("key")
        try:
            rows = counted_rows(self.asked.asked, self.asked.measure, self.fact, self.asked.by, key)
        except ValueError as error:
            raise Http404 from error
        return rows.select_related(*self.fact.related).order_by(*self.fact.order)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked, key = self.asked, self.request.GET.get("key")
        dimension = DIMENSIONS[asked.by]
        table = asked.report.table(asked.asked, asked.by, most=0) if key is None else None
        return super().get_context_data(**kwargs) | {
            "report": asked.report,
            "asked": asked,
            "group": dimension.label_of(key, dimension.names([key])) if key is not None else _("Total"),
            "dimension": dimension.label,
            "facts": facts_behind(asked.measure),
            "fact": self.fact,
            "report_url": f"{reverse('reports:report', args=[asked.report.code])}?{self.report_query()}",
            "figure": self.figure(table) if table and table.totals else "",
        }

    def figure(self, table: Table) -> str:
        """The total that the rows add up to, in words."""
        column = table.column(self.asked.measure)
        return figure_text(table.heads[column].unit, table.totals[column])

    def report_query(self) -> str:
        params = self.request.GET.copy()
        for name in ("measure", "key", "fact", "page", "sort", "cols", "export"):
            params.pop(name, None)
        return params.urlencode()
