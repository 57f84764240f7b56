"""Filters of the list of customer tasks."""

from __future__ import annotations

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.business_calendar import day_bounds, today, week_of
from common.filters import ListFilterSet
from common.widgets import PlainSelect
from crm.models import Customer
from team.enums import CustomerTaskKind, CustomerTaskSource, CustomerTaskStatus, TaskPriority
from team.queries.tasks import TABS, people_of
from team.querysets.tasks import CustomerTaskQuerySet

STATES = [("all", _("All")), *CustomerTaskStatus.choices]
DUE = [
    ("late", _("Overdue")),
    ("today", _("Due today")),
    ("week", _("Due this week")),
    ("none", _("Without a time")),
]


def _people(request: Any) -> Any:
    return people_of(request.user) if request else User.objects.none()


class CustomerTaskFilter(ListFilterSet):
    """Without `state` the list shows what is not finished; the view reads `tab`."""

    folded = ("priority", "source", "satisfaction")
    unchipped = ("tab",)

    tab = django_filters.ChoiceFilter(
        label=_("Whose"), choices=[(tab, tab) for tab in (*TABS, "all")], method="filter_tab", widget=forms.HiddenInput
    )  # fmt: skip
    state = django_filters.ChoiceFilter(
        label=_("Status"),
        choices=STATES,
        empty_label=_("Not finished"),
        method="filter_state",
        widget=PlainSelect,
    )
    kind = django_filters.ChoiceFilter(
        label=_("Kind"),
        choices=[*CustomerTaskKind.choices, ("complaint", _("Complaint"))],
        empty_label=_("All"),
        method="filter_kind",
        widget=PlainSelect,
    )
    due = django_filters.ChoiceFilter(
        label=_("Due by"), choices=DUE, empty_label=_("All"), method="filter_due", widget=PlainSelect
    )
    assignee = django_filters.ModelChoiceFilter(
        label=_("Assignee"), queryset=_people, empty_label=_("All"), widget=PlainSelect
    )
    priority = django_filters.ChoiceFilter(
        label=_("Priority"), choices=TaskPriority.choices, empty_label=_("All"), widget=PlainSelect
    )
    source = django_filters.ChoiceFilter(
        label=_("Source"), choices=CustomerTaskSource.choices, empty_label=_("All"), widget=PlainSelect
    )
    satisfaction = django_filters.ChoiceFilter(
        label=_("Satisfaction"),
        choices=[(mark, str(mark)) for mark in (5, 4, 3, 2, 1)],
        empty_label=_("All"),
        widget=PlainSelect,
    )
    done_since = django_filters.DateFilter(
        label=_("Done since"), method="filter_done_since", widget=forms.HiddenInput
    )
    done_until = django_filters.DateFilter(
        label=_("Done until"), method="filter_done_until", widget=forms.HiddenInput
    )
    customer = django_filters.NumberFilter(field_name="customer_id", widget=forms.HiddenInput)

    def filter_queryset(self, queryset: Any) -> Any:
        rows = super().filter_queryset(queryset)
        # What is finished is out of the way until it is asked for.
        return rows if self.form.cleaned_data.get("state") or self._asks_for_done() else rows.live()

    def _asks_for_done(self) -> bool:
        data = self.form.cleaned_data
        return any(data.get(name) for name in ("done_since", "done_until", "satisfaction"))

    def filter_search(self, queryset: CustomerTaskQuerySet, name: str, value: str) -> CustomerTaskQuerySet:
        found = Q(customer__in=Customer.objects.all().search(value).values("pk"))
        return queryset.filter(found | Q(title__icontains=value) | Q(number__icontains=value))

    def filter_tab(self, queryset: CustomerTaskQuerySet, name: str, value: str) -> CustomerTaskQuerySet:
        return queryset

    def filter_state(self, queryset: CustomerTaskQuerySet, name: str, value: str) -> CustomerTaskQuerySet:
        return queryset if value == "all" else queryset.filter(status=value)

    def filter_kind(self, queryset: CustomerTaskQuerySet, name: str, value: str) -> CustomerTaskQuerySet:
        return queryset.filter(is_complaint=True) if value == "complaint" else queryset.filter(kind=value)

    def filter_due(self, queryset: CustomerTaskQuerySet, name: str, value: str) -> CustomerTaskQuerySet:
        if value == "late":
            return queryset.late(timezone.now())
        if value == "none":
            return queryset.filter(due_at__isnull=True)
        days = week_of(today()) if value == "week" else [today()]
        start, end = day_bounds(days[0])[0], day_bounds(days[-1])[1]
        return queryset.filter(due_at__gte=start, due_at__lt=end)

    def filter_done_since(
        self, queryset: CustomerTaskQuerySet, name: str, value: dt.date
    ) -> CustomerTaskQuerySet:
        return queryset.filter(done_at__gte=day_bounds(value)[0])

    def filter_done_until(
        self, queryset: CustomerTaskQuerySet, name: str, value: dt.date
    ) -> CustomerTaskQuerySet:
        return queryset.filter(done_at__lt=day_bounds(value)[1])
