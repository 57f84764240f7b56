"""Filters of who has sent his daily report."""

from __future__ import annotations

import datetime as dt

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, User
from accounts.queries import members_of
from common.filters import ListFilterSet
from visits.filters.visits import reps_of
from visits.forms import date_input

STATES = [("sent", _("Sent")), ("unread", _("Unread")), ("missing", _("Not sent"))]


class ReportFilter(ListFilterSet):
    """Rows are people; their report of the day comes with them (`visits.queries.report_rows`)."""

    unchipped = ("day",)

    day = django_filters.DateFilter(label=_("Day"), method="keep", widget=date_input())
    state = django_filters.ChoiceFilter(
        label=_("Status"), choices=STATES, empty_label=_("All"), method="filter_state"
    )
    department = django_filters.ModelChoiceFilter(
        label=_("Department"),
        queryset=Department.objects.order_by("position", "pk"),
        empty_label=_("All"),
        method="filter_department",
    )
    rep = django_filters.ModelChoiceFilter(
        label=_("Rep"), queryset=reps_of, empty_label=_("All"), method="filter_rep"
    )

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(Q(name__icontains=value.strip()) | Q(report_remark__icontains=value.strip()))

    def keep(self, queryset: QuerySet, name: str, value: dt.date) -> QuerySet:
        """The day is in the rows already."""
        return queryset

    def filter_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        if value == "missing":
            return queryset.filter(report_pk__isnull=True)
        sent = queryset.filter(report_pk__isnull=False)
        return sent if value == "sent" else sent.filter(report_read__isnull=True)

    def filter_department(self, queryset: QuerySet, name: str, value: Department) -> QuerySet:
        return queryset.filter(pk__in=members_of(value.pk))

    def filter_rep(self, queryset: QuerySet, name: str, value: User) -> QuerySet:
        return queryset.filter(pk=value.pk)
