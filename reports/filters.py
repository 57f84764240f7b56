"""Filters of the sales query; period and rep stand above the list and are kept through its searches."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet

from common.filters import ListFilterSet

KEPT = ("period", "on", "since", "until", "rep")


class _Kept(django_filters.CharFilter):
    """A parameter of the page that the list's form hands on."""

    def __init__(self) -> None:
        super().__init__(widget=forms.HiddenInput())

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return qs


class SalesQueryFilterSet(ListFilterSet):
    """Search by what the rows are: customers or products."""

    period = _Kept()
    on = _Kept()
    since = _Kept()
    until = _Kept()
    rep = _Kept()

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.search(value)

    def chips(self) -> list[dict[str, str]]:
        return []
