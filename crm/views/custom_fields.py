"""Lists that offer the fields a company added itself as columns and filters (A5)."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

from common.filters import ListFilterSet
from common.tables import Column
from common.views import ListPage
from crm.models import CustomField
from crm.queries.custom_fields import active_fields
from crm.tables.custom_fields import custom_columns


class CustomFieldsPage(ListPage):
    """Reads the fields once for columns and filters; the filterset is one of `CustomFieldFilters`."""

    custom_target: ClassVar[str]

    @cached_property
    def customs(self) -> list[CustomField]:
        return active_fields(self.custom_target)

    @cached_property
    def custom_columns(self) -> tuple[Column, ...]:
        return custom_columns(self.customs)

    def get_filterset(self) -> ListFilterSet:
        return self.filterset_class(
            self.request.GET, queryset=self.get_queryset(), request=self.request, customs=self.customs
        )
