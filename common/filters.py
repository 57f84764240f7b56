"""Filter forms of list pages: django-filter with our look and a readable chip for each set filter."""

from collections.abc import Callable, Collection
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


def day_choices(*counts: int) -> Callable[[], list[tuple[str, str]]]:
    """The choices "3 days", "7 days" …, worded for each reader."""
    return lambda: [(str(days), gettext("%(n)s days") % {"n": days}) for days in counts]


class BranchFilter(django_filters.ModelChoiceFilter):
    """Rows of the people of one branch of a tree (a department); set by links of boards, hence without a box.

    `people` is the relation of the rows, `members(pk)` gives the ids it may have.
    """

    def __init__(
        self, *, people: str, members: Callable[[int], Collection[int]], queryset: QuerySet, label: Any
    ) -> None:
        super().__init__(label=label, queryset=queryset, widget=forms.HiddenInput())
        self.people, self.members = people, members

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return qs.filter(**{f"{self.people}__in": self.members(value.pk)}) if value else qs


class ListFilterSet(django_filters.FilterSet):
    """Base of every list's filters. `q` is the search box; the subclass says what it searches.

    `folded` names the filters that wait behind the button "Filter"; those in use show as chips in any case.
    `unchipped` names those that the page shows by itself. `search_hint` stands in the empty search box: what it looks at.
    """

    folded: tuple[str, ...] = ()
    unchipped: tuple[str, ...] = ()
    search_hint: str | Promise = ""

    q = django_filters.CharFilter(
        label=_("Search"),
        method="filter_search",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Search"), "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.search_hint:  # the filters are this instance's own copies
            self.filters["q"].extra["widget"].attrs["placeholder"] = self.search_hint

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        raise NotImplementedError

    def problems(self) -> list[tuple[str, str]]:
        """What is wrong with filters: the filter's label and a sentence, for the list that therefore shows no row."""
        fields = self.form.fields
        return [
            (str(fields[name].label) if name in fields else "", " ".join(map(str, errors)))
            for name, errors in self.form.errors.items()
        ]

    def chips(self) -> list[dict[str, str]]:
        """One chip for each filter in use: its label, its value in words, the query string without it."""
        chips = []
        for name, field in self.form.fields.items():
            raw = self.data.getlist(name) if isinstance(self.data, QueryDict) else []
            if name == "q" or name in self.unchipped or not any(raw):
                continue
            params = self.data.copy()
            params.pop(name)
            params.pop("page", None)
            chips.append(
                {"label": str(field.label), "value": self._words(name, raw), "query": params.urlencode()}
            )
        return chips

    def _words(self, name: str, raw: list[str]) -> str:
        value: Any = self.form.cleaned_data.get(name) if self.form.is_valid() else None
        choices = getattr(self.form.fields[name], "choices", None)
        if choices is None or value is None:
            return "、".join(raw)
        wanted = {str(part) for part in raw}
        labels = [
            str(label)
            for key, label in choices
            if not isinstance(label, (list, tuple)) and str(key) in wanted
        ]
        return "、".join(labels) or "、".join(raw)
