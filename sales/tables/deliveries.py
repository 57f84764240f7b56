from django.utils.translation import gettext_lazy as _

from common.tables import ChoiceColumn, Column, DateColumn, LinkColumn, MoneyColumn
from sales.tables.base import POSTING_COLOURS, customer_column

DELIVERY_COLUMNS = (
    LinkColumn("number", _("Delivery number"), order=("number",), phone=""),
    customer_column(),
    DateColumn("issued_on", _("Delivery date"), order=("issued_on", "pk")),
    Column("order", _("Order number"), path="order.number", phone=""),
    ChoiceColumn("status", _("Status"), colours=POSTING_COLOURS),
    DateColumn("due_on", _("Payment due"), order=("due_on",)),
    MoneyColumn("amount", _("Amount"), order=("amount",), phone="side"),
    Column("rep", _("Rep"), path="rep.name", order=("rep__name",), phone=""),
)
