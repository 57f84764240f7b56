import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Department
from accounts.queries import members_of
from common import business_calendar
from common.punctuation import listed
from sales.enums import QuoteStatus
from sales.filters.base import DayFilter, SlipFilterSet
from sales.models import Product, Quote, QuoteLine
from sales.rules.quotes import EXPIRED, EXPIRED_LABEL


class QuoteFilterSet(SlipFilterSet):
    status = django_filters.ChoiceFilter(
        label=_("Status"), choices=[*QuoteStatus.choices, (EXPIRED, EXPIRED_LABEL)], method="filter_status"
    )
    department = django_filters.ModelChoiceFilter(
        label=_("Department"), queryset=Department.objects.all(), method="filter_department"
    )
    product = django_filters.CharFilter(
        label=_("Product"),
        method="filter_product",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    since = DayFilter(label=_("From"), field_name="quoted_on", lookup_expr="gte")
    until = DayFilter(label=_("Until"), field_name="quoted_on", lookup_expr="lte")
    versions = django_filters.ChoiceFilter(
        label=_("Versions"), choices=[("all", _("All versions"))], empty_label=_("Latest"), method="keep"
    )
    folded = ("since", "until", "versions")

    class Meta:
        model = Quote
        fields = ["q", "status", "department", "rep", "product", "since", "until", "versions", "customer"]

    @property
    def qs(self) -> QuerySet:
        rows = super().qs
        chosen = self.form.cleaned_data if self.form.is_valid() else {}
        # What is superseded is no latest version: who asks for it wants to see it.
        every = chosen.get("versions") == "all" or chosen.get("status") == QuoteStatus.SUPERSEDED
        return rows if every else rows.filter(is_latest=True)

    def keep(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset

    def filter_status(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        today = business_calendar.today()
        if value == EXPIRED:
            return queryset.filter(status=QuoteStatus.SENT, valid_until__lt=today)
        if value == QuoteStatus.SENT:
            queryset = queryset.filter(valid_until__gte=today)
        return queryset.filter(status=value)

    def filter_department(self, queryset: QuerySet, name: str, value: Department) -> QuerySet:
        return queryset.filter(rep__in=members_of(value.pk))

    def filter_product(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        lines = QuoteLine.objects.filter(product__in=Product.objects.search(value))
        return queryset.filter(pk__in=lines.values("quote_id"))

    def _words(self, name: str, raw: list[str]) -> str:
        return listed(raw) if name == "product" else super()._words(name, raw)
