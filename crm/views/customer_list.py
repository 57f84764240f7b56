"""The customer list (B9, B11)."""

from typing import Any

from django.http import StreamingHttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from common.views import BulkAction, ListPage
from crm.filters.customers import CustomerFilterSet
from crm.queries import customers as queries
from crm.querysets import CustomerQuerySet
from crm.tables.customers import CUSTOMER_COLUMNS
from crm.views.access import current_user
from crm.views.paging import CustomerPaginator


class CustomerList(ListPage):
    permission_required = "crm.view_customer"
    title = _("Customers")
    columns = CUSTOMER_COLUMNS
    filterset_class = CustomerFilterSet
    template_name = "crm/customer_list.html"
    paginator_class = CustomerPaginator
    export_permission = "crm.export_customer"
    export_name = "customers"
    empty_text = _("No customers yet. Add one, or import the file you have.")
    create_url = reverse_lazy("crm:customer_create")
    create_label = _("New customer")
    create_permission = "crm.add_customer"
    bulk_actions = (
        BulkAction(_("Assign"), reverse_lazy("crm:customer_assign"), "user-share", "crm.assign_customer"),
        BulkAction(_("Add to visit plan"), "/tasks/add/", "calendar-plus", "visits.add_visittask"),
    )

    def get_queryset(self) -> CustomerQuerySet:
        return queries.list_rows(current_user(self.request))

    def export(self, rows: CustomerQuerySet) -> StreamingHttpResponse:
        return super().export(queries.with_names(rows))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["can_import"] = self.request.user.has_perm("crm.import_customer")
        return context
