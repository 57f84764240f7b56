"""Whose customer this is, asked the same way by every view: outsiders get 404, readers who want to write 403."""

from typing import cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from accounts.models import User
from crm.models import Customer
from crm.querysets import CustomerQuerySet


def current_user(request: HttpRequest) -> User:
    """The logged-in user; LoginRequiredMiddleware lets nobody else in."""
    return cast(User, request.user)


def visible_customer(request: HttpRequest, pk: int, rows: CustomerQuerySet | None = None) -> Customer:
    """The customer, if the user may see it; else 404."""
    scope = Customer.objects.all() if rows is None else rows
    customer: Customer = get_object_or_404(scope.visible_to(current_user(request)), pk=pk)
    return customer


def editable_customer(request: HttpRequest, pk: int) -> Customer:
    """The customer, if the user may change it; 404 when he does not even see it, 403 when he only may look."""
    customer = visible_customer(request, pk)
    if not Customer.objects.editable_by(current_user(request)).filter(pk=pk).exists():
        raise PermissionDenied
    return customer
