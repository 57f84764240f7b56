"""Filters and facets of the alert analysis page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

from accounts.enums import DataScope
from accounts.models import Department, User
from alerts import queries
from alerts.enums import Band, RfmClass, Trend
from alerts.queries import facets
from alerts.queries.rhythm import by_value
from alerts.rules import band_range, department_paths, kind_choices
from common.business_calendar import today
from common.filters import ListFilterSet
from crm.enums import Level
from crm.models import Customer
from territory.models import RouteStop

NONE = facets.NONE
LEVELS = [*Level.choices, (NONE, _("No level"))]
VALUES = [*RfmClass.choices, (NONE, _("No class"))]
TRENDS = [*Trend.choices, (NONE, _("No trend"))]
SNOOZED = [("no", _("Not put off")), ("yes", _("Put off"))]
GROUPS = [("rep", _("Rep")), ("department", _("Department")), ("level", _("Level")), ("route", _("Route"))]


@dataclass(frozen=True)
class FacetItem:
    """One value of a facet: how many alerts it has under the other facets."""

    value: str
    label: str
    count: int
    chosen: bool
    query: str  # the page with this value chosen, or, when it is, without
    depth: int = 0


@dataclass(frozen=True)
class Facet:
    name: str
    label: str
    items: list[FacetItem]


def _hidden(label: str | Promise, choices: Any, **kwargs: Any) -> django_filters.ChoiceFilter:
    return django_filters.ChoiceFilter(label=label, choices=choices, widget=forms.HiddenInput(), **kwargs)


def _key(label: str | Promise, method: str) -> django_filters.CharFilter:
    """An id, or "none"."""
    return django_filters.CharFilter(label=label, method=method, widget=forms.HiddenInput())


class AlertFilterSet(ListFilterSet):
    """`q` narrows everything; the others are facets, which the page shows beside the rows with their counts.

    An alert that was put off is gone from a rep's rows until its day, unless he asks; his superiors see it among
    the others. `group` says how the page sums the rows up and filters nothing.
    """

    search_hint = _("Name, initials, code or phone")

    kind = _hidden(_("Kind"), kind_choices)
    band = _hidden(_("Days overdue"), Band.choices, method="filter_band")
    department = _key(_("Department"), "filter_department")
    rep = _key(_("Rep"), "filter_rep")
    level = _hidden(_("Level"), LEVELS, method="filter_level")
    route = _key(_("Route"), "filter_route")
    channel = _key(_("Channel"), "filter_channel")
    rfm = _hidden(_("Customer value"), VALUES, method="filter_rfm")
    trend = _hidden(_("Trend"), TRENDS, method="filter_trend")
    snoozed = _hidden(_("Put off"), SNOOZED, method="filter_snoozed")
    group = _hidden(_("Group by"), GROUPS, method="filter_nothing")
    FACETS = ("kind", "band", "department", "rep", "level", "rfm", "trend", "route", "channel", "snoozed")
    unchipped = ("group",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today: dt.date = today()
        self.person = self.request.user
        self.default_snoozed = "no" if self.person.effective_scope == DataScope.SELF else ""

    # --- one filter each
    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        return self.narrow(queryset)

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(customer__in=Customer.objects.all().search(value).values("pk"))

    def filter_nothing(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset

    def filter_band(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        first, last = band_range(value, self.today)
        if first is None:
            return queryset.filter(due_on__lte=last)
        return queryset.filter(due_on__range=(first, last))

    def filter_department(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        if value == NONE:
            return queryset.filter(customer__owner__department__isnull=True)
        paths = department_paths(queries.department_parents())
        wanted = [pk for pk, path in paths.items() if value.isdecimal() and int(value) in path]
        return queryset.filter(customer__owner__department_id__in=wanted)

    def filter_rep(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return self._by_key(queryset, "customer__owner", value)

    def filter_channel(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return self._by_key(queryset, "customer__channel", value)

    def filter_level(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(customer__level="" if value == NONE else value)

    def filter_route(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        if value == NONE:
            return facets.without_route(queryset, self.routes)
        if not _is_key(value):
            return queryset.none()
        stops = RouteStop.objects.filter(route__in=self.routes, route_id=int(value))
        return queryset.filter(customer_id__in=stops.values("customer_id"))

    def filter_rfm(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(by_value("rfm", "" if value == NONE else value))

    def filter_trend(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(by_value("trend", "" if value == NONE else value))

    def filter_snoozed(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.snoozed(self.today) if value == "yes" else queryset.awake(self.today)

    @staticmethod
    def _by_key(queryset: QuerySet, field: str, value: str) -> QuerySet:
        if value == NONE:
            return queryset.filter(**{f"{field}__isnull": True})
        return queryset.filter(**{f"{field}_id": int(value)}) if _is_key(value) else queryset.none()

    @cached_property
    def routes(self) -> QuerySet:
        return facets.routes_of(self.person)

    def value(self, name: str) -> str:
        """What is chosen in a facet; "" for everything."""
        cleaned = self.form.cleaned_data if self.is_valid() else {}
        default = self.default_snoozed if name == "snoozed" else ""
        return str(cleaned.get(name) or default)

    def narrow(self, alerts: QuerySet, *, without: str = "") -> QuerySet:
        """`alerts` under the search and every facet but one."""
        if q := self.form.cleaned_data.get("q"):
            alerts = self.filter_search(alerts, "q", q)
        for name in self.FACETS:
            value = self.value(name)
            if value and name != without:
                alerts = self.filters[name].filter(alerts, value)
        return alerts

    # --- facets
    def facets(self) -> list[Facet]:
        """Every facet's values with their counts, each counted under the choices made in the others."""
        if not self.is_valid():
            return []
        alerts = queries.open_alerts(self.person)
        narrowed = {name: self.narrow(alerts, without=name) for name in self.FACETS}
        counts = facets.facet_counts(narrowed, self.today, self.routes)
        found = []
        for name in self.FACETS:
            chosen = self.value(name)
            counted = counts[name] | ({chosen: counts[name].get(chosen, 0)} if chosen else {})
            items = [
                FacetItem(value, label, n, chosen == value, self._with(name, value), depth)
                for value, label, depth, n in self._labelled(name, counted)
                if n or chosen == value
            ]
            found.append(Facet(name, str(self.filters[name].label), items))
        return found

    def _labelled(self, name: str, counts: dict[str, int]) -> Iterable[tuple[str, str, int, int]]:
        """(value, label, depth, count) in the order in which a facet shows them."""
        if name == "department":
            return _branches(counts)
        choices: list[tuple[str, Any]] = (
            list(_CHOICES[name]()) if name in _CHOICES else self._names(name, counts)
        )
        if NONE in counts and name in _WITHOUT:
            choices.append((NONE, _WITHOUT[name]))
        return [(value, str(label), 0, counts.get(value, 0)) for value, label in choices]

    def _names(self, name: str, counts: Iterable[str]) -> list[tuple[str, Any]]:
        if name == "rep":
            names = facets.rep_names(set(counts))
        elif name == "channel":
            names = facets.channel_names(set(counts))
        else:
            names = facets.route_names(self.routes, set(counts))
        return sorted(names.items(), key=lambda item: item[1])

    def _with(self, name: str, value: str) -> str:
        params = self.data.copy()
        was = params.pop(name, [""])
        params.pop("page", None)
        if was[-1] != value:
            params[name] = value
        return "?" + params.urlencode()

    def _words(self, name: str, raw: list[str]) -> str:
        """What a chip says."""
        value = raw[-1]
        if name in _WITHOUT and value == NONE:
            return str(_WITHOUT[name])
        if name == "department":
            return next((str(d) for d in facets.departments() if str(d.pk) == value), value)
        if name in ("rep", "channel", "route"):
            return dict(self._names(name, {value: 0})).get(value, value)
        return super()._words(name, raw).strip()


def _is_key(value: str) -> bool:
    return value.isdecimal() and len(value) < 19


_CHOICES: dict[str, Any] = {
    "kind": kind_choices,
    "band": lambda: Band.choices,
    "level": lambda: Level.choices,
    "rfm": lambda: RfmClass.choices,
    "trend": lambda: Trend.choices,
    "snoozed": lambda: SNOOZED,
}
_WITHOUT: dict[str, Any] = {
    "department": _("No department"),
    "rep": _("No owner"),
    "level": _("No level"),
    "rfm": _("No class"),
    "trend": _("No trend"),
    "channel": _("No channel"),
    "route": _("No route"),
}


def _branches(counts: dict[str, int]) -> list[tuple[str, str, int, int]]:
    """Departments as a tree; each has its own alerts and those of the departments below it."""
    tree = facets.departments()
    total = {str(department.pk): counts.get(str(department.pk), 0) for department in tree}
    for department in reversed(tree):  # children stand after their parents
        if department.parent_id is not None:
            total[str(department.parent_id)] += total[str(department.pk)]
    rows = [(str(d.pk), d.name, d.tree_depth, total[str(d.pk)]) for d in tree]
    return [*rows, (NONE, str(_WITHOUT["department"]), 0, counts.get(NONE, 0))]


def group_names(
    by: str, groups: Mapping[str, queries.Group], filterset: AlertFilterSet
) -> list[queries.Group]:
    """The groups with their names, most alerts first."""
    if by == "department":
        labels = {str(department.pk): str(department) for department in facets.departments()}
    elif by == "level":
        labels = {value: str(label) for value, label in LEVELS}
    elif by == "rep":
        labels = facets.rep_names(set(groups))
    else:
        labels = facets.route_names(filterset.routes, set(groups))
    for group in groups.values():
        group.label = labels.get(group.key) or str(_WITHOUT[by] if group.key == NONE else group.key)
    return sorted(groups.values(), key=lambda group: (-group.alerts, group.label))


# --- customers by value
_SCORES = [(str(score), str(score)) for score in range(1, 6)]


class ValueFilterSet(ListFilterSet):
    """Class, trend, scores, who answers for the customer, and whether the rhythm is broken."""

    search_hint = _("Name, initials, code or phone")

    rfm = django_filters.ChoiceFilter(
        label=_("Customer value"),
        choices=[*RfmClass.choices, (NONE, _("No order for a year"))],
        method="filter_rfm",
        empty_label=_("All"),
    )
    trend = django_filters.ChoiceFilter(label=_("Trend"), choices=Trend.choices, empty_label=_("All"))
    broken = django_filters.ChoiceFilter(
        label=_("Reorder rhythm"),
        choices=[("yes", _("Off its rhythm")), ("no", _("In order"))],
        method="filter_broken",
        empty_label=_("All"),
    )
    level = django_filters.ChoiceFilter(
        label=_("Level"), field_name="customer__level", choices=Level.choices, empty_label=_("All")
    )
    rep = django_filters.NumberFilter(label=_("Rep"), field_name="customer__owner_id", widget=forms.Select)
    department = django_filters.ChoiceFilter(
        label=_("Department"), method="filter_department", empty_label=_("All")
    )
    recency_score = django_filters.ChoiceFilter(
        label=_("Recency score"), choices=_SCORES, empty_label=_("All")
    )
    frequency_score = django_filters.ChoiceFilter(
        label=_("Frequency score"), choices=_SCORES, empty_label=_("All")
    )
    money_score = django_filters.ChoiceFilter(label=_("Money score"), choices=_SCORES, empty_label=_("All"))
    folded = ("level", "rep", "department", "recency_score", "frequency_score", "money_score")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.departments = list(Department.objects.with_tree_fields())
        self.filters["department"].extra["choices"] = [
            (each.pk, "　" * each.tree_depth + each.name) for each in self.departments
        ]

    def offer(self) -> None:
        """Fill the select of reps with those the person sees."""
        people = User.objects.visible_to(self.request.user).active().order_by("name", "pk")
        names = [(str(pk), name) for pk, name in people.values_list("pk", "name")]
        self.form.fields["rep"].widget.choices = [("", _("All")), *names]

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(customer__in=Customer.objects.all().search(value).values("pk"))

    def filter_rfm(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(rfm="" if value == NONE else value)

    def filter_broken(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        late = {"limit_on__lt": today()}
        return queryset.filter(**late) if value == "yes" else queryset.exclude(**late)

    def filter_department(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        paths = department_paths({each.pk: each.parent_id for each in self.departments})
        branch = [pk for pk, path in paths.items() if int(value) in path]
        return queryset.filter(customer__owner__department_id__in=branch)

    def _words(self, name: str, raw: list[str]) -> str:
        if name == "rep":
            names = dict(self.form.fields["rep"].widget.choices)
            return "、".join(str(names.get(part, part)) for part in raw)
        return super()._words(name, raw).strip()
