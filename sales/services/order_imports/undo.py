"""Taking an imported history back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.enums import ImportState
from sales.models import Delivery, DeliveryLine, OrderImport, OrderLine, SalesOrder
from sales.services import common
from sales.services.order_imports.last_events import recompute

UNDO_DAYS = 30
_CHUNK = 1000


@transaction.atomic
def undo(*, job: OrderImport, now: dt.datetime | None = None) -> int:
    """Remove the orders the job brought, with their deliveries; returns how many. All or nothing, for 30 days.

    Customers and products it created stay: something may refer to them by now. Raises ValidationError when the
    import is not over, too long ago, or another record holds one of its orders.
    """
    now = now or timezone.now()
    over = [ImportState.DONE, ImportState.FAILED]
    moved = OrderImport.objects.filter(
        pk=job.pk, state__in=over, finished_at__gte=now - dt.timedelta(days=UNDO_DAYS)
    ).update(state=ImportState.UNDONE)
    if not moved:
        text = _("Only an import that ended in the last %(n)s days can be undone, and only once.")
        raise ValidationError(text % {"n": UNDO_DAYS})
    removed = 0
    customers: set[int] = set()
    for ids in _chunks(job):
        customers.update(SalesOrder.objects.filter(pk__in=ids).values_list("customer_id", flat=True))
        try:
            DeliveryLine.objects.filter(delivery__order__in=ids).delete()
            Delivery.objects.filter(order__in=ids).delete()
            OrderLine.objects.filter(order__in=ids).delete()
            SalesOrder.objects.filter(pk__in=ids).delete()
        except ProtectedError as error:
            raise ValidationError(
                _("Other records refer to an order of this import; it cannot be undone any more.")
            ) from error
        removed += len(ids)
    for customer_id in sorted(customers):
        common.lock_customer(customer_id)
    recompute(sorted(customers))
    job.lines.all().delete()
    return removed


def _chunks(job: OrderImport) -> Iterator[list[int]]:
    while ids := list(
        SalesOrder.objects.filter(order_import=job).order_by("pk").values_list("pk", flat=True)[:_CHUNK]
    ):
        yield ids
