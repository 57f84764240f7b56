"""Filters of the photo wall."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Department
from accounts.queries import members_of
from common.filters import ListFilterSet
from common.widgets import PlainMultiple
from crm.models import Customer
from visits.enums import Grade, PhotoKind
from visits.filters.visits import YES_NO, KeyFilter, reps_of
from visits.forms import date_input


class PhotoFilter(ListFilterSet):
    rep = django_filters.ModelChoiceFilter(
        label=_("Rep"), field_name="visit__rep", queryset=reps_of, empty_label=_("All")
    )
    department = django_filters.ModelChoiceFilter(
        label=_("Department"),
        queryset=Department.objects.order_by("position", "pk"),
        empty_label=_("All"),
        method="filter_department",
    )
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=PhotoKind.choices, empty_label=_("All"))
    since = django_filters.DateFilter(
        label=_("From"), field_name="visit__day", lookup_expr="gte", widget=date_input()
    )
    until = django_filters.DateFilter(
        label=_("Until"), field_name="visit__day", lookup_expr="lte", widget=date_input()
    )
    reused = django_filters.ChoiceFilter(
        label=_("Used before"), choices=YES_NO, empty_label=_("All"), method="filter_reused"
    )
    grade = django_filters.MultipleChoiceFilter(
        label=_("Evidence"),
        field_name="visit__grade",
        choices=Grade.choices,
        widget=PlainMultiple,
        distinct=False,
    )
    customer = KeyFilter(label=_("Customer"), column="visit__customer_id")

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        found = Customer.objects.all().search(value).values("pk")
        return queryset.filter(Q(visit__customer__in=found) | Q(visit__rep__name__icontains=value.strip()))

    def filter_department(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        return queryset.filter(visit__rep__in=members_of(value.pk))

    def filter_reused(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(reuse_of__isnull=value == "no")
