"""Filters of the lists of work reports."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.queries import branch_ids, department_tree
from common.filters import ListFilterSet
from common.widgets import PlainSelect
from team.enums import WorkReportKind, WorkReportStatus
from team.queries import reports as queries


def date_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class DepartmentFilter(django_filters.ChoiceFilter):
    """A department with those under it, by the department of the row's person."""

    def __init__(self, *, path: str, **kwargs: Any) -> None:
        super().__init__(label=_("Department"), widget=PlainSelect, empty_label=_("All"), **kwargs)
        self.path = path

    def set_tree(self) -> None:
        self.tree = department_tree()
        self.extra["choices"] = [(node.pk, f"{'　' * node.depth}{node.name}") for node in self.tree]

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        if not value:
            return qs
        return qs.filter(**{f"{self.path}__in": branch_ids(self.tree, int(value))})


class WorkReportFilter(ListFilterSet):
    folded = ("department", "since", "until")
    unchipped = ("box",)

    box = django_filters.CharFilter(method="keep", widget=forms.HiddenInput)
    kind = django_filters.ChoiceFilter(
        label=_("Kind"), choices=WorkReportKind.choices, empty_label=_("All"), widget=PlainSelect
    )
    person = django_filters.ModelChoiceFilter(
        label=_("Reporter"),
        queryset=lambda request: _writers(request),
        empty_label=_("All"),
        widget=PlainSelect,
    )
    unread = django_filters.ChoiceFilter(
        label=_("Read"),
        choices=[("yes", _("Unread")), ("no", _("Read"))],
        empty_label=_("All"),
        method="filter_unread",
        widget=PlainSelect,
    )
    department = DepartmentFilter(path="person__department")
    since = django_filters.DateFilter(
        label=_("Since"), field_name="first", lookup_expr="gte", widget=date_input()
    )
    until = django_filters.DateFilter(
        label=_("Until"), field_name="first", lookup_expr="lte", widget=date_input()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if _box(self.request) == "mine":
            for name in ("person", "department"):
                del self.filters[name]
        else:
            self.filters["department"].set_tree()

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        for word in value.split()[:8]:
            queryset = queryset.filter(Q(words__icontains=word) | Q(person__name__icontains=word))
        return queryset

    def filter_unread(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(unread=value == "yes")

    def keep(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """The tab is in the rows already."""
        return queryset


def _box(request: Any) -> str:
    return queries.wanted_box(request.user, request.GET.get("box", ""))


def _writers(request: Any) -> QuerySet[User]:
    return queries.writers(user=request.user, box=_box(request)) if request else User.objects.none()


class MissingFilter(ListFilterSet):
    """Rows are people, with their report of the period."""

    unchipped = ("kind", "date")

    kind = django_filters.ChoiceFilter(
        label=_("Kind"),
        choices=WorkReportKind.choices,
        empty_label=None,
        method="keep",
        widget=forms.HiddenInput,
    )
    date = django_filters.DateFilter(label=_("Day"), method="keep", widget=forms.HiddenInput)
    state = django_filters.ChoiceFilter(
        label=_("Status"),
        choices=[
            ("missing", _("Not sent")),
            ("sent", _("Sent")),
            ("late", _("Sent late")),
            ("unread", _("Unread")),
        ],
        empty_label=_("All"),
        method="filter_state",
        widget=PlainSelect,
    )
    department = DepartmentFilter(path="department")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["department"].set_tree()

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(name__icontains=value.strip())

    def keep(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        """Kind and period are in the rows already."""
        return queryset

    def filter_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        conditions = {
            "missing": Q(report_pk__isnull=True),
            "sent": Q(report_pk__isnull=False),
            "late": Q(report_late=True),
            "unread": Q(report_status=WorkReportStatus.SENT),
        }
        return queryset.filter(conditions[value])


class StatisticsFilter(ListFilterSet):
    """Rows are people; kind and month are in them already."""

    unchipped = ("kind", "on")

    kind = django_filters.CharFilter(method="keep", widget=forms.HiddenInput)
    on = django_filters.CharFilter(method="keep", widget=forms.HiddenInput)
    department = DepartmentFilter(path="department")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["department"].set_tree()

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(name__icontains=value.strip())

    def keep(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        """Kind and month are in the rows already."""
        return queryset
