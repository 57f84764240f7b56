import datetime as dt

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Department
from accounts.queries import members_of
from common import business_calendar
from common.names import fold
from sales.enums import AgreementKind, AgreementStatus
from sales.filters.base import SlipFilterSet
from sales.models import Agreement
from sales.queries.agreements import in_state
from sales.rules.agreements import AgreementState


class AgreementFilterSet(SlipFilterSet):
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=AgreementState.choices, method="filter_state"
    )
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=AgreementKind.choices)
    department = django_filters.ModelChoiceFilter(
        label=_("Department"), queryset=Department.objects.all(), method="filter_department"
    )
    ends_within = django_filters.NumberFilter(
        label=_("Ends within (days)"),
        method="filter_ends",
        min_value=0,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "min": 0, "max": 3650}),
    )

    class Meta:
        model = Agreement
        fields = ["q", "state", "kind", "department", "rep", "ends_within", "customer"]

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        for word in fold(value).split():
            customer = Q(customer__search_text__contains=word) | Q(customer__name__icontains=word)
            own = Q(number__icontains=word) | Q(title__icontains=word) | Q(territory__icontains=word)
            queryset = queryset.filter(own | customer)
        return queryset

    def filter_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return in_state(queryset, value, business_calendar.today())

    def filter_department(self, queryset: QuerySet, name: str, value: Department) -> QuerySet:
        return queryset.filter(rep__in=members_of(value.pk))

    def filter_ends(self, queryset: QuerySet, name: str, value: int) -> QuerySet:
        today = business_calendar.today()
        until = today + dt.timedelta(days=min(int(value), 3650))
        return queryset.filter(status=AgreementStatus.ACTIVE, ends_on__range=(today, until))
