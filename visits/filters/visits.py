"""Filters of the lists of visits and tasks."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, User
from accounts.queries import members_of
from common.filters import BranchFilter, ListFilterSet
from common.widgets import PlainMultiple
from crm.models import Customer
from visits import queries
from visits.enums import Fence, Grade, TaskStatus
from visits.forms import date_input

YES_NO = [("yes", _("yes")), ("no", _("no"))]


def reps_of(request: Any) -> QuerySet[User]:
    return queries.reps_for(user=request.user) if request else User.objects.none()


def search_customers(queryset: QuerySet, text: str, *also: str) -> QuerySet:
    """Rows whose customer matches the search of the customer list, or whose other columns hold the text."""
    condition = Q(customer__in=Customer.objects.all().search(text).values("pk"))
    for column in also:
        condition |= Q(**{f"{column}__icontains": text})
    return queryset.filter(condition)


class VisitFilter(ListFilterSet):
    rep = django_filters.ModelChoiceFilter(label=_("Rep"), queryset=reps_of, empty_label=_("All"))
    since = django_filters.DateFilter(
        label=_("From"), field_name="day", lookup_expr="gte", widget=date_input()
    )
    until = django_filters.DateFilter(
        label=_("Until"), field_name="day", lookup_expr="lte", widget=date_input()
    )
    fence = django_filters.ChoiceFilter(
        label=_("Location check"), choices=Fence.choices, empty_label=_("All")
    )
    grade = django_filters.MultipleChoiceFilter(
        label=_("Evidence"), choices=Grade.choices, widget=PlainMultiple, distinct=False
    )
    flagged = django_filters.ChoiceFilter(
        label=_("Flagged"), choices=YES_NO, empty_label=_("All"), method="filter_flagged"
    )
    planned = django_filters.ChoiceFilter(
        label=_("Planned"), choices=YES_NO, empty_label=_("All"), method="filter_planned"
    )
    department = BranchFilter(
        label=_("Department"), people="rep", members=members_of, queryset=Department.objects.all()
    )
    valid = django_filters.ChoiceFilter(
        label=_("Checked out"), choices=YES_NO, empty_label=_("All"), method="filter_valid"
    )

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return search_customers(queryset, value, "rep__name", "summary")

    def filter_flagged(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.exclude(flags=[]) if value == "yes" else queryset.filter(flags=[])

    def filter_planned(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(task__isnull=value == "no")

    def filter_valid(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(check_out_at__isnull=value == "no")


class TaskFilter(ListFilterSet):
    rep = django_filters.ModelChoiceFilter(label=_("Rep"), queryset=reps_of, empty_label=_("All"))
    since = django_filters.DateFilter(
        label=_("From"), field_name="date", lookup_expr="gte", widget=date_input()
    )
    until = django_filters.DateFilter(
        label=_("Until"), field_name="date", lookup_expr="lte", widget=date_input()
    )
    status = django_filters.ChoiceFilter(label=_("Status"), choices=TaskStatus.choices, empty_label=_("All"))
    # Reached from the customer's page; not worth a box of its own.
    customer = django_filters.NumberFilter(
        label=_("Customer"), field_name="customer_id", widget=forms.HiddenInput()
    )

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return search_customers(queryset, value, "rep__name", "note")
