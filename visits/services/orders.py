"""Orders taken at a visit."""

from __future__ import annotations

from accounts.models import User
from sales.models import SalesOrder
from visits.models import Visit, VisitOrder


def link_order(*, order: SalesOrder, actor: User) -> VisitOrder | None:
    """Tie an order to the visit its writer has open at that customer; None when he is not there."""
    visit = Visit.objects.open().filter(rep=actor, customer_id=order.customer_id).first()
    if visit is None:
        return None
    link, _created = VisitOrder.objects.get_or_create(order=order, defaults={"visit": visit})
    return link
