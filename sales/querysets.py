from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import F, Q

from accounts.queries import scope_department_ids
from accounts.querysets import OwnedQuerySet, scope_q, scope_user_ids
from common.names import fold
from crm.querysets import customer_scope_q

if TYPE_CHECKING:
    from accounts.models import User


class OrderImportQuerySet(OwnedQuerySet):
    owner_field = "created_by"


class SalesQuerySet(models.QuerySet[Any]):
    """Slips are seen by their rep's scope and by whoever sees the customer: a new owner sees the whole history."""

    def visible_to(self, user: User) -> Self:
        if scope_user_ids(user) is None:
            return self.all()
        return self.filter(scope_q(user, "rep") | customer_scope_q(user, "customer"))

    def with_names(self) -> Self:
        """With customer and rep for the rows of a list, without the customer's long texts."""
        long = ("search_text", "search_grams", "notes", "extra")
        return self.select_related("customer", "rep").defer(*(f"customer__{name}" for name in long))

    def posted(self) -> Self:
        return self.filter(status="posted")


class OrderQuerySet(SalesQuerySet):
    def counted(self) -> Self:
        """Orders in the sense of the glossary: submitted and not cancelled."""
        return self.exclude(Q(status="draft") | Q(status="cancelled"))


class BillQuerySet(SalesQuerySet):
    def of_customers(self, user: User) -> Self:
        """Bills of the customers a person sees: what he answers for, not what he once wrote for somebody else's."""
        return self.filter(customer_scope_q(user, "customer"))

    def open(self) -> Self:
        """Bills of which something is still to be paid."""
        return self.filter(status="posted", amount__gt=F("settled"))


class StockLocationQuerySet(models.QuerySet[Any]):
    """Warehouses are everybody's who may see stock; a van is seen by its driver's scope."""

    def visible_to(self, user: User) -> Self:
        return self.filter(~Q(kind="van") | scope_q(user, "rep"))

    def active(self) -> Self:
        return self.filter(is_active=True)

    def stocked(self) -> Self:
        """Places whose stock is kept: warehouses and vans."""
        return self.filter(kind__in=("warehouse", "van"))


class StockBalanceQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> Self:
        """As the place is seen."""
        return self.filter(~Q(location__kind="van") | scope_q(user, "location__rep"))


class StockMoveQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> Self:
        """Moves of a van are seen by its driver's scope, the others by everybody who may see stock."""
        source = ~Q(source__kind="van") | scope_q(user, "source__rep")
        return self.filter(source, ~Q(target__kind="van") | scope_q(user, "target__rep"))


class StockDocumentQuerySet(models.QuerySet[Any]):
    """Documents of a van are seen by its rep's scope, those of the warehouse by everybody who may see documents."""

    def visible_to(self, user: User) -> Self:
        return self.filter(Q(rep__isnull=True) | scope_q(user, "rep"))


class TargetQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> Self:
        """A rep's target is seen by his scope, a department's by who sees all its people, the company's by who sees
        everybody: a target says nothing without what was reached, and that follows the scope."""
        departments = scope_department_ids(user)
        if departments is None:
            return self.all()
        return self.filter(Q(rep__isnull=False) & scope_q(user, "rep") | Q(department_id__in=departments))


class AudienceQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> Self:
        """Prices and gifts for many are the office's; those for one customer are seen by who sees the customer."""
        if scope_user_ids(user) is None:
            return self.all()
        return self.filter(Q(customer__isnull=True) | customer_scope_q(user, "customer"))


class ProductQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> Self:
        """The catalogue is everybody's."""
        return self.all()

    def active(self) -> Self:
        return self.filter(is_active=True)

    def search(self, text: str) -> Self:
        """Every word of `text` is part of the code, the barcode, the name or its pinyin initials."""
        rows = self
        for word in fold(text).split():
            rows = rows.filter(Q(search_text__contains=word) | Q(name__icontains=word))
        return rows
