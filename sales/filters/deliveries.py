import django_filters
from django.utils.translation import gettext_lazy as _

from sales.enums import PostingStatus
from sales.filters.base import DayFilter, SlipFilterSet
from sales.models import Delivery


class DeliveryFilterSet(SlipFilterSet):
    status = django_filters.ChoiceFilter(label=_("Status"), choices=PostingStatus.choices)
    since = DayFilter(label=_("From"), field_name="issued_on", lookup_expr="gte")
    until = DayFilter(label=_("Until"), field_name="issued_on", lookup_expr="lte")

    class Meta:
        model = Delivery
        fields = ["q", "status", "rep", "since", "until", "customer"]
