from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.filters import ListFilterSet
from sales.forms.products import category_choices
from sales.models import Product
from sales.queries import products as queries


def brand_choices() -> list[tuple[str, str]]:
    return [(brand, brand) for brand in queries.brands()]


class CategoryFilter(django_filters.ChoiceFilter):
    """The tree as a select; a category stands for all that lies below it, too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=lambda: category_choices()[1:], **kwargs)

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        if not value:
            return qs
        return qs.filter(category__in=queries.category_ids(int(value)))


class ProductFilterSet(ListFilterSet):
    category = CategoryFilter(label=_("Category"))
    brand = django_filters.ChoiceFilter(label=_("Brand"), choices=brand_choices)
    is_active = django_filters.ChoiceFilter(
        label=_("On sale"),
        choices=[("true", _("Yes")), ("false", _("No"))],
        method="filter_active",
    )

    class Meta:
        model = Product
        fields = ["q", "category", "brand", "is_active"]

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.search(value)

    def filter_active(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(is_active=value == "true")
