"""Filters of the follow-up list."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.filters import ListFilterSet
from common.widgets import PlainSelect
from crm.queries import follow_ups as queries
from crm.querysets import FollowUpQuerySet


class FollowUpFilterSet(ListFilterSet):
    search_hint = _("Words of the text, or the customer")

    folded = ("stage", "since", "until", "next")

    rep = django_filters.ChoiceFilter(widget=PlainSelect, label=_("Rep"), field_name="rep_id")
    method = django_filters.ChoiceFilter(widget=PlainSelect, label=_("Method"), field_name="method_id")
    stage = django_filters.ChoiceFilter(widget=PlainSelect, label=_("Stage"), field_name="stage_id")
    since = django_filters.DateFilter(
        label=_("Since"), field_name="day", lookup_expr="gte", widget=forms.DateInput(attrs={"type": "date"})
    )
    until = django_filters.DateFilter(
        label=_("Until"), field_name="day", lookup_expr="lte", widget=forms.DateInput(attrs={"type": "date"})
    )
    next = django_filters.ChoiceFilter(
        widget=PlainSelect,
        label=_("Next contact"),
        method="filter_next",
        choices=[("due", _("Due")), ("planned", _("Planned")), ("none", _("Not planned"))],
    )
    of = django_filters.ChoiceFilter(
        widget=PlainSelect,
        label=_("Of"),
        method="filter_of",
        choices=[("customer", _("Customers")), ("lead", _("Leads"))],
    )
    customer = django_filters.NumberFilter(field_name="customer_id", widget=forms.HiddenInput)
    lead = django_filters.NumberFilter(field_name="lead_id", widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        entries = queries.dictionary_choices()
        self.filters["method"].extra["choices"] = entries["follow_method"]
        self.filters["stage"].extra["choices"] = entries["follow_stage"]
        reps = queries.reps(self.request.user)
        self.filters["rep"].extra["choices"] = reps
        if len(reps) < 2:
            del self.filters["rep"]

    def filter_search(self, queryset: FollowUpQuerySet, name: str, value: str) -> FollowUpQuerySet:
        for word in value.split()[:8]:
            found = (
                Q(text__icontains=word) | Q(customer__name__icontains=word) | Q(lead__name__icontains=word)
            )
            queryset = queryset.filter(found)
        return queryset

    def filter_of(self, queryset: FollowUpQuerySet, name: str, value: str) -> FollowUpQuerySet:
        return queryset.filter(**{f"{value}__isnull": False})

    def filter_next(self, queryset: FollowUpQuerySet, name: str, value: str) -> FollowUpQuerySet:
        if value == "none":
            return queryset.filter(next_at__isnull=True)
        now = timezone.now()
        return queryset.filter(next_at__lte=now) if value == "due" else queryset.filter(next_at__gt=now)
