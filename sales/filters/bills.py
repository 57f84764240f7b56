import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Department
from common import business_calendar
from common.filters import ListFilterSet
from common.names import fold
from sales.enums import BillKind
from sales.filters.base import DayFilter, SlipFilterSet, customers, reps
from sales.models import Bill
from sales.queries.aging import due_q
from sales.rules.aging import BUCKETS, BY_KEY


def departments(request: Any) -> QuerySet:
    return Department.objects.order_by("name") if request else Department.objects.none()


def as_of(value: Any, today: dt.date) -> dt.date:
    """The day of ?as_of=; today for a day that has not come or cannot be read."""
    try:
        return min(dt.date.fromisoformat(str(value)), today)
    except ValueError:
        return today


class BillFilterSet(SlipFilterSet):
    """Bills; `as_of` turns the list back to the end of a day gone by."""

    folded = ("kind", "department", "since", "until", "as_of")

    state = django_filters.ChoiceFilter(
        label=_("Status"),
        method="filter_state",
        choices=[
            ("open", _("Not paid in full")),
            ("late", _("Overdue")),
            ("settled", _("Paid")),
            ("reversed", _("Reversed")),
        ],
    )
    bucket = django_filters.ChoiceFilter(
        label=_("Aging"), method="filter_bucket", choices=[(b.key, b.label) for b in BUCKETS]
    )
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=BillKind.choices)
    rep = django_filters.ModelChoiceFilter(label=_("Owner"), field_name="customer__owner", queryset=reps)
    department = django_filters.ModelChoiceFilter(
        label=_("Department"), field_name="customer__owner__department", queryset=departments
    )
    since = DayFilter(label=_("Billed from"), field_name="billed_on", lookup_expr="gte")
    until = DayFilter(label=_("Billed until"), field_name="billed_on", lookup_expr="lte")
    as_of = django_filters.DateFilter(
        label=_("As of"), method="leave", widget=forms.DateInput(attrs={"type": "date"})
    )
    customer = django_filters.ModelChoiceFilter(
        label=_("Customer"), queryset=customers, widget=forms.HiddenInput()
    )

    class Meta:
        model = Bill
        fields = ["q", "state", "bucket", "kind", "rep", "department", "since", "until", "as_of", "customer"]

    @property
    def day(self) -> dt.date:
        return as_of(self.data.get("as_of"), business_calendar.today())

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        for word in fold(value).split():
            customer = Q(customer__search_text__contains=word) | Q(customer__name__icontains=word)
            slip = Q(delivery__number__icontains=word) | Q(order__number__icontains=word)
            queryset = queryset.filter(customer | slip | Q(note__icontains=word))
        return queryset

    def filter_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        if value == "reversed":
            return queryset.filter(status="reversed")
        if value == "settled":
            return queryset.filter(status="posted", open_then=0)
        rows = queryset.filter(open_then__gt=0)
        return rows.filter(due_on__lt=self.day) if value == "late" else rows

    def filter_bucket(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(due_q(BY_KEY[value], self.day))

    def leave(self, queryset: QuerySet, name: str, value: dt.date) -> QuerySet:
        """Read by the list itself: it decides which bills were there."""
        return queryset


class AgingFilterSet(ListFilterSet):
    """Whose open bills are aged."""

    rep = django_filters.ModelChoiceFilter(label=_("Owner"), field_name="customer__owner", queryset=reps)
    department = django_filters.ModelChoiceFilter(
        label=_("Department"), field_name="customer__owner__department", queryset=departments
    )

    class Meta:
        model = Bill
        fields = ["q", "rep", "department"]

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        for word in fold(value).split():
            queryset = queryset.filter(
                Q(customer__search_text__contains=word) | Q(customer__name__icontains=word)
            )
        return queryset
