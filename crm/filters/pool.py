"""Filters of the public pool and of "soon"."""

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.business_calendar import today
from common.filters import ListFilterSet, day_choices
from common.widgets import PlainSelect
from crm.enums import Level, PoolClock
from crm.models import Dictionary
from crm.queries import lists
from crm.queries.pool_list import search_pool
from crm.querysets import CustomerQuerySet

WITHIN = (1, 3, 7, 15, 30)
OTHER = "other"


class PoolFilterSet(ListFilterSet):
    search_hint = _("Name, initials or code")

    level = django_filters.ChoiceFilter(widget=PlainSelect, label=_("Level"), choices=Level.choices)
    channel = django_filters.ChoiceFilter(widget=PlainSelect, label=_("Channel"), method="filter_dictionary")
    region = django_filters.ChoiceFilter(widget=PlainSelect, label=_("Region"), method="filter_dictionary")
    clock = django_filters.ChoiceFilter(
        widget=PlainSelect,
        label=_("Why in the pool"),
        choices=[*PoolClock.choices, (OTHER, _("Other reasons"))],
        method="filter_clock",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Not the general choices: reading whose people they are costs more than the list.
        entries = Dictionary.objects.filter(kind__in=["channel", "region"], is_active=True)
        rows = list(entries.order_by("position", "pk").values_list("kind", "pk", "name"))
        for name in ("channel", "region"):
            self.filters[name].extra["choices"] = [(pk, label) for kind, pk, label in rows if kind == name]

    def filter_search(self, queryset: CustomerQuerySet, name: str, value: str) -> CustomerQuerySet:
        return search_pool(queryset, value)

    def filter_dictionary(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(**{f"{name}_id": int(value)})

    def filter_clock(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        if value == OTHER:
            return queryset.exclude(pool_clock__in=PoolClock.values)
        return queryset.filter(pool_clock=value)


class SoonFilterSet(ListFilterSet):
    search_hint = _("Name, initials, code or phone")

    owner = django_filters.ChoiceFilter(widget=PlainSelect, label=_("Owner"), method="filter_owner")
    clock = django_filters.ChoiceFilter(
        widget=PlainSelect, label=_("Clock"), choices=PoolClock.choices, method="filter_clock"
    )
    within = django_filters.ChoiceFilter(
        widget=PlainSelect,
        label=_("Within"),
        choices=day_choices(*WITHIN),
        method="filter_within",
    )
    # Set by the forecast's links; as a chip it can be taken away again.
    day = django_filters.DateFilter(label=_("Run of"), widget=forms.HiddenInput, method="filter_day")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owners = lists.filter_choices(self.request.user)["owner"]
        self.filters["owner"].extra["choices"] = owners
        if len(owners) < 2:
            del self.filters["owner"]

    def filter_search(self, queryset: CustomerQuerySet, name: str, value: str) -> CustomerQuerySet:
        return queryset.search(value)

    def filter_owner(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(owner_id=int(value))

    def filter_clock(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(pool_clock=value)

    def filter_within(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """What the runs of so many days take, the next run included."""
        return queryset.filter(recycle_on__lt=today() + dt.timedelta(days=int(value)))

    def filter_day(self, queryset: QuerySet, name: str, value: dt.date) -> QuerySet:
        """What the run of this day takes; today's also takes all that is overdue."""
        if not 1900 <= value.year <= 9000:  # no clock reckons with such a day
            return queryset.none()
        if value == today():
            return queryset.filter(recycle_on__lt=value)
        return queryset.filter(recycle_on=value - dt.timedelta(days=1))
