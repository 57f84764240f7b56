"""Filters of the lists of visits and tasks."""

from __future__ import annotations

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, User
from accounts.queries import members_of
from accounts.querysets import scope_q
from common.filters import BranchFilter, ListFilterSet
from common.widgets import PlainMultiple
from crm.models import Customer
from visits import queries
from visits.enums import Fence, Grade, TaskSource, TaskStatus, VisitOutcome
from visits.forms import date_input
from visits.queries.reports import ordered_condition, served_condition

YES_NO = [("yes", _("yes")), ("no", _("no"))]
SERVED = [("yes", _("yes")), ("closed", _("Shop was closed"))]


def reps_of(request: Any) -> QuerySet[User]:
    return queries.reps_for(user=request.user) if request else User.objects.none()


def search_customers(queryset: QuerySet, text: str, *also: str) -> QuerySet:
    """Rows whose customer matches the search of the customer list, or whose other columns hold the text."""
    condition = Q(customer__in=Customer.objects.all().search(text).values("pk"))
    for column in also:
        condition |= Q(**{f"{column}__icontains": text})
    return queryset.filter(condition)


class KeyFilter(django_filters.CharFilter):
    """An id that a link of a report names, or "none" for rows without; it has no box."""

    def __init__(self, *, label: Any, column: str) -> None:
        super().__init__(label=label, widget=forms.HiddenInput())
        self.column = column

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        if not value:
            return qs
        if value == "none":
            return qs.filter(self.nothing())
        if not value.isdecimal() or len(value) > 18:
            return qs.none()
        return qs.filter(self.something(int(value)))

    def nothing(self) -> Q:
        return Q(**{f"{self.column}__isnull": True})

    def something(self, pk: int) -> Q:
        return Q(**{self.column: pk})


class RouteFilter(KeyFilter):
    """Rows whose task a route made; `column` leads to the task ("" when the row is one)."""

    def nothing(self) -> Q:
        return ~Q(**{f"{self.column}source": TaskSource.ROUTE}) | Q(**{f"{self.column}source_id": None})

    def something(self, pk: int) -> Q:
        return Q(**{f"{self.column}source": TaskSource.ROUTE, f"{self.column}source_id": pk})


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
    outcome = django_filters.ChoiceFilter(
        label=_("Outcome"), choices=VisitOutcome.choices, empty_label=_("All")
    )
    ordered = django_filters.ChoiceFilter(
        label=_("Ordered"), choices=YES_NO, empty_label=_("All"), method="filter_ordered"
    )
    stay_from = django_filters.NumberFilter(
        label=_("Minutes in store, from"), method="filter_stay", min_value=0, max_value=1440
    )
    stay_to = django_filters.NumberFilter(
        label=_("Minutes in store, to"), method="filter_stay", min_value=0, max_value=1440
    )
    # Set by the links of the visit report.
    customer = KeyFilter(label=_("Customer"), column="customer_id")
    who = KeyFilter(label=_("Rep"), column="rep_id")
    unit = KeyFilter(label=_("Department"), column="rep__department_id")
    route = RouteFilter(label=_("Route"), column="task__")
    team = django_filters.CharFilter(
        label=_("Reps in scope"), widget=forms.HiddenInput(), method="filter_team"
    )

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return search_customers(queryset, value, "rep__name", "summary")

    def filter_flagged(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.exclude(flags=[]) if value == "yes" else queryset.filter(flags=[])

    def filter_planned(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(task__isnull=value == "no")

    def filter_valid(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(check_out_at__isnull=value == "no")

    def filter_ordered(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        ordered = ordered_condition()
        return queryset.filter(ordered if value == "yes" else ~ordered)

    def filter_stay(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        end = F("check_in_at") + dt.timedelta(minutes=float(value))
        return queryset.filter(**{f"check_out_at__{'gte' if name == 'stay_from' else 'lte'}": end})

    def filter_team(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """What the reps in scope did, without what others did at customers in scope."""
        return queryset.filter(scope_q(self.request.user, "rep"))


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
    department = BranchFilter(
        label=_("Department"), people="rep", members=members_of, queryset=Department.objects.all()
    )
    # Set by the links of the visit report.
    served = django_filters.ChoiceFilter(
        label=_("Valid visit"), choices=SERVED, widget=forms.HiddenInput(), method="filter_served"
    )
    reason = django_filters.CharFilter(
        label=_("Reason for skipping"), field_name="skip_reason", widget=forms.HiddenInput()
    )
    who = KeyFilter(label=_("Rep"), column="rep_id")
    unit = KeyFilter(label=_("Department"), column="rep__department_id")
    route = RouteFilter(label=_("Route"), column="")

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return search_customers(queryset, value, "rep__name", "note")

    def filter_served(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        served, shut = served_condition(), served_condition(closed=True)
        return queryset.filter(served) if value == "yes" else queryset.filter(~served, shut)
