"""Forms of follow-ups (B6): the phone's entry form, and the three fields that may be corrected."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.business_calendar import validate_day
from common.widgets import PlainSelect
from crm.enums import DictionaryKind
from crm.models import Contact, Customer, Dictionary, FollowUp, Lead
from crm.models.follow_up import MAX_TEXT
from crm.queries import follow_ups as queries

NOT_CHOSEN = ("", "–")


class MomentInput(forms.DateTimeInput):
    """The browser's own field for a local date and time."""

    input_type = "datetime-local"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M", **kwargs)


class TextField(forms.CharField):
    """A long text as the browser counts it: a new line is one sign, not the two that travel."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").replace("\r\n", "\n")


def _entries(kind: DictionaryKind, **kwargs: Any) -> forms.ModelChoiceField:
    rows = Dictionary.objects.filter(kind=kind, is_active=True)
    return forms.ModelChoiceField(label=kind.label, queryset=rows, required=False, empty_label=None, **kwargs)


def text_field() -> TextField:
    return TextField(
        label=_("What was said and agreed"),
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 5, "maxlength": MAX_TEXT}),
    )


class FollowUpForm(forms.Form):
    uuid = forms.UUIDField(widget=forms.HiddenInput)
    target = forms.CharField(widget=forms.HiddenInput)
    text = text_field()
    method = _entries(DictionaryKind.FOLLOW_METHOD, widget=forms.RadioSelect)
    stage = _entries(DictionaryKind.FOLLOW_STAGE, widget=forms.RadioSelect)
    contact = forms.ModelChoiceField(
        label=_("Contact"),
        queryset=Contact.objects.none(),
        required=False,
        empty_label="–",
        widget=PlainSelect,
    )
    at = forms.DateTimeField(label=_("Time"), required=False, widget=MomentInput(), validators=[validate_day])
    next_at = forms.DateTimeField(
        label=_("Next contact"), required=False, widget=MomentInput(), validators=[validate_day]
    )
    materials = forms.ModelMultipleChoiceField(
        label=_("Materials used"),
        queryset=Dictionary.objects.filter(kind=DictionaryKind.MATERIAL, is_active=True),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    latitude = forms.FloatField(required=False, widget=forms.HiddenInput)
    longitude = forms.FloatField(required=False, widget=forms.HiddenInput)
    accuracy_m = forms.FloatField(required=False, widget=forms.HiddenInput)
    voice_seconds = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, customer: Customer | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        for name, kind in (
            ("method", DictionaryKind.FOLLOW_METHOD),
            ("stage", DictionaryKind.FOLLOW_STAGE),
            ("materials", DictionaryKind.MATERIAL),
        ):
            # The choices of all three lists in one query; the querysets are asked for what was chosen only.
            self.fields[name].widget.choices = self._choices[kind.value]
        if customer is None and self.is_bound:
            kind_of, pk = parse_target(str(self.data.get("target", "")))
            customer = (
                Customer.objects.visible_to(user).filter(pk=pk).first() if kind_of == "customer" else None
            )
        if customer is not None:
            cast(forms.ModelChoiceField, self.fields["contact"]).queryset = customer.contacts.all()

    @property
    def _choices(self) -> dict[str, list[tuple[int, str]]]:
        if not hasattr(self, "_dictionary_choices"):
            self._dictionary_choices = queries.dictionary_choices()
        return self._dictionary_choices

    def clean_target(self) -> Customer | Lead:
        """The customer or lead, as far as the user sees it; whether he may write there the service says."""
        kind, pk = parse_target(self.cleaned_data["target"])
        target: Customer | Lead | None = None
        if kind == "customer":
            target = Customer.objects.visible_to(self.user).filter(pk=pk).first()
        elif kind == "lead" and self.user.has_perm("crm.view_lead"):
            target = Lead.objects.visible_to(self.user).filter(pk=pk).first()
        if target is None:
            raise ValidationError(_("Choose the customer or the lead you talked to."))
        return target

    def labelled_errors(self) -> list[str]:
        """Each error after the name of its field, for where they do not stand at their fields."""
        return [
            f"{self.fields[name].label}：{text}"
            if name in self.fields and self.fields[name].label
            else str(text)
            for name, errors in self.errors.items()
            for text in errors
        ]

    def values(self) -> dict[str, Any]:
        """The cleaned fields as `record_follow_up` takes them."""
        values = dict(self.cleaned_data)
        target = values.pop("target")
        return {**values, "customer" if isinstance(target, Customer) else "lead": target}


def parse_target(text: str) -> tuple[str, int]:
    """("customer" | "lead", id) of "customer-12"; ("", 0) for anything else."""
    kind, _dash, pk = text.partition("-")
    if kind in ("customer", "lead") and pk.isdecimal() and len(pk) < 19:
        return kind, int(pk)
    return "", 0


class FollowUpEditForm(forms.Form):
    text = text_field()
    stage = forms.ModelChoiceField(
        label=_("Stage"),
        queryset=Dictionary.objects.filter(kind=DictionaryKind.FOLLOW_STAGE),
        required=False,
        empty_label="–",
    )
    next_at = forms.DateTimeField(
        label=_("Next contact"), required=False, widget=MomentInput(), validators=[validate_day]
    )

    def __init__(self, data: Any = None, *, follow_up: FollowUp) -> None:
        initial = {"text": follow_up.text, "stage": follow_up.stage_id, "next_at": follow_up.next_at}
        super().__init__(data, initial=initial)
        stages = queries.dictionary_choices()["follow_stage"]
        present = follow_up.stage
        if present is not None and present.pk not in dict(stages):
            stages = [*stages, (present.pk, str(present))]
        self.fields["stage"].widget.choices = [NOT_CHOSEN, *stages]
