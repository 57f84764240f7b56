import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from common.filters import ListFilterSet
from territory.models import Route


class RouteFilterSet(ListFilterSet):
    # The search box finds a route by its rep's name too.
    is_active = django_filters.ChoiceFilter(
        label=_("Status"), choices=[("true", _("In use")), ("false", _("Not in use"))], method="filter_active"
    )

    class Meta:
        model = Route
        fields: list[str] = []

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(Q(name__icontains=value) | Q(rep__name__icontains=value))

    def filter_active(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(is_active=value == "true")
