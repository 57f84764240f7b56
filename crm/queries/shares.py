"""Customers shown to colleagues, for lists."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.querysets import scope_q
from crm.models import Customer, CustomerShare


def list_rows(user: User) -> QuerySet[CustomerShare]:
    """Shares with `user`, by him, and of the customers of his people; `is_seen`: may he open the customer now?"""
    seen = Customer.objects.visible_to(user).filter(pk=OuterRef("customer_id"))
    return (
        CustomerShare.objects.filter(Q(user=user) | Q(created_by=user) | scope_q(user, "customer__owner"))
        .select_related("customer", "customer__owner", "user", "created_by")
        .defer("customer__search_text", "customer__search_grams", "customer__notes")
        .annotate(is_seen=Exists(seen))
    )


def revocable(user: User) -> QuerySet[CustomerShare]:
    """Shares that `user` may end: of his own customers and his people's (see `customers.may_share`)."""
    return CustomerShare.objects.filter(scope_q(user, "customer__owner"))
