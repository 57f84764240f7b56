"""What each bulk action asks before it begins."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.business_calendar import day_bounds, today, validate_day
from crm.enums import BulkKind, CustomerStatus, Level
from crm.models import Tag
from crm.queries import customers as queries

LEAVE = ("", _("– leave as it is –"))
CLEAR = ("-", _("– empty it –"))


class BulkForm(forms.Form):
    """Base: `params()` is what the job keeps."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def params(self) -> dict[str, Any]:
        return {}


def _note(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=500,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class BulkAssignForm(BulkForm):
    owner = forms.ModelChoiceField(label=_("New owner"), queryset=User.objects.none(), empty_label="–")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        cast(forms.ModelChoiceField, self.fields["owner"]).queryset = queries.assignable_people(user)

    def params(self) -> dict[str, Any]:
        return {"owner": self.cleaned_data["owner"].pk, "note": self.cleaned_data.get("note", "")}


class BulkTransferForm(BulkAssignForm):
    note = _note(_("Hand-over note"), _("The new owner reads it in the notice and in the owner history."))


class BulkReleaseForm(BulkForm):
    note = _note(_("Why"))

    def params(self) -> dict[str, Any]:
        return {"owner": None, "note": self.cleaned_data["note"]}


class BulkShareForm(BulkForm):
    user = forms.ModelChoiceField(label=_("Colleague"), queryset=User.objects.none(), empty_label="–")
    until = forms.DateField(
        label=_("Until"),
        required=False,
        help_text=_("Empty: until you take it back."),
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=[validate_day],
    )
    can_write = forms.BooleanField(label=_("May also change it"), required=False)
    note = _note(_("Note"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        # Colleagues may sit outside of one's own scope: that is what sharing is for.
        people = User.objects.active().exclude(pk=user.pk).order_by("name", "pk")
        cast(forms.ModelChoiceField, self.fields["user"]).queryset = people

    def clean_until(self) -> dt.date | None:
        until: dt.date | None = self.cleaned_data["until"]
        if until and until < today():
            raise ValidationError(_("The end of sharing lies in the past."))
        return until

    def params(self) -> dict[str, Any]:
        until = self.cleaned_data["until"]
        return {
            "user": self.cleaned_data["user"].pk,
            "can_write": self.cleaned_data["can_write"],
            "expires_at": day_bounds(until)[1].isoformat() if until else None,
            "note": self.cleaned_data["note"],
        }


class BulkTagForm(BulkForm):
    tags = forms.ModelMultipleChoiceField(
        label=_("Tags"), queryset=Tag.objects.all(), widget=forms.CheckboxSelectMultiple
    )

    def params(self) -> dict[str, Any]:
        return {"tags": sorted(tag.pk for tag in self.cleaned_data["tags"])}


class BulkChangeForm(BulkForm):
    level = forms.ChoiceField(label=_("Level"), choices=[LEAVE, *Level.choices, CLEAR], required=False)
    status = forms.ChoiceField(label=_("Status"), choices=[LEAVE, *CustomerStatus.choices], required=False)
    channel = forms.ChoiceField(label=_("Channel"), required=False)
    region = forms.ChoiceField(label=_("Region"), required=False)
    maturity = forms.ChoiceField(label=_("Maturity"), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        entries = queries.dictionary_entries(["channel", "region", "maturity"])
        for kind, choices in entries.items():
            cast(forms.ChoiceField, self.fields[kind]).choices = [LEAVE, *choices, CLEAR]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not any(data.values()):
            raise ValidationError(_("Choose at least one new value."))
        return data

    def params(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, value in self.cleaned_data.items():
            if not value:
                continue
            is_entry = name in ("channel", "region", "maturity")
            if value == CLEAR[0]:
                values[name] = None if is_entry else ""
            else:
                values[name] = int(value) if is_entry else value
        return {"values": values}


FORMS: dict[BulkKind, type[BulkForm]] = {
    BulkKind.ASSIGN: BulkAssignForm,
    BulkKind.TRANSFER: BulkTransferForm,
    BulkKind.RELEASE: BulkReleaseForm,
    BulkKind.SHARE: BulkShareForm,
    BulkKind.ADD_TAGS: BulkTagForm,
    BulkKind.REMOVE_TAGS: BulkTagForm,
    BulkKind.CHANGE: BulkChangeForm,
    BulkKind.PLACE_RIGHT: BulkForm,
    BulkKind.PLACE_WRONG: BulkForm,
}
