"""Filters of the list of tour plans and of a plan's customers."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.filters import ListFilterSet
from crm.enums import Level
from territory.enums import PlanState


class TourPlanFilterSet(ListFilterSet):
    state = django_filters.ChoiceFilter(label=_("Status"), choices=PlanState.choices)

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(name__icontains=value.strip())


def reps_of_plan(request: Any) -> QuerySet[User]:
    return User.objects.visible_to(request.user).active().order_by("name", "pk")


class TourPlanShopFilterSet(ListFilterSet):
    """The customers of a plan; `missing` are those whose visits are not all in tours."""

    owner = django_filters.ModelChoiceFilter(
        label=_("Owner"), queryset=reps_of_plan, field_name="customer__owner"
    )
    level = django_filters.ChoiceFilter(label=_("Level"), choices=Level.choices, field_name="customer__level")
    missing = django_filters.ChoiceFilter(
        label=_("Tours"), choices=[("1", _("Not all visits are in tours"))], method="filter_missing"
    )

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        value = value.strip()
        return queryset.filter(Q(customer__name__icontains=value) | Q(customer__code__icontains=value))

    def filter_missing(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(missing__gt=0)
