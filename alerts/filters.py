"""Filters and facets of the alert analysis page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import Department
from alerts import queries
from alerts.enums import AlertKind, Band
from alerts.rules import band_range, department_paths
from common.business_calendar import today
from common.filters import ListFilterSet
from crm.enums import Level
from crm.models import Customer

ANY = _("All")
NO_LEVEL = "none"
# The value of a counted row under each facet.
READ: dict[str, Callable[[dict[str, Any]], str]] = {
    "kind": lambda row: row["kind"],
    "rep": lambda row: str(row["rep"] or ""),
    "level": lambda row: row["level"] or NO_LEVEL,
    "band": lambda row: row["band"],
}


@dataclass(frozen=True)
class FacetItem:
    """One value of a facet: how many alerts it has under the other facets."""

    value: str
    label: str
    count: int
    chosen: bool
    query: str  # the page with this value chosen, or, when it is, without


class AlertFilterSet(ListFilterSet):
    """`q` and `department` narrow everything; kind, rep, level and band are facets with counts."""

    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=AlertKind.choices, empty_label=ANY)
    # The choices come from the alerts themselves (`offer`), so that only people who have any are offered.
    rep = django_filters.NumberFilter(label=_("Rep"), field_name="customer__owner_id", widget=forms.Select)
    department = django_filters.ChoiceFilter(
        label=_("Department"), method="filter_department", empty_label=ANY
    )
    level = django_filters.ChoiceFilter(
        label=_("Level"),
        choices=[*Level.choices, (NO_LEVEL, _("No level"))],
        method="filter_level",
        empty_label=ANY,
    )
    band = django_filters.ChoiceFilter(
        label=_("Days overdue"), choices=Band.choices, method="filter_band", empty_label=ANY
    )
    FACETS = ("kind", "rep", "level", "band")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today: dt.date = today()
        self.departments = list(Department.objects.with_tree_fields())
        self.rep_names: dict[str, str] = {}
        # A new list for this page; the declared filter is shared by all.
        self.filters["department"].extra["choices"] = [
            (department.pk, "　" * department.tree_depth + department.name) for department in self.departments
        ]

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(customer__in=Customer.objects.all().search(value).values("pk"))

    def filter_department(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        paths = department_paths({department.pk: department.parent_id for department in self.departments})
        wanted = [pk for pk, path in paths.items() if int(value) in path]
        return queryset.filter(customer__owner__department_id__in=wanted)

    def filter_level(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(customer__level="" if value == NO_LEVEL else value)

    def filter_band(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        first, last = band_range(value, self.today)
        return (
            queryset.filter(due_on__lte=last)
            if first is None
            else queryset.filter(due_on__range=(first, last))
        )

    def before_facets(self, alerts: QuerySet) -> QuerySet:
        """`alerts` narrowed by search and department only."""
        for name in ("q", "department"):
            if value := self.form.cleaned_data.get(name):
                alerts = self.filters[name].filter(alerts, value)
        return alerts

    @cached_property
    def counted(self) -> list[dict[str, Any]]:
        """Numbers of alerts under search and department, by all facets at once."""
        if not self.is_valid():
            return []
        return queries.facet_counts(self.before_facets(queries.open_alerts(self.request.user)), self.today)

    @property
    def total(self) -> int:
        """Alerts under all filters, from the counted rows."""
        chosen = self._chosen()
        return sum(row["n"] for row in self.counted if not self._misses(row, chosen))

    def _chosen(self) -> dict[str, str]:
        cleaned = self.form.cleaned_data if self.is_valid() else {}
        return {name: str(cleaned.get(name) or "") for name in self.FACETS}

    def _misses(self, row: dict[str, Any], chosen: dict[str, str]) -> list[str]:
        return [name for name in self.FACETS if chosen[name] and READ[name](row) != chosen[name]]

    def offer(self) -> None:
        """Fill the select of reps from the counted rows."""
        rows = self.counted
        self.rep_names = {str(row["rep"]): row["name"] for row in rows if row["rep"]}
        names = sorted(self.rep_names.items(), key=lambda item: item[1])
        self.form.fields["rep"].widget.choices = [("", ANY), *names]

    def facets(self) -> dict[str, list[FacetItem]]:
        """{facet: its values with counts}: each counted under the choices made in the others."""
        chosen = self._chosen()
        labels: dict[str, list[tuple[str, str]]] = {
            "kind": [(value, str(label)) for value, label in AlertKind.choices],
            "rep": sorted(self.rep_names.items(), key=lambda item: item[1]),
            "level": [*Level.choices, (NO_LEVEL, str(_("No level")))],
            "band": [(value, str(label)) for value, label in Band.choices],
        }
        counts: dict[str, dict[str, int]] = {name: {} for name in self.FACETS}
        for row in self.counted:
            misses = self._misses(row, chosen)
            for name in self.FACETS:
                if not misses or misses == [name]:
                    value = READ[name](row)
                    counts[name][value] = counts[name].get(value, 0) + row["n"]
        return {
            name: [
                FacetItem(
                    value,
                    label,
                    counts[name].get(value, 0),
                    chosen[name] == value,
                    self._without(name, value),
                )
                for value, label in labels[name]
            ]
            for name in self.FACETS
        }

    def _without(self, name: str, value: str) -> str:
        params = self.data.copy()
        was = params.pop(name, [""])
        params.pop("page", None)
        if was[-1] != value:
            params[name] = value
        return "?" + params.urlencode()

    def _words(self, name: str, raw: list[str]) -> str:
        if name == "rep":
            return ", ".join(self.rep_names.get(part, part) for part in raw)
        return super()._words(name, raw).strip()
