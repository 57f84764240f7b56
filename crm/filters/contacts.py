"""Filters of the contact list."""

from typing import Any

import django_filters
from django.utils.translation import gettext_lazy as _

from common.business_calendar import today
from common.filters import ListFilterSet
from common.widgets import PlainSelect
from crm.enums import ContactRole
from crm.queries import contacts as queries
from crm.queries.follow_ups import reps
from crm.querysets import ByCustomerQuerySet


class ContactFilterSet(ListFilterSet):
    search_hint = _("Name, phone or customer")

    birthday = django_filters.ChoiceFilter(
        widget=PlainSelect,
        label=_("Birthday"),
        method="filter_birthday",
        choices=[("0", _("Today")), ("7", _("Within 7 days")), ("30", _("Within 30 days"))],
    )
    role = django_filters.ChoiceFilter(
        widget=PlainSelect, label=_("Part in decisions"), choices=ContactRole.choices
    )
    owner = django_filters.ChoiceFilter(widget=PlainSelect, label=_("Owner"), field_name="customer__owner_id")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = reps(self.request.user)
        self.filters["owner"].extra["choices"] = people
        if len(people) < 2:
            del self.filters["owner"]

    def filter_search(self, queryset: ByCustomerQuerySet, name: str, value: str) -> ByCustomerQuerySet:
        return queries.search(queryset, value)

    def filter_birthday(self, queryset: ByCustomerQuerySet, name: str, value: str) -> ByCustomerQuerySet:
        return queries.with_birthday(queryset, today(), int(value))
