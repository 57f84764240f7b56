"""Whose customer this is, asked the same way by every view: outsiders get 404, readers who want to write 403."""

from typing import cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from accounts.models import User
from crm.models import Customer, Merge
from crm.querysets import CustomerQuerySet

_MERGES_FOLLOWED = 10  # a customer merged into one that was merged itself


def current_user(request: HttpRequest) -> User:
    """The logged-in user; LoginRequiredMiddleware lets nobody else in."""
    return cast(User, request.user)


def visible_customer(request: HttpRequest, pk: int, rows: CustomerQuerySet | None = None) -> Customer:
    """The customer, if the user may see it; else 404."""
    scope = Customer.objects.all() if rows is None else rows
    customer: Customer = get_object_or_404(scope.visible_to(current_user(request)), pk=pk)
    return customer


def merged_into(request: HttpRequest, pk: int) -> Customer | None:
    """Which customer the one with this key became by merging, if the user may see it: old links still lead there."""
    at: int | None = pk
    for _step in range(_MERGES_FOLLOWED):
        done = Merge.objects.filter(merged_id=at, undone_at=None).order_by("-pk")
        at = done.values_list("kept_id", flat=True).first()
        if at is None:
            return None
        if kept := Customer.objects.visible_to(current_user(request)).filter(pk=at).first():
            return kept
    return None


def editable_customer(request: HttpRequest, pk: int) -> Customer:
    """The customer, if the user may change it; 404 when he does not even see it, 403 when he only may look."""
    customer = visible_customer(request, pk)
    if not Customer.objects.editable_by(current_user(request)).filter(pk=pk).exists():
        raise PermissionDenied
    return customer
