"""The manager's lists of what was reported from stores."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.views import ListPage
from visits import queries
from visits.filters.in_store import AnswerFilter, CountFilter, LineFilter
from visits.models import SellOutLine, ShelfCountLine
from visits.tables.in_store import ANSWER_COLUMNS, COUNT_COLUMNS, DISPLAY_COLUMNS, SELL_OUT_COLUMNS


class StoreList(ListPage):
    permission_required = "visits.view_visit"
    export_permission = "visits.export_visit"
    default_sort = "-day"
    template_name = "visits/store_list.html"


class CountList(StoreList):
    title = pgettext_lazy("visit", "Stock counts")
    columns = COUNT_COLUMNS
    filterset_class = CountFilter
    export_name = "stock-counts"
    empty_text = _("Nothing counted yet. Reps count in the store: visit → stock count.")

    def get_queryset(self) -> QuerySet:
        return queries.report_lines(ShelfCountLine, user=self.request.user)


class SellOutList(StoreList):
    title = _("Sell-out reports")
    columns = SELL_OUT_COLUMNS
    filterset_class = LineFilter
    export_name = "sell-out"
    empty_text = _("No sell-out yet. Reps report it in the store: visit → sell-out report.")

    def get_queryset(self) -> QuerySet:
        return queries.report_lines(SellOutLine, user=self.request.user)


class DisplayList(StoreList):
    title = _("Display reports")
    columns = DISPLAY_COLUMNS
    filterset_class = LineFilter
    export_name = "displays"
    empty_text = _("No displays yet. Reps report them in the store: visit → display report.")

    def get_queryset(self) -> QuerySet:
        return queries.display_lines(user=self.request.user)


class AnswerList(StoreList):
    title = _("Filled-in forms")
    columns = ANSWER_COLUMNS
    filterset_class = AnswerFilter
    export_name = "forms"
    empty_text = _("No forms yet. The administrator makes forms and puts them into visit types.")

    def get_queryset(self) -> QuerySet:
        return queries.answer_rows(user=self.request.user)
