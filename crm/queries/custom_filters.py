"""Filters of lists by the fields a company added itself (A5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EMPTY_VALUES
from django.db.models import Lookup, QuerySet
from django.db.models.lookups import Exact, GreaterThanOrEqual, IContains, LessThanOrEqual
from django.utils.translation import gettext as _

from common.filters import ListFilterSet
from common.widgets import PlainSelect
from crm.enums import CustomFieldKind
from crm.models import CustomField
from crm.queries.custom_fields import CustomValue, active_fields, key_of
from crm.rules import custom_fields as rules


class NumberField(forms.CharField):
    """A number as the custom field itself takes it; see `crm.rules.custom_fields.number`."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def clean(self, value: Any) -> int | float | None:
        text: str = super().clean(value)
        try:
            return rules.number(text) if text else None
        except ValueError as error:
            raise ValidationError(_("Enter a number of at most 15 digits.")) from error


class CustomFilter(django_filters.Filter):  # type: ignore[misc]  # the library has no types
    """Compares the value of a custom field with the one chosen in a `box`, a form field; `wanted` turns that into what
    the database keeps."""

    def __init__(
        self,
        field: CustomField,
        lookup: type[Lookup[Any]],
        *,
        box: type[forms.Field],
        wanted: Callable[[Any], Any] = lambda value: value,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.field_class = box
        self.kept, self.lookup, self.wanted = CustomValue.of(field), lookup, wanted

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs if value in EMPTY_VALUES else qs.filter(self.lookup(self.kept, self.wanted(value)))


def filters_of(field: CustomField) -> dict[str, CustomFilter]:
    """The filters of one field by their names in the address: one, or the two ends of a span."""
    key, label = key_of(field), field.label
    if field.kind == CustomFieldKind.TEXT:
        box: dict[str, Any] = {"box": forms.CharField, "max_length": rules.MAX_TEXT}
        return {key: CustomFilter(field, IContains, label=label, **box)}
    if field.kind in (CustomFieldKind.CHOICE, CustomFieldKind.YES_NO):
        yes_no = field.kind == CustomFieldKind.YES_NO
        offered = [("1", _("Yes")), ("0", _("No"))] if yes_no else [(name, name) for name in field.options]
        box = {"box": forms.ChoiceField, "widget": PlainSelect, "choices": [("", _("All")), *offered]}
        return {key: CustomFilter(field, Exact, label=label, wanted=int if yes_no else str, **box)}
    if field.kind == CustomFieldKind.DATE:
        day = forms.DateInput(attrs={"type": "date"})
        box = {"box": forms.DateField, "widget": day, "wanted": dt.date.isoformat}
    else:
        box = {"box": NumberField}
    since, until = _("%(field)s from") % {"field": label}, _("%(field)s until") % {"field": label}
    return {
        f"{key}_from": CustomFilter(field, GreaterThanOrEqual, label=since, **box),
        f"{key}_to": CustomFilter(field, LessThanOrEqual, label=until, **box),
    }


class CustomFieldFilters(ListFilterSet):
    """Base of the filters of a list whose rows have `extra`: those of the fields in use come last, folded.

    `customs` are the fields, for who has read them already.
    """

    custom_target: ClassVar[str]

    def __init__(self, *args: Any, customs: Sequence[CustomField] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields = active_fields(self.custom_target) if customs is None else customs
        added = {name: made for field in fields for name, made in filters_of(field).items()}
        for name, made in added.items():
            made.parent, made.model = self, self.queryset.model
            self.filters[name] = made
        self.folded = (*self.folded, *added)
