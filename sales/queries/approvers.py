"""Who may approve an order that needs a manager."""

from __future__ import annotations

from django.db.models import Q

from accounts.models import User
from sales.models import SalesOrder

NEEDED = ("sales.approve_salesorder", "sales.approve_credit")


def approvers_of(order: SalesOrder) -> list[User]:
    """The superiors of the order's rep, the nearest first, who may approve over the limit.

    Where no superior may, everybody who may and sees the order, so that it does not wait for nobody.
    """
    found = [person for person in superiors_of(order.rep) if person.is_active and person.has_perms(NEEDED)]
    return found or [
        person
        for person in _all_with_permission()
        if SalesOrder.objects.visible_to(person).filter(pk=order.pk).exists()
    ]


def superiors_of(person: User | None) -> list[User]:
    """The chain above a person, the nearest first; a ring in the data ends it."""
    chain: list[User] = []
    seen = {person.pk} if person else set()
    while person is not None and person.superior_id is not None and person.superior_id not in seen:
        person = User.objects.select_related("role").get(pk=person.superior_id)
        seen.add(person.pk)
        chain.append(person)
    return chain


def _all_with_permission() -> list[User]:
    name = {"codename": "approve_credit", "content_type__app_label": "sales"}
    ways = ("role__permissions", "groups__permissions", "user_permissions")
    may = Q(is_superuser=True)
    for way in ways:
        may |= Q(**{f"{way}__{key}": value for key, value in name.items()})
    people = User.objects.active().filter(may).select_related("role").distinct().order_by("pk")
    return [person for person in people if person.has_perms(NEEDED)]
