from django.utils.translation import gettext_lazy as _

from common.tables import ChoiceColumn, Column, DateColumn, LinkColumn, MoneyColumn
from sales.tables.base import customer_column

ORDER_COLOURS = (
    ("submitted", "amber"),
    ("approved", "teal"),
    ("partly_delivered", "amber"),
    ("delivered", "green"),
    ("cancelled", "red"),
)

ORDER_COLUMNS = (
    LinkColumn("number", _("Order number"), order=("number",), phone=""),
    customer_column(),
    DateColumn("ordered_on", _("Order date"), order=("ordered_on", "pk")),
    ChoiceColumn("status", _("Status"), colours=ORDER_COLOURS),
    MoneyColumn("total", _("Amount"), order=("total",), phone="side"),
    Column("rep", _("Rep"), path="rep.name", order=("rep__name",), phone=""),
    Column("note", _("Note"), phone=""),
)
