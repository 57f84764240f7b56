"""Fields that search for one customer or product instead of listing all."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _


class PickerInput(forms.Widget):
    """The search box of a picker template, with the row that is chosen. Pages load static common/js/picker.js."""

    def __init__(self, template: str, context_name: str) -> None:
        super().__init__()
        self.template, self.context_name = template, context_name
        self.queryset: QuerySet | None = None

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = None
        if self.queryset is not None and str(value or "").isdecimal() and len(str(value)) < 19:
            chosen = self.queryset.filter(pk=value).first()
        context = {
            "name": name,
            "picker_id": (attrs or {}).get("id", name),
            self.context_name: chosen,
            "required": self.is_required,
        }
        return render_to_string(self.template, context)

    def id_for_label(self, id_: str) -> str:
        return f"{id_}-search" if id_ else ""


class PickerField(forms.ModelChoiceField):
    """A choice among `queryset`, found by typing. Set the queryset to what the user may see."""

    template = "common/customer_picker.html"
    context_name = "customer"

    def __init__(self, **kwargs: Any) -> None:
        messages = {"invalid_choice": _("Choose one of the list that opens while you type.")}
        super().__init__(
            widget=PickerInput(self.template, self.context_name), error_messages=messages, **kwargs
        )

    def _set_queryset(self, queryset: QuerySet) -> None:
        super()._set_queryset(queryset)
        self.widget.queryset = queryset

    queryset = property(forms.ModelChoiceField._get_queryset, _set_queryset)


class CustomerPickerField(PickerField):
    pass


class ProductPickerField(PickerField):
    template = "sales/product_picker.html"
    context_name = "product"
