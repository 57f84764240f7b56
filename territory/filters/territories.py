"""Filters of the list of territory scenarios."""

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.filters import ListFilterSet
from territory.enums import ScenarioState


class ScenarioFilterSet(ListFilterSet):
    state = django_filters.ChoiceFilter(label=_("State"), choices=ScenarioState.choices)

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(name__icontains=value.strip())
