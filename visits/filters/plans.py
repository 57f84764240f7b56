"""Filters of the list of visit plans."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.filters import ListFilterSet
from crm.enums import Level
from visits.enums import Rhythm
from visits.filters.visits import reps_of, search_customers


class PlanFilter(ListFilterSet):
    rep = django_filters.ModelChoiceFilter(label=_("Rep"), queryset=reps_of, empty_label=_("All"))
    rhythm = django_filters.ChoiceFilter(label=_("Rhythm"), choices=Rhythm.choices, empty_label=_("All"))
    level = django_filters.ChoiceFilter(
        label=_("Level"), field_name="customer__level", choices=Level.choices, empty_label=_("All")
    )
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[("on", _("In use")), ("off", pgettext_lazy("visit plan", "Stopped"))],
        empty_label=_("All"),
        method="filter_state",
    )

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return search_customers(queryset, value, "rep__name", "note")

    def filter_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(is_active=value == "on")
