"""Filters of what was reported from stores."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Department
from accounts.queries import members_of
from common.filters import BranchFilter, ListFilterSet
from crm.models import Customer
from visits.filters.visits import YES_NO, reps_of
from visits.forms import date_input
from visits.models import CustomForm


def _found(text: str, path: str) -> Q:
    return Q(**{f"{path}__in": Customer.objects.all().search(text).values("pk")})


class LineFilter(ListFilterSet):
    """Lines of reports: who, when, where, which product."""

    rep = django_filters.ModelChoiceFilter(
        label=_("Rep"), field_name="report__rep", queryset=reps_of, empty_label=_("All")
    )
    since = django_filters.DateFilter(
        label=_("From"), field_name="report__day", lookup_expr="gte", widget=date_input()
    )
    until = django_filters.DateFilter(
        label=_("Until"), field_name="report__day", lookup_expr="lte", widget=date_input()
    )
    department = BranchFilter(
        label=_("Department"), people="report__rep", members=members_of, queryset=Department.objects.all()
    )
    product = django_filters.NumberFilter(
        label=_("Product"), field_name="product_id", widget=forms.HiddenInput()
    )
    customer = django_filters.NumberFilter(
        label=_("Customer"), field_name="report__customer_id", widget=forms.HiddenInput()
    )

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        text = value.strip()
        products = Q(product__name__icontains=text) | Q(product__code__iexact=text)
        return queryset.filter(_found(text, "report__customer") | products)


class CountFilter(LineFilter):
    low = django_filters.ChoiceFilter(
        label=_("Low stock"), choices=YES_NO, empty_label=_("All"), method="filter_low"
    )

    def filter_low(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        low = Q(suggested__gt=0)
        return queryset.filter(low if value == "yes" else ~low | Q(suggested__isnull=True))


class AnswerFilter(ListFilterSet):
    form_name = django_filters.ModelChoiceFilter(
        label=_("Form"), field_name="form", queryset=CustomForm.objects.all(), empty_label=_("All")
    )
    rep = django_filters.ModelChoiceFilter(label=_("Rep"), queryset=reps_of, empty_label=_("All"))
    since = django_filters.DateFilter(
        label=_("From"), field_name="day", lookup_expr="gte", widget=date_input()
    )
    until = django_filters.DateFilter(
        label=_("Until"), field_name="day", lookup_expr="lte", widget=date_input()
    )
    department = BranchFilter(
        label=_("Department"), people="rep", members=members_of, queryset=Department.objects.all()
    )

    def filter_search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(_found(value, "customer"))
