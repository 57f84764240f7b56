"""Forms of the targets' pages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from sales.queries.targets import Measure, Subject
from sales.rules import targets as rules
from sales.services.targets import MAX_PERCENT, value_problem

MAX_FILE_MB = 10


def subject_choices(found: list[Subject]) -> list[tuple[str, str]]:
    """Names as a tree, indented by full-width spaces, which a drop-down keeps."""
    return [(subject.key, "\u3000" * subject.depth + subject.name) for subject in found]


class TargetField(forms.CharField):
    """A target as people write it; cleaned to a Decimal. The measure says whether it is counted."""

    measure = ""

    def clean(self, value: Any) -> Decimal:
        text = super().clean(value)
        try:
            number = rules.parse_value(text, self.measure)
        except rules.BadValue as error:
            raise ValidationError(value_problem(error.code) % {"text": text[:30]}) from error
        if number is None:
            raise ValidationError(self.error_messages["required"])
        return number


class CopyForm(forms.Form):
    """Last year, a little more or less."""

    prefix = "copy"
    source = forms.ChoiceField(
        label=_("Take over"),
        choices=[("targets", _("last year's targets")), ("actuals", _("what was reached last year"))],
        widget=forms.RadioSelect,
        initial="targets",
    )
    percent = forms.DecimalField(
        label=_("More or less, in %"),
        initial=Decimal(0),
        min_value=-100,
        max_value=MAX_PERCENT,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
        help_text=_("10 makes 110 out of 100; a minus makes less."),
    )
    under = forms.ChoiceField(label=_("For"), required=False)
    keep = forms.BooleanField(label=_("Keep months that have a target already"), required=False, initial=True)

    def __init__(self, *args: Any, found: list[Subject], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["under"].choices = [("", _t("everybody")), *subject_choices(found)]


class SpreadForm(forms.Form):
    """A year's target over its months."""

    prefix = "spread"
    key = forms.ChoiceField(label=_("For"))
    total = TargetField(
        label=_("Target of the year"),
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=_("120万 is 1,200,000."),
    )
    shape = forms.ChoiceField(
        label=_("Over the months"),
        choices=[("even", _("evenly")), ("last_year", _("in the shape of last year"))],
        widget=forms.RadioSelect,
        initial="even",
    )

    def __init__(self, *args: Any, found: list[Subject], measure: Measure, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].choices = subject_choices(found)
        self.fields["total"].measure = measure.name


class TargetUploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("xlsx, xls or csv"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_FILE_MB * 1024 * 1024:
            raise ValidationError(_t("The file is larger than %(n)s MB.") % {"n": MAX_FILE_MB})
        return file
