"""The manager's list of visits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from common.tables import Column
from common.views import ListPage
from visits import queries
from visits.filters import VisitFilter
from visits.queries import VisitCount
from visits.tables import VISIT_COLUMNS
from visits.tables.photos import visit_photo_column


class VisitPaginator(Paginator):
    """Counts visits and customers in the one statement that counts the pages."""

    @cached_property
    def totals(self) -> VisitCount:
        return queries.count_visits(self.object_list)

    @cached_property
    def count(self) -> int:
        return self.totals.visits


class VisitListView(ListPage):
    permission_required = "visits.view_visit"
    title = _("Visits")
    columns = VISIT_COLUMNS
    filterset_class = VisitFilter
    default_sort = "-check_in"
    template_name = "visits/visit_list.html"
    paginator_class = VisitPaginator
    export_permission = "visits.export_visit"
    export_name = "visits"
    empty_text = _("No visits yet. They appear here as soon as a rep checks in.")

    def get_columns(self) -> Sequence[Column]:
        return (*self.columns, visit_photo_column(self.request.build_absolute_uri))

    def get_queryset(self) -> QuerySet:
        rows = queries.visit_rows(user=self.request.user)
        # Links to photos are for Excel, or for whoever chose that column.
        wants_photos = "export" in self.request.GET or "photos" in self.request.GET.get("cols", "").split(",")
        return rows.prefetch_related("photos") if wants_photos else rows

    def get_context_data(self, *, filterset: Any, page: Any) -> dict[str, Any]:
        context = super().get_context_data(filterset=filterset, page=page)
        return {**context, "count": page.paginator.totals}
