"""Orders taken at a visit."""

from __future__ import annotations

from accounts.models import User
from sales.models import SalesOrder
from visits.models import Visit, VisitOrder


def link_order(*, order: SalesOrder, actor: User, visit: Visit | None = None) -> VisitOrder | None:
    """Tie an order to the writer's own `visit` (a phone that was offline names it), else to the one he has open at that
    customer; None when he is not there."""
    mine = Visit.objects.filter(rep=actor, customer_id=order.customer_id)
    if visit is not None:
        # Taken while the visit was open, the order is tied to it by the signal already.
        there = VisitOrder.objects.filter(order=order, visit=visit, visit__in=mine).first()
        if there is not None:
            return there
    found = mine.filter(pk=visit.pk).first() if visit is not None else mine.open().first()
    if found is None:
        return None
    write = VisitOrder.objects.get_or_create if visit is None else VisitOrder.objects.update_or_create
    return write(order=order, defaults={"visit": found})[0]
