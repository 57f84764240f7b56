"""What an agreement says, its signing, its early end, and files."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common import business_calendar
from common.markup import as_typed
from sales.enums import AgreementFileKind, AgreementKind
from sales.forms.base import number_input, plain
from sales.models import Agreement
from sales.rules import MAX_AMOUNT
from sales.rules.agreements import DOCUMENTS, MAX_CLAUSES, PICTURES
from sales.services.agreements import AgreementInput

ACCEPT = ",".join(f".{suffix}" for suffix in (*PICTURES, *DOCUMENTS))


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files; clean() gives a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=FilesInput(attrs={"accept": ACCEPT}), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        uploads = data if isinstance(data, (list, tuple)) else [data] if data else []
        if not uploads and self.required:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return [super(FilesField, self).clean(upload, initial) for upload in uploads]


def day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _amount(label: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=0,
        max_value=MAX_AMOUNT,
        decimal_places=2,
        widget=number_input(label=label),
    )


class AgreementForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), choices=AgreementKind.choices)
    starts_on = forms.DateField(
        label=_("From"), widget=day_input(), validators=[business_calendar.validate_day]
    )
    ends_on = forms.DateField(
        label=_("Until"), widget=day_input(), validators=[business_calendar.validate_day]
    )
    territory = forms.CharField(label=_("Territory"), required=False, max_length=200)
    yearly_amount = _amount(_("Agreed yearly amount"))
    deposit = _amount(_("Deposit"))
    remind_days = forms.IntegerField(label=_("Remind before the end (days)"), min_value=0, max_value=365)
    clauses = forms.CharField(
        label=_("Clauses"),
        required=False,
        max_length=MAX_CLAUSES,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_("Each line becomes a paragraph. Simple HTML is kept: p, h3, b, u, ul, ol, li."),
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, agreement: Agreement | None = None, **kwargs: Any) -> None:
        super().__init__(*args, initial=_first(agreement), **kwargs)

    def values(self) -> AgreementInput:
        """What the service takes."""
        return AgreementInput(**self.cleaned_data)


def _first(agreement: Agreement | None) -> dict[str, Any]:
    if agreement is None:
        today = business_calendar.today()
        year = dt.date(today.year, 12, 31)
        return {"kind": AgreementKind.DEALER, "starts_on": today, "ends_on": year, "remind_days": 30}
    names = ("title", "kind", "starts_on", "ends_on", "territory", "remind_days", "note")
    return {name: getattr(agreement, name) for name in names} | {
        "yearly_amount": plain(agreement.yearly_amount) if agreement.yearly_amount is not None else "",
        "deposit": plain(agreement.deposit) if agreement.deposit is not None else "",
        "clauses": as_typed(agreement.clauses),
    }


class SignForm(forms.Form):
    signed_on = forms.DateField(
        label=_("Signed on"),
        widget=day_input(),
        initial=business_calendar.today,
        validators=[business_calendar.validate_day],
    )
    signed_by = forms.CharField(label=_("Signed for the customer by"), max_length=60)
    scan = FilesField(label=_("Signed scan"), required=False)


class EndForm(forms.Form):
    ended_on = forms.DateField(
        label=_("Ends on"),
        widget=day_input(),
        initial=business_calendar.today,
        validators=[business_calendar.validate_day],
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)


class FileForm(forms.Form):
    files = FilesField(label=_("Files"))
    kind = forms.ChoiceField(label=_("Kind of file"), choices=AgreementFileKind.choices)
