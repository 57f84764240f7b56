from typing import Any

from django.dispatch import receiver

from accounts.models import User
from sales.models import SalesOrder
from sales.signals import order_created
from visits import services


@receiver(order_created)
def link_order_to_visit(sender: Any, order: SalesOrder, actor: User | None, **kwargs: Any) -> None:
    if actor is not None:
        services.link_order(order=order, actor=actor)
