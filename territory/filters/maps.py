"""The map's filters are the customer list's: one query string means the same customers on both (F1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.validators import EMPTY_VALUES
from django.http import HttpRequest, QueryDict

from crm.queries.customer_filters import CustomerFilterSet

if TYPE_CHECKING:
    from crm.querysets import CustomerQuerySet

_ABOUT_THE_MAP = {
    "by",
    "box",
    "zoom",
    "width",
    "height",
    "lat",
    "lng",
    "page",
    "sort",
    "cols",
    "near",
    "heat",
    "marks",
}


def map_query(data: QueryDict) -> QueryDict:
    """The filters of an address as the map takes them: without word on the status, of active customers only."""
    query = data.copy()
    for name in list(query):
        if name in _ABOUT_THE_MAP or not any(query.getlist(name)):
            del query[name]
    query.setdefault("status", "active")
    return query


class MapFilterSet(CustomerFilterSet):
    """Always of one status, since nobody looks for the shops that closed and those that did not on one map."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["status"].extra["empty_label"] = None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but "active customers" is asked for; valid filters only."""
        asked: dict[str, Any] = {
            name: value for name, value in self.form.cleaned_data.items() if value not in EMPTY_VALUES
        }
        return asked != {"status": "active"}


def map_filterset(request: HttpRequest, customers: CustomerQuerySet, data: QueryDict) -> MapFilterSet:
    return MapFilterSet(map_query(data), queryset=customers, request=request)
