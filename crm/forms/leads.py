"""Forms of leads: the quick add, assigning, moving, converting."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from crm.enums import BulkKind, DictionaryKind, LeadStage, Level
from crm.forms.bulk import BulkAssignForm, BulkForm
from crm.forms.custom_fields import CustomFieldsForm
from crm.forms.customers import NOT_CHOSEN
from crm.models import Customer, Lead
from crm.queries import customers as customer_queries
from crm.rules.leads import PATH

# What a rep types at the shop's door, and the rest, folded on the phone.
SHORT = ("name", "contact", "phones", "source", "address", "notes")
MORE = ("job", "contact2", "job2", "phones2", "region", "industry", "province", "city", "district", "tax_id")
_DICTIONARIES = (DictionaryKind.SOURCE, DictionaryKind.REGION, DictionaryKind.INDUSTRY)


class LeadForm(CustomFieldsForm):
    custom_target = "lead"
    contact = forms.CharField(label=_("Contact"), required=False, max_length=40)
    job = forms.CharField(label=_("Job title"), required=False, max_length=40)
    phones = forms.CharField(
        label=_("Phone"),
        required=False,
        max_length=300,
        help_text=_("Several numbers: separate them with a comma."),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    contact2 = forms.CharField(label=_("Second contact"), required=False, max_length=40)
    job2 = forms.CharField(label=_("Position of the second contact"), required=False, max_length=40)
    phones2 = forms.CharField(
        label=_("Phone of the second contact"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )

    class Meta:
        model = Lead
        fields = [
            *("name", "source", "address", "notes", "latitude", "longitude"),
            *("region", "industry", "province", "city", "district", "tax_id"),
        ]
        widgets = {
            "latitude": forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
            "longitude": forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
            "notes": forms.Textarea(attrs={"rows": 2}),
            "name": forms.TextInput(attrs={"autocomplete": "off"}),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        entries = customer_queries.dictionary_entries(_DICTIONARIES)
        for kind in _DICTIONARIES:
            choices = entries[kind]
            present = getattr(self.instance, f"{kind.value}_id")
            if present and present not in {pk for pk, _name in choices}:
                choices = [*choices, (present, str(getattr(self.instance, kind.value)))]
            self.fields[kind.value].widget.choices = [NOT_CHOSEN, *choices]
        for name in ("latitude", "longitude"):
            if isinstance(value := self.initial.get(name), float):
                self.initial[name] = round(value, 6)
        if self.instance.pk is None:
            self._prefill(user)
            if user.has_perm("crm.assign_lead"):
                self.fields["owner"] = forms.ModelChoiceField(
                    label=_("Owner"),
                    queryset=customer_queries.assignable_people(user),
                    required=False,
                    initial=user.pk,
                    empty_label=_("Nobody (lead pool)"),
                )

    def _prefill(self, user: User) -> None:
        """The user's usual region and industry (A3), when the dictionaries have them."""
        for kind, usual in (("region", user.usual_region), ("industry", user.usual_industry)):
            options = self.fields[kind].widget.choices
            match = next((pk for pk, name in options if pk and name == usual), None)
            if match is not None:
                self.initial.setdefault(kind, match)

    @property
    def short_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in [*SHORT, "owner"] if name in self.fields]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return [*(self[name] for name in MORE), *self.custom_fields]

    @property
    def has_errors_below(self) -> bool:
        """Whether the folded part must be open, because something in it was refused."""
        return any(field.errors for field in self.more_fields)

    def _post_clean(self) -> None:
        # The service validates the whole lead in its transaction.
        return


class LeadAssignForm(BulkAssignForm):
    note = forms.CharField(label=_("Note"), required=False, max_length=500)


class LeadStageForm(BulkForm):
    """Where the chosen leads stand; a reason belongs to "lost" only."""

    stage = forms.ChoiceField(
        label=_("Stage"), choices=[(stage.value, stage.label) for stage in (*PATH, LeadStage.LOST)]
    )
    lost_reason = forms.CharField(
        label=_("Why it was lost"),
        required=False,
        max_length=200,
        help_text=_("Only when they are lost."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("stage") == LeadStage.LOST and not data.get("lost_reason", "").strip():
            self.add_error("lost_reason", _("Say why the lead was lost."))
        return data

    def params(self) -> dict[str, Any]:
        return {"stage": self.cleaned_data["stage"], "lost_reason": self.cleaned_data["lost_reason"]}


# What a bulk action has to be told; the others ask nothing.
LEAD_FORMS: dict[BulkKind, type[BulkForm]] = {
    BulkKind.LEAD_ASSIGN: LeadAssignForm,
    BulkKind.LEAD_STAGE: LeadStageForm,
}


class ConvertForm(forms.ModelForm):
    """What a customer has and a lead does not; the rest is carried over."""

    class Meta:
        model = Customer
        fields = ["name", "level", "channel"]
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "off"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["level"]).choices = [NOT_CHOSEN, *Level.choices]
        entries = customer_queries.dictionary_entries([DictionaryKind.CHANNEL])
        self.fields["channel"].widget.choices = [NOT_CHOSEN, *entries[DictionaryKind.CHANNEL]]

    def _post_clean(self) -> None:
        # The service validates the whole customer in its transaction.
        return
