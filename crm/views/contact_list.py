"""All people at my customers (B2): search, birthdays soon, Excel."""

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from common.views import ListPage
from crm.filters.contacts import ContactFilterSet
from crm.queries import contacts as queries
from crm.querysets import ByCustomerQuerySet
from crm.tables.contacts import CONTACT_COLUMNS
from crm.views.access import current_user


class ContactList(ListPage):
    permission_required = ("crm.view_customer", "crm.view_contact")
    title = _("Contacts")
    columns = CONTACT_COLUMNS
    filterset_class = ContactFilterSet
    default_sort = "name"
    template_name = "crm/contact_list.html"
    # Who may take customers out takes their people with them.
    export_permission = "crm.export_customer"
    export_name = "contacts"
    empty_text = _("No contact yet. Add people on the page of their customer.")
    next_url = reverse_lazy("crm:customer_list")
    next_label = _("To the customers")

    def get_queryset(self) -> ByCustomerQuerySet:
        return queries.list_rows(current_user(self.request))
