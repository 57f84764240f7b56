import datetime as dt

import django_filters
from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from common import business_calendar
from common.filters import ListFilterSet
from crm.models import Customer
from sales.enums import PaymentMethod, PostingStatus
from sales.filters.base import DayFilter, SlipFilterSet, reps
from sales.models import Receipt
from sales.queries.receivables import overdue_expression


class ReceiptFilterSet(SlipFilterSet):
    folded = ("ahead",)
    status = django_filters.ChoiceFilter(label=_("Status"), choices=PostingStatus.choices)
    method = django_filters.ChoiceFilter(label=_("Paid by"), choices=PaymentMethod.choices)
    since = DayFilter(label=_("From"), field_name="received_on", lookup_expr="gte")
    until = DayFilter(label=_("Until"), field_name="received_on", lookup_expr="lte")
    ahead = django_filters.ChoiceFilter(
        label=_("Paid ahead"), method="filter_ahead", choices=[("yes", _("with money left"))]
    )

    class Meta:
        model = Receipt
        fields = ["q", "status", "method", "rep", "since", "until", "ahead", "customer"]

    def filter_ahead(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Posted receipts of which a part is neither set against bills nor paid back."""
        return queryset.filter(status=PostingStatus.POSTED, used__lt=F("amount"))


class DebtorFilterSet(ListFilterSet):
    owner = django_filters.ModelChoiceFilter(label=_("Owner"), queryset=reps)
    late = django_filters.ChoiceFilter(
        label=_("Overdue"),
        method="filter_late",
        choices=[("yes", _("Overdue only")), ("today", _("Overdue or due today"))],
    )

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.search(value)

    def filter_late(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        if value == "today":
            tomorrow = business_calendar.today() + dt.timedelta(days=1)
            return queryset.annotate(due_by_tonight=overdue_expression(tomorrow)).filter(due_by_tonight__gt=0)
        return queryset.filter(overdue__gt=0)

    class Meta:
        model = Customer
        fields = ["q", "owner", "late"]
