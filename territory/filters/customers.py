"""What narrows customers on maps and in searches."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.filters import ListFilterSet
from crm.enums import DictionaryKind, Level
from crm.models import Dictionary


def reps_in_scope(request: Any) -> QuerySet[User]:
    return User.objects.visible_to(request.user).active().order_by("name", "pk")


def channels(request: Any) -> QuerySet[Dictionary]:
    return Dictionary.objects.filter(kind=DictionaryKind.CHANNEL)


class CustomerFilterSet(ListFilterSet):
    """What narrows customers where the list's filters would be too many; the map has those (filters.maps)."""

    owner = django_filters.ModelChoiceFilter(label=_("Owner"), queryset=reps_in_scope)
    level = django_filters.ChoiceFilter(label=_("Level"), choices=Level.choices)
    channel = django_filters.ModelChoiceFilter(label=_("Channel"), queryset=channels)

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.search(value)


class StopFilterSet(CustomerFilterSet):
    """Customers for a route: the owner is given by the route's rep."""

    owner = None
