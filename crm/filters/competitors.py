"""Filters of the list of competitor sightings."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.filters import ListFilterSet
from common.widgets import PlainSelect
from crm.queries import competitors as queries


def _day(label: Any, lookup: str) -> django_filters.DateFilter:
    widget = forms.DateInput(attrs={"type": "date"})
    return django_filters.DateFilter(label=label, field_name="seen_on", lookup_expr=lookup, widget=widget)


class SightingFilterSet(ListFilterSet):
    search_hint = _("Product or customer")

    folded = ("rep", "since", "until")

    competitor = django_filters.ChoiceFilter(
        label=_("Competitor"), field_name="competitor_id", widget=PlainSelect
    )
    rep = django_filters.ChoiceFilter(label=_("Rep"), field_name="rep_id", widget=PlainSelect)
    since = _day(_("Since"), "gte")
    until = _day(_("Until"), "lte")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user: User = self.request.user
        for name, options in queries.filter_choices(user).items():
            self.filters[name].extra["choices"] = options

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        text = value.strip()
        return queryset.filter(Q(product__icontains=text) | Q(customer__name__icontains=text))
