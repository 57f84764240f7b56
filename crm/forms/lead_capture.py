"""Input of the channel pages and of the public form."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.phones import holds_a_number
from crm.enums import DictionaryKind
from crm.models import Dictionary, LeadChannel

NOT_CHOSEN = ("", "–")


class PeopleField(forms.ModelMultipleChoiceField):
    """Boxes of the people one is responsible for."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=User.objects.none(), required=False, **kwargs)


class ChannelForm(forms.ModelForm):
    assignees = PeopleField(label=_("People"))
    make_secret = forms.BooleanField(
        label=_("Calls must be signed (a secret is made)"),
        required=False,
        help_text=_("For senders that can sign the body with HMAC-SHA256."),
    )

    class Meta:
        model = LeadChannel
        fields = [
            *("name", "kind", "source", "per_minute", "assign_mode", "assignees"),
            *("form_title", "form_intro", "is_active"),
        ]
        help_texts = {"per_minute": _("More calls than this are refused for the rest of the minute.")}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.active().visible_to(user)
        if self.instance.pk:
            people = people | User.objects.filter(pk__in=self.instance.assignees.values("pk"))
            del self.fields["make_secret"]
        self.fields["assignees"].queryset = people.distinct().order_by("name", "pk")
        self.fields["source"].queryset = Dictionary.objects.filter(kind=DictionaryKind.SOURCE, is_active=True)
        self.fields["source"].empty_label = "–"


class SecretForm(forms.Form):
    secret = forms.CharField(
        label=_("Secret"),
        required=False,
        min_length=16,
        max_length=120,
        help_text=_("Empty: one is made."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class RegionPeopleForm(forms.Form):
    """One field a region, the people it has ticked."""

    def __init__(
        self, *args: Any, regions: list[Dictionary], chosen: dict[int, list[int]], user: User, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        people = list(User.objects.active().visible_to(user).order_by("name", "pk"))
        for region in regions:
            self.fields[f"region-{region.pk}"] = forms.TypedMultipleChoiceField(
                label=region.name,
                coerce=int,
                required=False,
                choices=[(person.pk, str(person)) for person in people],
                initial=chosen.get(region.pk, []),
                widget=forms.CheckboxSelectMultiple,
            )


def _phone(text: str) -> str:
    if not holds_a_number(text):
        raise ValidationError(_("This does not look like a phone number."))
    return text


class PublicLeadForm(forms.Form):
    """What a visitor fills in. `website` is a trap: people do not see it, and what fills it is no visitor."""

    name = forms.CharField(label=_("Shop or company"), max_length=120)
    contact = forms.CharField(label=_("Your name"), max_length=40, required=False)
    phone = forms.CharField(
        label=_("Phone"), max_length=40, widget=forms.TextInput(attrs={"inputmode": "tel", "type": "tel"})
    )
    contact2 = forms.CharField(label=_("Second contact"), max_length=40, required=False)
    phone2 = forms.CharField(
        label=_("Phone of the second contact"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "type": "tel"}),
    )
    city = forms.CharField(label=_("City"), max_length=40, required=False)
    address = forms.CharField(label=_("address"), max_length=200, required=False)
    notes = forms.CharField(
        label=_("What do you need?"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    website = forms.CharField(
        required=False, widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"})
    )

    def clean_phone(self) -> str:
        return _phone(self.cleaned_data["phone"])

    def clean_phone2(self) -> str:
        return _phone(self.cleaned_data["phone2"]) if self.cleaned_data["phone2"] else ""

    def second_person(self) -> list[forms.BoundField]:
        """Folded away: most who write are alone."""
        return [self["contact2"], self["phone2"]]

    def others(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in ("contact2", "phone2")]

    @property
    def has_second_person(self) -> bool:
        return any(field.value() or field.errors for field in self.second_person())

    def values(self) -> dict[str, str]:
        """What goes into the lead: the filled fields but the trap."""
        return {name: value for name, value in self.cleaned_data.items() if value and name != "website"}
