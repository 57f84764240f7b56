from django.db.models import QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from common import business_calendar
from sales import queries
from sales.filters.receipts import DebtorFilterSet
from sales.tables.receipts import DEBTOR_COLUMNS
from sales.views.shared import DebtorList


class ReceivableList(DebtorList):
    """Who owes what, the longest overdue money first; credits and prepayments stand beside it (G6)."""

    permission_required = "sales.view_receipt"
    title = _("Receivables")
    columns = DEBTOR_COLUMNS
    filterset_class = DebtorFilterSet
    default_sort = "-overdue"
    export_permission = "sales.export_receipt"
    export_name = "receivables"
    template_name = "sales/receivable_list.html"
    empty_text = _("Nobody owes anything. A delivery that is not paid yet appears here.")
    next_url = reverse_lazy("sales:delivery_list")
    next_label = _("Deliveries")
    next_permission = "sales.view_delivery"

    def get_queryset(self) -> QuerySet:
        return queries.debtors(self.request.user, business_calendar.today())
