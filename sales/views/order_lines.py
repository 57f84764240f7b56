"""Lines of orders across orders: the rows behind what a product or a category sold."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.templatetags.paodian import money
from common.views import ListPage
from sales.filters.order_lines import OrderLineFilterSet
from sales.queries.order_lines import counted_lines, net_amount
from sales.tables.order_lines import ORDER_LINE_COLUMNS


class OrderLineList(ListPage):
    permission_required = "sales.view_salesorder"
    title = _("Order lines")
    columns = ORDER_LINE_COLUMNS
    filterset_class = OrderLineFilterSet
    default_sort = "-ordered_on"
    export_permission = "sales.export_salesorder"
    export_name = "order-lines"
    empty_text = _("No order lines yet. Lines of submitted orders appear here.")

    def get_queryset(self) -> QuerySet:
        return counted_lines(self.request.user).select_related("product", "order__customer", "order__rep")

    def get_context_data(self, *, filterset: OrderLineFilterSet, page: Any) -> dict[str, Any]:
        context = super().get_context_data(filterset=filterset, page=page)
        total = net_amount(page.paginator.object_list)
        return {**context, "totals": [{"label": _("Ordered"), "text": money(total)}]}
