"""Filters of the lead lists."""

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.business_calendar import business_day, day_bounds, today
from common.filters import ListFilterSet, day_choices
from common.widgets import PlainSelect
from crm.enums import LeadStage
from crm.queries import leads as queries
from crm.queries.custom_filters import CustomFieldFilters
from crm.queries.lead_funnel import NONE, created_between, with_furthest
from crm.querysets import LeadQuerySet
from crm.rules.leads import FUNNEL

OPEN = "open"
QUIET_DAYS = (3, 7, 15, 30)


class _LeadFilters(ListFilterSet):
    """What the list and the pool have in common."""

    search_hint = _("Name of the lead")

    source = django_filters.ChoiceFilter(widget=PlainSelect, label=_("Source"), method="filter_dictionary")
    channel = django_filters.ChoiceFilter(widget=PlainSelect, label=_("Channel"), method="filter_dictionary")
    region = django_filters.ChoiceFilter(widget=PlainSelect, label=_("Region"), method="filter_dictionary")
    without: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, list[Any]] = dict(queries.filter_choices(self.request.user))
        if self.request.user.effective_scope == "all":
            choices["owner"].append((NONE, _("Nobody's (pool)")))
        for name in self.without:
            choices[name].append((NONE, _("without")))
        for name, options in choices.items():
            if name in self.filters:
                self.filters[name].extra["choices"] = options

    def filter_dictionary(self, queryset: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        chosen = {f"{name}__isnull": True} if value == NONE else {f"{name}_id": int(value)}
        return queryset.filter(**chosen)


class LeadFilterSet(CustomFieldFilters, _LeadFilters):
    custom_target = "lead"
    search_hint = _("Name, initials or phone")

    stage = django_filters.ChoiceFilter(
        widget=PlainSelect,
        label=_("Stage"),
        choices=[(OPEN, _("All open ones")), *LeadStage.choices],
        method="filter_stage",
    )
    owner = django_filters.ChoiceFilter(widget=PlainSelect, label=_("Owner"), method="filter_dictionary")
    quiet = django_filters.ChoiceFilter(
        widget=PlainSelect,
        label=_("No follow-up for"),
        choices=day_choices(*QUIET_DAYS),
        method="filter_quiet",
    )
    due = django_filters.ChoiceFilter(
        widget=PlainSelect,
        label=_("Next contact"),
        choices=[("overdue", _("overdue")), ("today", _("today")), ("week", _("within 7 days"))],
        method="filter_due",
    )
    # Set by the funnel's links; as chips they can be taken away again.
    created_from = django_filters.DateFilter(
        label=_("Created from"), widget=forms.HiddenInput, method="filter_created"
    )
    created_to = django_filters.DateFilter(
        label=_("Created until"), widget=forms.HiddenInput, method="filter_created"
    )
    reached = django_filters.ChoiceFilter(
        label=_("Came as far as"),
        widget=forms.HiddenInput,
        choices=[(stage.value, stage.label) for stage in FUNNEL],
        method="filter_reached",
    )
    without = ("source", "channel")
    field_order = ("q", "stage", "owner", "source", "channel", "region", "quiet", "due")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in [
            *self.field_order,
            *(name for name in list(self.filters) if name not in self.field_order),
        ]:
            self.filters[name] = self.filters.pop(name)  # the order of the form
        if len(self.filters["owner"].extra["choices"]) < 2:
            del self.filters["owner"]

    def filter_search(self, queryset: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        return queryset.search(value)

    def filter_stage(self, queryset: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        return queryset.open() if value == OPEN else queryset.filter(stage=value)

    def filter_quiet(self, queryset: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        """Open leads nobody has talked to for so many days; one that is younger than that is not meant."""
        before = today() - dt.timedelta(days=int(value))
        silent = Q(last_follow_up_on__isnull=True) | Q(last_follow_up_on__lte=before)
        made = Q(created_at__lt=day_bounds(before)[1])
        return queryset.open().filter(silent & made)

    def filter_due(self, queryset: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        now = timezone.now()
        start, end = day_bounds(business_day(now))
        conditions = {
            "overdue": Q(next_contact_at__lt=now),
            "today": Q(next_contact_at__gte=start, next_contact_at__lt=end),
            "week": Q(next_contact_at__gte=start, next_contact_at__lt=end + dt.timedelta(days=6)),
        }
        return queryset.open().filter(conditions[value])

    def filter_created(self, queryset: LeadQuerySet, name: str, value: dt.date) -> LeadQuerySet:
        if not 1900 <= value.year <= 9000:  # no clock reckons with such a day
            return queryset.none()
        first, last = (value, None) if name == "created_from" else (None, value)
        return queryset.filter(created_between(first, last))

    def filter_reached(self, queryset: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        return with_furthest(queryset).filter(furthest__gte=FUNNEL.index(LeadStage(value)))


class LeadPoolFilterSet(_LeadFilters):
    def filter_search(self, queryset: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        return queries.search_names(queryset, value)


class LeadBinFilterSet(ListFilterSet):
    def filter_search(self, queryset: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        return queryset.search(value)
