"""Filters of the lists of comms."""

from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from common.filters import ListFilterSet
from comms.enums import Channel, OutboxState
from comms.models import OutboxItem
from comms.queries.threads import search_threads


class ThreadFilter(ListFilterSet):
    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return search_threads(queryset, value.strip()[:80])


ANNOUNCEMENT_STATES = [("unread", _("Unread")), ("to_confirm", _("To confirm"))]


class AnnouncementFilter(ListFilterSet):
    """Rows come with `seen` and `confirmed`."""

    state = django_filters.ChoiceFilter(
        label=_("Status"), choices=ANNOUNCEMENT_STATES, empty_label=_("All"), method="filter_state"
    )

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(Q(title__icontains=value.strip()) | Q(body__icontains=value.strip()))

    def filter_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        if value == "unread":
            return queryset.filter(seen=False)
        return queryset.filter(must_confirm=True, confirmed=False, withdrawn_at__isnull=True)


class OutboxFilter(ListFilterSet):
    state = django_filters.ChoiceFilter(
        label=_("Status"),
        choices=[("dead", _("Undelivered")), *OutboxState.choices],
        empty_label=_("All"),
        method="filter_state",
    )
    channel = django_filters.ChoiceFilter(label=_("Channel"), choices=Channel.choices, empty_label=_("All"))

    class Meta:
        model = OutboxItem
        fields = ["channel"]

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        words = value.strip()
        return queryset.filter(
            Q(recipient__name__icontains=words)
            | Q(title__icontains=words)
            | Q(notification__title__icontains=words)
            | Q(error__icontains=words)
        )

    def filter_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.dead() if value == "dead" else queryset.filter(state=value)
