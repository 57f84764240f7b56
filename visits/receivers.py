from typing import Any

from django.dispatch import receiver

from accounts.models import User
from crm.services.merge_journal import MergeJournal
from crm.signals import customers_merging
from sales.models import SalesOrder
from sales.signals import order_created
from visits import services
from visits.services.merging import resolve_merge


@receiver(order_created)
def link_order_to_visit(sender: Any, order: SalesOrder, actor: User | None, **kwargs: Any) -> None:
    if actor is not None:
        services.link_order(order=order, actor=actor)


@receiver(customers_merging, dispatch_uid="visits.customers_merging")
def make_room_for_merged(sender: Any, journal: MergeJournal, **kwargs: Any) -> None:
    resolve_merge(journal=journal)
