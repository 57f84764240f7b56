from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

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

    def billed(self) -> Self:
        """Posted deliveries that the customer owes for; an imported history was settled in the old system."""
        return self.filter(status="posted", is_history=False)


class OrderQuerySet(SalesQuerySet):
    def counted(self) -> Self:
        """Orders in the sense of the glossary: submitted and not cancelled."""
        return self.exclude(Q(status="draft") | Q(status="cancelled"))


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
