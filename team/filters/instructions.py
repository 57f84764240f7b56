"""Filters of the list of instructions."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.filters import ListFilterSet
from team.queries.instructions import people_of

BOXES = [("in", _("For me")), ("out", _("By me"))]
STATES = [
    ("unread", _("Unread")),
    ("unanswered", _("Not answered")),
    ("open", _("Open")),
    ("done", _("Done")),
]


def _people(request: Any) -> QuerySet[User]:
    return people_of(request.user) if request else User.objects.none()


def _date() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class InstructionFilter(ListFilterSet):
    folded = ("person", "since", "until")
    unchipped = ("box",)

    box = django_filters.ChoiceFilter(  # the tabs above the list set it
        label=_("Whose"), choices=BOXES, widget=forms.HiddenInput(), method="filter_box"
    )
    state = django_filters.ChoiceFilter(
        label=_("Status"), choices=STATES, empty_label=_("All"), method="filter_state"
    )
    person = django_filters.ModelChoiceFilter(label=_("For"), queryset=_people, empty_label=_("All"))
    since = django_filters.DateFilter(label=_("From"), field_name="day", lookup_expr="gte", widget=_date())
    until = django_filters.DateFilter(label=_("Until"), field_name="day", lookup_expr="lte", widget=_date())

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        words = value.strip()[:80]
        return queryset.filter(
            Q(text__icontains=words) | Q(author__name__icontains=words) | Q(person__name__icontains=words)
        )

    def filter_box(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(**{"person" if value == "in" else "author": self.request.user})

    def filter_state(self, queryset: Any, name: str, value: str) -> QuerySet:
        if value == "done":
            return queryset.filter(done_at__isnull=False)  # type: ignore[no-any-return]
        if value == "unread":
            return queryset.unread().open()  # type: ignore[no-any-return]
        return queryset.unanswered() if value == "unanswered" else queryset.open()  # type: ignore[no-any-return]
