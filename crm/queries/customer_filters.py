"""Filters of the customer list, which the map above shares: one query string means the same customers on both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Department
from accounts.queries import members_of
from common.business_calendar import day_bounds, today
from common.filters import BranchFilter
from common.geo.rings import MAX_CORNERS, Ring, in_ring, read_ring
from common.widgets import PlainMultiple, PlainSelect
from crm.enums import CustomerStatus, Level
from crm.queries import lists as queries
from crm.queries.custom_filters import CustomFieldFilters
from crm.querysets import CustomerQuerySet

POOL = "none"
ANY_ALERT, NO_ALERT = "any", "none"
MISSING = {
    "visit": ("last_visit_on", _("Never visited")),
    "order": ("last_order_on", _("Never ordered")),
    "sale": ("last_sale_on", _("Never bought")),
}
YES_NO = (("1", _("Yes")), ("0", _("No")))
MAX_DAYS = 3650


def _choice(label: Any, **kwargs: Any) -> django_filters.ChoiceFilter:
    return django_filters.ChoiceFilter(widget=PlainSelect, label=label, **kwargs)


def _several(label: Any, **kwargs: Any) -> django_filters.MultipleChoiceFilter:
    # Columns of the customer itself cannot double a row, and DISTINCT would sort all that match before taking 50.
    kwargs.setdefault("distinct", False)
    return django_filters.MultipleChoiceFilter(widget=PlainMultiple, label=label, **kwargs)


def _days(label: Any) -> django_filters.NumberFilter:
    """Silent for over so many days."""
    widget = forms.NumberInput(attrs={"min": 0, "max": MAX_DAYS, "step": 1, "inputmode": "numeric"})
    return django_filters.NumberFilter(
        label=label,
        method="filter_silence",
        widget=widget,
        min_value=0,
        max_value=MAX_DAYS,
        decimal_places=0,
    )


def _day(label: Any, field_name: str, lookup: str) -> django_filters.DateFilter:
    widget = forms.DateInput(attrs={"type": "date"})
    return django_filters.DateFilter(label=label, field_name=field_name, lookup_expr=lookup, widget=widget)


class RingField(forms.CharField):
    """An area as its corners in text; cleaned to a list of (lat, lng)."""

    def clean(self, value: Any) -> list[tuple[float, float]] | None:
        text: str = super().clean(value)
        if not text:
            return None
        try:
            return read_ring(text)
        except ValueError as error:
            message = _("This area cannot be read: 3 to %(n)s corners “latitude,longitude;…” are needed.")
            raise ValidationError(message, params={"n": MAX_CORNERS}) from error


class RingFilter(django_filters.Filter):  # type: ignore[misc]  # the library has no types
    """Within an area drawn on the map, hence without a box."""

    field_class = RingField

    def filter(self, qs: CustomerQuerySet, value: Ring | None) -> CustomerQuerySet:
        return qs.filter(in_ring(value)) if value else qs


SILENCE: dict[str, tuple[str, ...]] = {
    "visit_gap": ("last_visit_on",),
    "order_gap": ("last_order_on",),
    "sale_gap": ("last_sale_on",),
    "follow_up_gap": ("last_follow_up_on",),
    "contact_gap": ("last_visit_on", "last_follow_up_on"),
}


class CustomerFilterSet(CustomFieldFilters):
    custom_target = "customer"
    search_hint = _("Name, initials, code or phone")

    level = _several(_("Level"), choices=Level.choices)
    owner = _choice(_("Owner"), method="filter_owner")
    channel = _several(_("Channel"), field_name="channel_id")
    tag = _several(_("Tag"), method="filter_tag")
    traded = _choice(
        _("Trade"),
        method="filter_traded",
        choices=[("never", _("Never traded")), ("ever", _("Has traded"))],
    )
    gap = _choice(
        _("Missing"),
        method="filter_gap",
        choices=[
            *((key, label) for key, (_column, label) in MISSING.items()),
            ("to_confirm", _("Location to confirm")),
            ("location", _("No location")),
        ],
    )
    region = _several(_("Region"), field_name="region_id")
    maturity = _several(_("Maturity"), field_name="maturity_id")
    intent = _choice(_("Intent"), method="filter_intent", choices=[("high", _("High intent"))])
    stock = _choice(_("Stock"), method="filter_stock", choices=[("low", _("Low stock"))])
    alert = _choice(_("Alert"), method="filter_alert")
    visit_gap = _days(_("Not visited for over (days)"))
    order_gap = _days(_("No order for over (days)"))
    sale_gap = _days(_("No goods for over (days)"))
    follow_up_gap = _days(_("No follow-up for over (days)"))
    contact_gap = _days(_("No contact for over (days)"))
    due = _choice(
        _("Next contact"),
        method="filter_due",
        choices=[
            ("late", _("overdue")),
            ("today", _("by tonight")),
            ("week", _("within 7 days")),
            ("none", _("not planned")),
        ],
    )
    city = django_filters.CharFilter(label=_("City or district"), method="filter_city")
    created_after = _day(_("Created from"), "created_on", "gte")
    created_before = _day(_("Created until"), "created_on", "lte")
    received_after = _day(_("Received from"), "received_on", "gte")
    received_before = _day(_("Received until"), "received_on", "lte")
    shared = _choice(_("Shared with me"), method="filter_shared", choices=YES_NO)
    locked = _choice(_("Locked for its owner"), method="filter_flag", choices=YES_NO)
    exempt = _choice(_("No alerts"), method="filter_flag", choices=YES_NO)
    status = _choice(_("Status"), choices=CustomerStatus.choices)
    department = BranchFilter(
        label=_("Department"), people="owner", members=members_of, queryset=Department.objects.all()
    )

    within = RingFilter(label=_("Area"), widget=forms.HiddenInput())

    folded = (
        *(
            "region",
            "maturity",
            "intent",
            "stock",
            "alert",
            *SILENCE,
            "due",
            "city",
            "created_after",
            "created_before",
        ),
        *("received_after", "received_before", "shared", "locked", "exempt", "status"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, list[Any]] = dict(queries.filter_choices(self.request.user))
        if self.request.user.effective_scope == "all":
            choices["owner"].insert(0, (POOL, _("Nobody's")))
        for name, options in choices.items():
            self.filters[name].extra["choices"] = options
        if kinds := queries.alert_kinds(self.request.user):
            self.filters["alert"].extra["choices"] = [
                (ANY_ALERT, _("Any alert")),
                (NO_ALERT, _("No alert")),
                *kinds,
            ]
        else:
            del self.filters["alert"]
        # One person, no region, no tag: a choice among nothing only takes room.
        for name, least in (("owner", 2), ("region", 1), ("tag", 1), ("maturity", 1)):
            if len(choices[name]) < least:
                del self.filters[name]

    def _words(self, name: str, raw: list[str]) -> str:
        return str(_("drawn on the map")) if name == "within" else super()._words(name, raw)

    def filter_search(self, queryset: Any, name: str, value: str) -> CustomerQuerySet:
        found: CustomerQuerySet = queryset.search(value)
        return found

    def filter_owner(self, queryset: CustomerQuerySet, name: str, value: str) -> CustomerQuerySet:
        return queryset.in_pool() if value == POOL else queryset.filter(owner_id=int(value))

    def filter_tag(self, queryset: CustomerQuerySet, name: str, value: Sequence[str]) -> CustomerQuerySet:
        return queryset.filter(queries.with_tags([int(pk) for pk in value])) if value else queryset

    def filter_traded(self, queryset: CustomerQuerySet, name: str, value: str) -> CustomerQuerySet:
        never = queries.NEVER_TRADED
        return queryset.filter(never if value == "never" else ~never)

    def filter_gap(self, queryset: CustomerQuerySet, name: str, value: str) -> CustomerQuerySet:
        if value == "to_confirm":
            return queryset.filter(location_status="to_confirm")
        if value == "location":
            return queryset.filter(latitude__isnull=True)
        return queryset.filter(Q(**{f"{MISSING[value][0]}__isnull": True}))

    def filter_intent(self, queryset: CustomerQuerySet, name: str, value: str) -> CustomerQuerySet:
        return queryset.filter(queries.high_intent())

    def filter_stock(self, queryset: CustomerQuerySet, name: str, value: str) -> CustomerQuerySet:
        return queryset.filter(queries.low_stock())

    def filter_alert(self, queryset: CustomerQuerySet, name: str, value: str) -> CustomerQuerySet:
        if value == NO_ALERT:
            return queryset.exclude(queries.open_alert())
        return queryset.filter(queries.open_alert(None if value == ANY_ALERT else value))

    def filter_silence(self, queryset: CustomerQuerySet, name: str, value: Any) -> CustomerQuerySet:
        day = today() - dt.timedelta(days=int(value))
        return queryset.filter(queries.silent_since(day, *SILENCE[name]))

    def filter_due(self, queryset: CustomerQuerySet, name: str, value: str) -> CustomerQuerySet:
        if value == "none":
            return queryset.filter(next_contact_at__isnull=True)
        day = today()
        ends = {
            "late": timezone.now(),
            "today": day_bounds(day)[1],
            "week": day_bounds(day + dt.timedelta(days=7))[1],
        }
        return queryset.filter(next_contact_at__lt=ends[value])

    def filter_city(self, queryset: CustomerQuerySet, name: str, value: str) -> CustomerQuerySet:
        text = value.strip()
        return queryset.filter(Q(city__contains=text) | Q(district__contains=text))

    def filter_shared(self, queryset: CustomerQuerySet, name: str, value: str) -> CustomerQuerySet:
        shared = queries.shared_with(self.request.user)
        return queryset.filter(shared if value == "1" else ~shared)

    def filter_flag(self, queryset: CustomerQuerySet, name: str, value: str) -> CustomerQuerySet:
        column = {"locked": "pool_locked", "exempt": "alerts_exempt"}[name]
        return queryset.filter(**{column: value == "1"})
