"""Filters of the customer list."""

from typing import Any

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.filters import ListFilterSet
from common.widgets import PlainSelect
from crm.enums import CustomerStatus, Level
from crm.queries import customers as queries
from crm.querysets import CustomerQuerySet

POOL = "none"
MISSING = {
    "visit": ("last_visit_on", _("Never visited")),
    "order": ("last_order_on", _("Never ordered")),
    "sale": ("last_sale_on", _("Never bought")),
}


class CustomerFilterSet(ListFilterSet):
    level = django_filters.ChoiceFilter(widget=PlainSelect, label=_("Level"), choices=Level.choices)
    channel = django_filters.ChoiceFilter(widget=PlainSelect, label=_("Channel"), field_name="channel_id")
    region = django_filters.ChoiceFilter(widget=PlainSelect, label=_("Region"), field_name="region_id")
    owner = django_filters.ChoiceFilter(widget=PlainSelect, label=_("Owner"), method="filter_owner")
    tag = django_filters.ChoiceFilter(widget=PlainSelect, label=_("Tag"), field_name="tags")
    status = django_filters.ChoiceFilter(
        widget=PlainSelect, label=_("Status"), choices=CustomerStatus.choices
    )
    gap = django_filters.ChoiceFilter(
        widget=PlainSelect,
        label=_("Missing"),
        method="filter_gap",
        choices=[
            *((key, label) for key, (_column, label) in MISSING.items()),
            ("to_confirm", _("Location to confirm")),
            ("location", _("No location")),
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, list[Any]] = dict(queries.filter_choices(self.request.user))
        if self.request.user.effective_scope == "all":
            choices["owner"].insert(0, (POOL, _("Nobody's")))
        for name, options in choices.items():
            self.filters[name].extra["choices"] = options
        # One person, no region, no tag: a choice among nothing only takes room.
        for name, least in (("owner", 2), ("region", 1), ("tag", 1)):
            if len(choices[name]) < least:
                del self.filters[name]

    def filter_search(self, queryset: CustomerQuerySet, name: str, value: str) -> CustomerQuerySet:
        return queryset.search(value)

    def filter_owner(self, queryset: CustomerQuerySet, name: str, value: str) -> CustomerQuerySet:
        return queryset.in_pool() if value == POOL else queryset.filter(owner_id=int(value))

    def filter_gap(self, queryset: CustomerQuerySet, name: str, value: str) -> CustomerQuerySet:
        if value == "to_confirm":
            return queryset.filter(location_status="to_confirm")
        if value == "location":
            return queryset.filter(latitude__isnull=True)
        return queryset.filter(Q(**{f"{MISSING[value][0]}__isnull": True}))
