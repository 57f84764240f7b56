"""Filters of the list of invitations."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.filters import ListFilterSet
from team.enums import InvitationAnswer


class InvitationFilter(ListFilterSet):
    """Without `over` the list shows what is still to come."""

    answer = django_filters.ChoiceFilter(
        label=_("Answer"), choices=InvitationAnswer.choices, empty_label=_("All")
    )
    over = django_filters.ChoiceFilter(
        label=_("When"), choices=[("yes", _("Over"))], empty_label=_("To come"), method="filter_over"
    )

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        found = super().filter_queryset(queryset)
        now = timezone.now()
        if self.form.cleaned_data.get("over") == "yes":
            return found.filter(entry__last_end_at__lte=now)
        return found.filter(Q(entry__last_end_at__isnull=True) | Q(entry__last_end_at__gt=now))

    def filter_over(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset  # narrowed above, where an empty value has its meaning too

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> Any:
        words = value.strip()[:80]
        return queryset.filter(
            Q(entry__title__icontains=words)
            | Q(entry__place__icontains=words)
            | Q(entry__owner__name__icontains=words)
        )
