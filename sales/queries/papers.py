"""What the printed papers of slips say beside the slip itself."""

from __future__ import annotations

from dataclasses import dataclass

from sales.models import Delivery, DeliveryLine


@dataclass(frozen=True, slots=True)
class Consignee:
    """Who takes the goods, where, and how the driver reaches him; blank where nobody has said."""

    name: str
    phone: str
    address: str


def consignee_of(delivery: Delivery) -> Consignee:
    """As the order says, else the customer's main contact at the customer's address."""
    order, customer = delivery.order, delivery.customer
    address = (order.delivery_address if order else "") or customer.full_address
    if order and order.consignee:
        return Consignee(order.consignee, order.consignee_phone, address)
    contact = customer.contacts.first()
    phone = (contact.phones.first() if contact else None) or customer.phones.first()
    known = (order.consignee_phone if order else "") or (phone.raw if phone else "")
    return Consignee(contact.name if contact else "", known, address)


def delivered_lines(delivery: Delivery) -> list[DeliveryLine]:
    """The lines with their products; each amount is a share of what is billed and has every discount in it."""
    return list(delivery.lines.select_related("product", "order_line"))
