from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from common import business_calendar
from common.filters import ListFilterSet
from crm.enums import DictionaryKind, Level
from crm.models import Dictionary
from sales.models import GiftRule, PriceList


class AudienceFilterSet(ListFilterSet):
    level = django_filters.ChoiceFilter(label=_("Level"), choices=Level.choices)
    channel = django_filters.ModelChoiceFilter(
        label=_("Channel"), queryset=lambda request: Dictionary.objects.filter(kind=DictionaryKind.CHANNEL)
    )
    state = django_filters.ChoiceFilter(
        label=_("Status"),
        choices=[("now", _("Holds today")), ("later", _("Begins later")), ("over", _("Over or not in use"))],
        method="filter_state",
    )

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(Q(name__icontains=value) | Q(customer__name__icontains=value))

    def filter_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        today = business_calendar.today()
        over = Q(is_active=False) | Q(ends_on__lt=today)
        later = Q(starts_on__gt=today)
        if value == "over":
            return queryset.filter(over)
        return queryset.exclude(over).filter(later) if value == "later" else queryset.exclude(over | later)


class PriceListFilterSet(AudienceFilterSet):
    class Meta:
        model = PriceList
        fields = ["q", "state", "level", "channel"]


class GiftRuleFilterSet(AudienceFilterSet):
    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        product = Q(product__name__icontains=value) | Q(gift__name__icontains=value)
        return queryset.filter(Q(name__icontains=value) | Q(customer__name__icontains=value) | product)

    class Meta:
        model = GiftRule
        fields = ["q", "state", "level", "channel"]
