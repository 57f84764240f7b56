import django_filters
from django.utils.translation import gettext_lazy as _

from sales.enums import OrderStatus
from sales.filters.base import DayFilter, SlipFilterSet
from sales.models import SalesOrder


class OrderFilterSet(SlipFilterSet):
    status = django_filters.ChoiceFilter(label=_("Status"), choices=OrderStatus.choices)
    since = DayFilter(label=_("From"), field_name="ordered_on", lookup_expr="gte")
    until = DayFilter(label=_("Until"), field_name="ordered_on", lookup_expr="lte")

    class Meta:
        model = SalesOrder
        fields = ["q", "status", "rep", "since", "until", "customer"]
