import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common import business_calendar
from common.filters import ListFilterSet
from crm.models import Customer
from sales.enums import CostKind, PaymentMethod, PostingStatus, SlipKind
from sales.filters.base import DayFilter, SlipFilterSet, reps
from sales.models import CostEntry, FinanceSlip, Refund
from sales.queries.aging import due_q
from sales.queries.finance import CHECKED, NEW, SENT_BACK
from sales.rules.aging import BUCKETS, BY_KEY

_STATES = {"new": NEW, "sent_back": SENT_BACK, "checked": CHECKED}


class SlipInboxFilterSet(SlipFilterSet):
    state = django_filters.ChoiceFilter(
        label=_("Status"),
        method="filter_state",
        choices=[("new", _("Not checked yet")), ("sent_back", _("Sent back")), ("checked", _("Checked"))],
    )
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=SlipKind.choices)
    since = DayFilter(label=_("From"), method="filter_since")
    until = DayFilter(label=_("Until"), method="filter_until")

    class Meta:
        model = FinanceSlip
        fields = ["q", "state", "kind", "rep", "since", "until", "customer"]

    def filter_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(_STATES[value])

    def filter_since(self, queryset: QuerySet, name: str, value) -> QuerySet:
        return queryset.filter(arrived_at__gte=business_calendar.day_bounds(value)[0])

    def filter_until(self, queryset: QuerySet, name: str, value) -> QuerySet:
        return queryset.filter(arrived_at__lt=business_calendar.day_bounds(value)[1])


class RefundFilterSet(SlipFilterSet):
    status = django_filters.ChoiceFilter(label=_("Status"), choices=PostingStatus.choices)
    method = django_filters.ChoiceFilter(label=_("Paid back by"), choices=PaymentMethod.choices)
    since = DayFilter(label=_("From"), field_name="refunded_on", lookup_expr="gte")
    until = DayFilter(label=_("Until"), field_name="refunded_on", lookup_expr="lte")

    class Meta:
        model = Refund
        fields = ["q", "status", "method", "rep", "since", "until", "customer"]


class CostFilterSet(SlipFilterSet):
    status = django_filters.ChoiceFilter(label=_("Status"), choices=PostingStatus.choices)
    kind = django_filters.ChoiceFilter(label=_("What for"), choices=CostKind.choices)
    since = DayFilter(label=_("From"), field_name="spent_on", lookup_expr="gte")
    until = DayFilter(label=_("Until"), field_name="spent_on", lookup_expr="lte")

    class Meta:
        model = CostEntry
        fields = ["q", "status", "kind", "rep", "since", "until", "customer"]


class OverdueFilterSet(ListFilterSet):
    owner = django_filters.ModelChoiceFilter(label=_("Owner"), queryset=reps)
    bucket = django_filters.ChoiceFilter(
        label=_("Oldest overdue"),
        method="filter_bucket",
        choices=[(bucket.key, bucket.label) for bucket in BUCKETS[1:]],
    )
    promise = django_filters.ChoiceFilter(
        label=_("Promise"),
        method="filter_promise",
        choices=[
            ("due", _("promised until today")),
            ("open", _("promised for later")),
            ("none", _("no promise")),
        ],
    )

    class Meta:
        model = Customer
        fields = ["q", "owner", "bucket", "promise"]

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.search(value)

    def filter_bucket(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(due_q(BY_KEY[value], business_calendar.today(), "oldest_due"))

    def filter_promise(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        today = business_calendar.today()
        if value == "none":
            return queryset.filter(promised_on__isnull=True)
        return queryset.filter(**{"promised_on__lte" if value == "due" else "promised_on__gt": today})
