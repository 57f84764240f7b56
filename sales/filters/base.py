from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, User
from accounts.queries import members_of
from common.filters import BranchFilter, ListFilterSet
from common.names import fold
from common.punctuation import listed
from crm.models import Customer


def reps(request: HttpRequest | None) -> QuerySet:
    return User.objects.visible_to(request.user).order_by("name") if request else User.objects.none()


def customers(request: HttpRequest | None) -> QuerySet:
    return Customer.objects.visible_to(request.user) if request else Customer.objects.none()


class DayFilter(django_filters.DateFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, widget=forms.DateInput(attrs={"type": "date"}), **kwargs)


def department_filter(people: str = "rep") -> BranchFilter:
    return BranchFilter(
        label=_("Department"), people=people, members=members_of, queryset=Department.objects.all()
    )


class SlipFilterSet(ListFilterSet):
    """What lists of orders, deliveries and receipts share; the subclass adds its status and dates."""

    department = department_filter()
    rep = django_filters.ModelChoiceFilter(label=_("Rep"), queryset=reps)
    # Set by links from a customer's page; a select of all customers would help nobody.
    customer = django_filters.ModelChoiceFilter(
        label=_("Customer"), queryset=customers, widget=forms.HiddenInput()
    )

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        for word in fold(value).split():
            customer = Q(customer__search_text__contains=word) | Q(customer__name__icontains=word)
            queryset = queryset.filter(Q(number__icontains=word) | customer)
        return queryset

    def _words(self, name: str, raw: list[str]) -> str:
        if name in ("customer", "product"):  # its choices are all customers: do not walk through them
            chosen = self.form.cleaned_data.get(name) if self.form.is_valid() else None
            return str(chosen or listed(raw))
        return super()._words(name, raw)
