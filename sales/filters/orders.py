import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Department
from accounts.queries import members_of
from common.punctuation import listed
from sales.enums import OrderStatus
from sales.filters.base import DayFilter, SlipFilterSet
from sales.models import OrderLine, Product, SalesOrder
from sales.queries.orders import BY_QUEUE, QUEUES


class OrderFilterSet(SlipFilterSet):
    queue = django_filters.ChoiceFilter(
        label=_("Waiting"),
        choices=[(key, label) for key, label, _condition in QUEUES],
        method="filter_queue",
        widget=forms.HiddenInput(),
    )
    status = django_filters.ChoiceFilter(label=_("Status"), choices=OrderStatus.choices)
    department = django_filters.ModelChoiceFilter(
        label=_("Department"), queryset=Department.objects.all(), method="filter_department"
    )
    product = django_filters.CharFilter(
        label=_("Product"),
        method="filter_product",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    since = DayFilter(label=_("From"), field_name="ordered_on", lookup_expr="gte")
    until = DayFilter(label=_("Until"), field_name="ordered_on", lookup_expr="lte")
    least = django_filters.NumberFilter(label=_("Amount from"), field_name="total", lookup_expr="gte")
    most = django_filters.NumberFilter(label=_("Amount until"), field_name="total", lookup_expr="lte")
    folded = ("product", "least", "most")

    class Meta:
        model = SalesOrder
        fields = [
            "q",
            "queue",
            "status",
            "department",
            "rep",
            "since",
            "until",
            "product",
            "least",
            "most",
            "customer",
        ]

    def filter_queue(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(BY_QUEUE[value])

    def filter_department(self, queryset: QuerySet, name: str, value: Department) -> QuerySet:
        return queryset.filter(rep__in=members_of(value.pk))

    def filter_product(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        lines = OrderLine.objects.filter(product__in=Product.objects.search(value))
        return queryset.filter(pk__in=lines.values("order_id"))

    def _words(self, name: str, raw: list[str]) -> str:
        return listed(raw) if name == "product" else super()._words(name, raw)
