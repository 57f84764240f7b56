from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.filters import ListFilterSet
from common.names import fold
from crm.models import Customer
from sales.enums import OrderStatus, PaymentMethod, PostingStatus
from sales.models import Delivery, Product, ProductCategory, Receipt, SalesOrder


def reps(request: HttpRequest | None) -> QuerySet:
    return User.objects.visible_to(request.user).order_by("name") if request else User.objects.none()


def customers(request: HttpRequest | None) -> QuerySet:
    return Customer.objects.visible_to(request.user) if request else Customer.objects.none()


class DayFilter(django_filters.DateFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, widget=forms.DateInput(attrs={"type": "date"}), **kwargs)


class SlipFilterSet(ListFilterSet):
    """What lists of orders, deliveries and receipts share; the subclass adds its status and dates."""

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
        if name == "customer":  # its choices are all customers: do not walk through them
            chosen = self.form.cleaned_data.get("customer") if self.form.is_valid() else None
            return str(chosen or ", ".join(raw))
        return super()._words(name, raw)


class OrderFilterSet(SlipFilterSet):
    status = django_filters.ChoiceFilter(label=_("Status"), choices=OrderStatus.choices)
    since = DayFilter(label=_("From"), field_name="ordered_on", lookup_expr="gte")
    until = DayFilter(label=_("Until"), field_name="ordered_on", lookup_expr="lte")

    class Meta:
        model = SalesOrder
        fields = ["q", "status", "rep", "since", "until", "customer"]


class DeliveryFilterSet(SlipFilterSet):
    status = django_filters.ChoiceFilter(label=_("Status"), choices=PostingStatus.choices)
    since = DayFilter(label=_("From"), field_name="issued_on", lookup_expr="gte")
    until = DayFilter(label=_("Until"), field_name="issued_on", lookup_expr="lte")

    class Meta:
        model = Delivery
        fields = ["q", "status", "rep", "since", "until", "customer"]


class ReceiptFilterSet(SlipFilterSet):
    status = django_filters.ChoiceFilter(label=_("Status"), choices=PostingStatus.choices)
    method = django_filters.ChoiceFilter(label=_("Paid by"), choices=PaymentMethod.choices)
    since = DayFilter(label=_("From"), field_name="received_on", lookup_expr="gte")
    until = DayFilter(label=_("Until"), field_name="received_on", lookup_expr="lte")

    class Meta:
        model = Receipt
        fields = ["q", "status", "method", "rep", "since", "until", "customer"]


class ProductFilterSet(ListFilterSet):
    category = django_filters.ModelChoiceFilter(label=_("Category"), queryset=ProductCategory.objects.all())
    is_active = django_filters.ChoiceFilter(
        label=_("On sale"),
        choices=[("true", _("Yes")), ("false", _("No"))],
        method="filter_active",
    )

    class Meta:
        model = Product
        fields = ["q", "category", "is_active"]

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.search(value)

    def filter_active(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(is_active=value == "true")


class DebtorFilterSet(ListFilterSet):
    owner = django_filters.ModelChoiceFilter(label=_("Owner"), queryset=reps)
    late = django_filters.ChoiceFilter(
        label=_("Overdue"), method="filter_late", choices=[("yes", _("Overdue only"))]
    )

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.search(value)

    def filter_late(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(overdue__gt=0)

    class Meta:
        model = Customer
        fields = ["q", "owner", "late"]
