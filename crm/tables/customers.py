"""Columns of the customer list."""

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from common.tables import AgoColumn, Column, DateColumn, FormatColumn, badge
from crm.models import Customer


def _name(customer: Customer) -> SafeString:
    link = format_html('<a href="{}" class="fw-medium">{}</a>', f"/customers/{customer.pk}/", customer.name)
    marks = ""
    if customer.status == "inactive":
        marks = badge(_t("Inactive"))
    elif customer.location_status == "to_confirm":
        marks = badge(_t("Location to confirm"), "yellow")
    return format_html("{} {}", link, marks) if marks else link


def _owner(customer: Customer) -> SafeString:
    # owner_name comes from queries.customers.with_names.
    name = getattr(customer, "owner_name", None) or _t("public pool")
    return format_html('<span class="crm-owner">{}</span>', name)


CUSTOMER_COLUMNS = (
    Column("code", _("Code"), order=("code",), phone=""),
    FormatColumn("name", _("Customer name"), order=("name",), phone="title", draw=_name),
    Column("level", _("Level"), path="level", order=("level",), phone="side"),
    Column("channel", _("Channel"), path="channel_name", order=("channel__position",), phone=""),
    Column("region", _("Region"), path="region_name", order=("region__position",), phone=""),
    FormatColumn("owner", _("Owner"), path="owner_name", order=("owner__name",), phone="line", draw=_owner),
    AgoColumn("last_visit_on", _("Last visit"), order=("last_visit_on",), phone="line"),
    AgoColumn("last_order_on", _("Last order"), order=("last_order_on",), phone="line"),
    AgoColumn("last_sale_on", _("Last sale"), order=("last_sale_on",), phone=""),
    DateColumn("created_on", _("Created on"), order=("created_on",), phone=""),
)
