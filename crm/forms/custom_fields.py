"""The fields a company added itself, in the forms of customers and leads (A5)."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.enums import CustomFieldKind
from crm.models import CustomField
from crm.queries.custom_fields import active_fields
from crm.rules import custom_fields as rules

NOT_CHOSEN = ("", "–")


class CustomFieldsForm(forms.ModelForm):
    """Base of a form whose record has `extra`: one form field for each custom field in use.

    What was changed goes into `cleaned_data["extra"]` next to the keys no field knows, and `changed_data` then has
    "extra". A value that was there before and does not fit its kind (imported, or the kind was changed) stays until
    somebody changes it.
    """

    custom_target: ClassVar[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customs = {f"extra_{field.pk}": field for field in active_fields(self.custom_target)}
        for name, field in self.customs.items():
            present = (self.instance.extra or {}).get(field.label)
            self.fields[name], self.initial[name] = _form_field(field, present)

    @property
    def custom_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.customs]

    @property
    def changed_data(self) -> list[str]:  # type: ignore[override]
        names = super().changed_data
        others = [name for name in names if name not in self.customs]
        return others if len(others) == len(names) else [*others, "extra"]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        assert cleaned is not None
        extra = dict(self.instance.extra or {})
        for name, field in self.customs.items():
            if name not in cleaned:
                continue  # refused already
            typed = cleaned.pop(name)
            if not self[name]._has_changed():  # type: ignore[attr-defined]
                continue
            try:
                value = _value(field, typed)
            except ValidationError as error:
                self.add_error(name, error)
                continue
            if value in (None, ""):
                extra.pop(field.label, None)
            else:
                extra[field.label] = value
        if self.customs:
            cleaned["extra"] = extra
        return cleaned


def _form_field(field: CustomField, present: Any) -> tuple[forms.Field, str]:
    """The form field and its initial text."""
    text = "" if present is None else str(present)
    common: dict[str, Any] = {"label": field.label, "required": field.required}
    if field.kind in (CustomFieldKind.CHOICE, CustomFieldKind.YES_NO):
        options = [(option, option) for option in field.options]
        if field.kind == CustomFieldKind.YES_NO:
            options = [("yes", _("Yes")), ("no", _("No"))]
            known = rules.yes_no(present)
            text = text if known is None else ("yes" if known else "no")
        if text and text not in dict(options):
            options.append((text, text))  # no longer offered, but chosen here
        return forms.ChoiceField(choices=[NOT_CHOSEN, *options], **common), text
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    if field.kind == CustomFieldKind.NUMBER:
        widget.attrs["inputmode"] = "decimal"
    elif field.kind == CustomFieldKind.DATE and _is_day(text):
        widget = forms.DateInput(attrs={"type": "date"})
    # An imported text may be longer than what is typed here.
    limit = max(rules.MAX_TEXT, len(text))
    return forms.CharField(max_length=limit, widget=widget, **common), text


def _is_day(text: str) -> bool:
    """Whether a date input can show it; what it cannot show it would send back empty."""
    try:
        return not text or rules.iso_date(text) == text
    except ValueError:
        return False


def _value(field: CustomField, typed: str) -> str | int | float:
    """What is kept for a text typed: text, a number, an ISO date. Raises ValidationError."""
    if not typed:
        return ""
    if field.kind == CustomFieldKind.YES_NO:
        return _("Yes") if rules.yes_no(typed) else _("No")
    try:
        if field.kind == CustomFieldKind.NUMBER:
            return rules.number(typed)
        if field.kind == CustomFieldKind.DATE:
            return rules.iso_date(typed)
    except ValueError as error:
        number = field.kind == CustomFieldKind.NUMBER
        text = _("Enter a number of at most 15 digits.") if number else _("Enter a date like 2026-11-24.")
        raise ValidationError(text) from error
    return typed
