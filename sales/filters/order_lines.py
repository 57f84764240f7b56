import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from sales.filters.base import DayFilter, SlipFilterSet, customers, department_filter, reps
from sales.models import OrderLine, Product, ProductCategory
from sales.queries.actuals import categories_under


def products(request: HttpRequest | None) -> QuerySet:
    return Product.objects.visible_to(request.user) if request else Product.objects.none()


class OrderLineFilterSet(SlipFilterSet):
    department = department_filter("order__rep")
    rep = django_filters.ModelChoiceFilter(label=_("Rep"), field_name="order__rep", queryset=reps)
    customer = django_filters.ModelChoiceFilter(
        label=_("Customer"), field_name="order__customer", queryset=customers, widget=forms.HiddenInput()
    )
    product = django_filters.ModelChoiceFilter(
        label=_("Product"), queryset=products, widget=forms.HiddenInput()
    )
    category = django_filters.ModelChoiceFilter(
        label=_("Category"),
        queryset=ProductCategory.objects.order_by("position", "pk"),
        method="filter_category",
    )
    since = DayFilter(label=_("From"), field_name="order__ordered_on", lookup_expr="gte")
    until = DayFilter(label=_("Until"), field_name="order__ordered_on", lookup_expr="lte")

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        found = Product.objects.search(value).values("pk")
        return queryset.filter(Q(product__in=found) | Q(order__number__icontains=value))

    def filter_category(self, queryset: QuerySet, name: str, value: ProductCategory) -> QuerySet:
        return queryset.filter(product__category__in=categories_under(value.pk))

    class Meta:
        model = OrderLine
        fields = ["q", "category", "rep", "since", "until", "department", "customer", "product"]
