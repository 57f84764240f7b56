"""What narrows the customers that are not surely on the map."""

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.filters import ListFilterSet
from crm.enums import PlaceGap
from territory.filters.customers import reps_in_scope


class PlaceFilterSet(ListFilterSet):
    unchipped = ("gap", "owner", "city")

    gap = django_filters.ChoiceFilter(label=_("Reason"), choices=PlaceGap.choices)
    owner = django_filters.ModelChoiceFilter(label=_("Owner"), queryset=reps_in_scope)
    city = django_filters.CharFilter(label=_("City"), lookup_expr="icontains")

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.search(value)
