from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.filters import ListFilterSet
from common.names import fold
from common.punctuation import listed
from sales.enums import (
    LocationKind,
    MoveKind,
    PostingStatus,
    SettlementStatus,
    StockDocumentKind,
    StockDocumentStatus,
)
from sales.filters.base import DayFilter, SlipFilterSet, reps
from sales.models import (
    DaySettlement,
    Product,
    ProductCategory,
    SalesReturn,
    StockBalance,
    StockDocument,
    StockLocation,
    StockMove,
)
from sales.queries.stock import short_of_promised


def places(request: HttpRequest | None) -> QuerySet:
    """Warehouses and vans the person may see."""
    if request is None:
        return StockLocation.objects.none()
    return StockLocation.objects.visible_to(request.user).stocked()


def vans(request: HttpRequest | None) -> QuerySet:
    return places(request).filter(kind=LocationKind.VAN)


def all_places(request: HttpRequest | None) -> QuerySet:
    return StockLocation.objects.visible_to(request.user) if request else StockLocation.objects.none()


class StockFilterSet(ListFilterSet):
    location = django_filters.ModelChoiceFilter(label=pgettext_lazy("stock", "Place"), queryset=places)
    kind = django_filters.ChoiceFilter(
        label=_("Kind"),
        field_name="location__kind",
        choices=[(kind.value, kind.label) for kind in (LocationKind.WAREHOUSE, LocationKind.VAN)],
    )
    category = django_filters.ModelChoiceFilter(
        label=_("Category"), field_name="product__category", queryset=ProductCategory.objects.all()
    )
    state = django_filters.ChoiceFilter(
        label=_("Stock"),
        method="filter_state",
        empty_label=_("Whatever is not 0"),
        choices=[
            ("there", _("More than 0")),
            ("negative", _("Below 0")),
            ("short", _("Less than promised to orders")),
            ("zero", _("Nothing left")),
            ("all", _("Everything that ever was there")),
        ],
    )

    class Meta:
        model = StockBalance
        fields = ["q", "location", "kind", "category", "state"]

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("state") else rows.exclude(quantity=0)

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        for word in fold(value).split():
            queryset = queryset.filter(
                Q(product__search_text__contains=word) | Q(product__name__icontains=word)
            )
        return queryset

    def filter_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        conditions = {
            "there": Q(quantity__gt=0),
            "negative": Q(quantity__lt=0),
            "short": short_of_promised(),
            "zero": Q(quantity=0),
            "all": Q(),
        }
        return queryset.filter(conditions[value])


class MoveFilterSet(ListFilterSet):
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=MoveKind.choices)
    location = django_filters.ModelChoiceFilter(
        label=pgettext_lazy("stock", "Place"), queryset=all_places, method="filter_location"
    )
    product = django_filters.ModelChoiceFilter(
        label=_("Product"), queryset=Product.objects.all(), widget=forms.HiddenInput()
    )
    since = DayFilter(label=_("From"), field_name="moved_on", lookup_expr="gte")
    until = DayFilter(label=_("Until"), field_name="moved_on", lookup_expr="lte")

    class Meta:
        model = StockMove
        fields = ["q", "kind", "location", "product", "since", "until"]

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        for word in fold(value).split():
            slip = (
                Q(delivery__number__icontains=word)
                | Q(sales_return__number__icontains=word)
                | Q(document__number__icontains=word)
                | Q(settlement__number__icontains=word)
            )
            product = Q(product__search_text__contains=word) | Q(product__name__icontains=word)
            queryset = queryset.filter(slip | product)
        return queryset

    def filter_location(self, queryset: QuerySet, name: str, value: StockLocation) -> QuerySet:
        return queryset.filter(Q(source=value) | Q(target=value))

    def _words(self, name: str, raw: list[str]) -> str:
        if name == "product":  # its choices are all products: do not walk through them
            chosen = self.form.cleaned_data.get("product") if self.form.is_valid() else None
            return str(chosen or listed(raw))
        return super()._words(name, raw)


class LocationFilterSet(ListFilterSet):
    kind = django_filters.ChoiceFilter(
        label=_("Kind"),
        choices=[(kind.value, kind.label) for kind in (LocationKind.WAREHOUSE, LocationKind.VAN)],
    )

    class Meta:
        model = StockLocation
        fields = ["q", "kind"]

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        for word in value.split():
            queryset = queryset.filter(
                Q(name__icontains=word) | Q(code__icontains=word) | Q(rep__name__icontains=word)
            )
        return queryset


class StockDocumentFilterSet(ListFilterSet):
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=StockDocumentKind.choices)
    status = django_filters.ChoiceFilter(label=_("Status"), choices=StockDocumentStatus.choices)
    location = django_filters.ModelChoiceFilter(
        label=pgettext_lazy("stock", "Place"), queryset=places, method="filter_location"
    )
    since = DayFilter(label=_("From"), field_name="happened_on", lookup_expr="gte")
    until = DayFilter(label=_("Until"), field_name="happened_on", lookup_expr="lte")

    class Meta:
        model = StockDocument
        fields = ["q", "kind", "status", "location", "since", "until"]

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        for word in value.split():
            queryset = queryset.filter(Q(number__icontains=word) | Q(note__icontains=word))
        return queryset

    def filter_location(self, queryset: QuerySet, name: str, value: StockLocation) -> QuerySet:
        return queryset.filter(Q(source=value) | Q(target=value))


class SettlementFilterSet(ListFilterSet):
    status = django_filters.ChoiceFilter(label=_("Status"), choices=SettlementStatus.choices)
    location = django_filters.ModelChoiceFilter(label=_("Van"), queryset=vans)
    rep = django_filters.ModelChoiceFilter(label=_("Rep"), queryset=reps)
    since = DayFilter(label=_("From"), field_name="day", lookup_expr="gte")
    until = DayFilter(label=_("Until"), field_name="day", lookup_expr="lte")

    class Meta:
        model = DaySettlement
        fields = ["q", "status", "location", "rep", "since", "until"]

    def filter_search(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        for word in value.split():
            queryset = queryset.filter(Q(number__icontains=word) | Q(location__name__icontains=word))
        return queryset


class ReturnFilterSet(SlipFilterSet):
    status = django_filters.ChoiceFilter(label=_("Status"), choices=PostingStatus.choices)
    since = DayFilter(label=_("From"), field_name="returned_on", lookup_expr="gte")
    until = DayFilter(label=_("Until"), field_name="returned_on", lookup_expr="lte")

    class Meta:
        model = SalesReturn
        fields = ["q", "status", "rep", "since", "until", "customer"]
