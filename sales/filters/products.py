import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.filters import ListFilterSet
from sales.models import Product, ProductCategory


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
