"""Van sales, returns and receipts of a visit: made by sales, tied to the visit here."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from sales.models import Delivery, Receipt, SalesReturn
from visits.models import Visit, VisitSlip

Slip = Delivery | SalesReturn | Receipt
_FIELDS: dict[type, str] = {Delivery: "delivery", SalesReturn: "sales_return", Receipt: "receipt"}


def link_slip(*, slip: Slip, actor: User, visit: Visit | None = None) -> VisitSlip | None:
    """Tie a slip to the actor's own `visit` (a phone that was offline names it), else to the one he has open at that
    customer; None where there is none. A slip belongs to one visit: the one named, or else the first."""
    mine = Visit.objects.filter(rep=actor, customer_id=slip.customer_id)
    wanted: dict[str, Any] = {_FIELDS[type(slip)]: slip}
    if visit is not None:
        # Made while the visit was open, the slip is tied to it by the signal already.
        there = VisitSlip.objects.filter(**wanted, visit=visit, visit__in=mine).first()
        if there is not None:
            return there
    found = mine.filter(pk=visit.pk).first() if visit is not None else mine.open().first()
    if found is None:
        return None
    write = VisitSlip.objects.get_or_create if visit is None else VisitSlip.objects.update_or_create
    return write(**wanted, defaults={"visit": found})[0]
