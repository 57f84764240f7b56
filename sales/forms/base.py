"""Building blocks of the forms of sales."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError


def number_input(*, label: Any, mode: str = "decimal", **attrs: Any) -> forms.NumberInput:
    """A number for the phone's keypad, named for screen readers: it stands in a grid without a label of its own."""
    fixed = {"inputmode": mode, "min": 0, "step": "any", "autocomplete": "off", "aria-label": label}
    return forms.NumberInput(attrs=fixed | attrs)


def plain(value: Decimal) -> str:
    """For an input: 3.000 → 3, 1.500 → 1.5, nothing for none."""
    text = f"{value:f}" if value else ""
    return text.rstrip("0").rstrip(".") if "." in text else text


def attach_errors(form: forms.BaseForm, error: ValidationError) -> None:
    """Show a service's refusal in the form: at its field, or on top when the form does not have that field."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for field, errors in error.error_dict.items():
        form.add_error(field if field in form.fields else None, errors)
