from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from common.money import round_money
from common.tables import Column, DateColumn, LinkColumn, MoneyColumn, NumberColumn
from common.templatetags.paodian import quantity
from sales.models import OrderLine


class QuantityColumn(NumberColumn):
    """A quantity with its unit."""

    def cell(self, row: OrderLine) -> str:
        return f"{quantity(row.quantity)} {row.product.unit}"


class NetColumn(MoneyColumn):
    """The line's amount less the discount of its order: what categories and products are summed by."""

    def value(self, row: OrderLine) -> Decimal:
        return round_money(row.amount * (1 - row.order.discount))


ORDER_LINE_COLUMNS = (
    LinkColumn(
        "product",
        _("Product"),
        path="product.name",
        order=("product__name",),
        phone="title",
        url=lambda row: row.order.get_absolute_url(),
    ),
    NetColumn("net", _("Amount"), order=("amount",), phone="side"),
    QuantityColumn("quantity", _("Quantity"), order=("quantity",)),
    MoneyColumn("price", _("Price"), order=("price",), phone=""),
    Column("customer", _("Customer"), path="order.customer.name", order=("order__customer__name",)),
    DateColumn(
        "ordered_on", _("Order date"), path="order.ordered_on", order=("order__ordered_on", "order_id")
    ),
    Column("number", _("Order number"), path="order.number", order=("order__number",), phone=""),
    Column("rep", _("Rep"), path="order.rep.name", order=("order__rep__name",), phone=""),
)
