"""Forms of one customer: the file itself, its contacts, sharing and assigning."""

import datetime as dt
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.business_calendar import day_bounds, today, validate_day
from crm.enums import ContactRole, DictionaryKind, Level
from crm.forms.custom_fields import CustomFieldsForm
from crm.models import Contact, Customer, Tag
from crm.queries import customers as queries

# The short form a rep fills in at the shop's door (B3), and all the rest.
SHORT = ("name", "level", "channel", "phones", "contact", "address", "latitude", "longitude")
BUSINESS = ("code", "status", "industry", "region", "type", "source", "scale", "relationship", "maturity")
PLACE = ("province", "city", "district")
MONEY = ("credit_rating", "credit_limit", "bank_name", "bank_account", "tax_id", "invoice_title")
OTHER = ("tags", "alerts_exempt", "notes")
NOT_CHOSEN = ("", "–")


class CustomerForm(CustomFieldsForm):
    custom_target = "customer"

    phones = forms.CharField(
        label=_("Phone"),
        required=False,
        max_length=300,
        help_text=_("Several numbers: separate them with a comma."),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    contact = forms.CharField(label=_("Contact"), required=False, max_length=40)
    tags = forms.ModelMultipleChoiceField(
        label=_("Tags"), queryset=Tag.objects.all(), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Customer
        fields = [
            *("name", "level", "channel", "address", "latitude", "longitude"),
            *BUSINESS,
            *PLACE,
            *MONEY,
            *OTHER,
        ]
        widgets = {
            "latitude": forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
            "longitude": forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
            "notes": forms.Textarea(attrs={"rows": 3}),
            "name": forms.TextInput(attrs={"autocomplete": "off"}),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["code"].required = False
        cast(forms.ChoiceField, self.fields["level"]).choices = [NOT_CHOSEN, *Level.choices]
        self._narrow_dictionaries()
        if self.instance.pk is None:
            del self.fields["status"]
            self.fields["code"].help_text = _("Leave empty to get the next number.")
            self._prefill()
        for name in ("latitude", "longitude"):
            # Six decimals are 0.1 m; more is noise to the eye.
            if isinstance(value := self.initial.get(name), float):
                self.initial[name] = round(value, 6)
        if self.instance.pk is None and user.has_perm("crm.assign_customer"):
            self.fields["owner"] = forms.ModelChoiceField(
                label=_("Owner"),
                queryset=queries.assignable_people(user),
                required=user.effective_scope != "all",
                initial=user.pk,
                empty_label=_("Nobody (public pool)"),
            )
        if not Tag.objects.exists():
            del self.fields["tags"]

    def _narrow_dictionaries(self) -> None:
        """All choices in one query; an entry that went out of use stays where it is chosen."""
        kinds = [kind for kind in DictionaryKind if kind.value in self.fields]
        entries = queries.dictionary_entries(kinds)
        for kind in kinds:
            field = self.fields[kind.value]
            choices = entries[kind]
            present = getattr(self.instance, f"{kind.value}_id")
            if present and present not in {pk for pk, _name in choices}:
                choices = [*choices, (present, str(getattr(self.instance, kind.value)))]
            field.widget.choices = [NOT_CHOSEN, *choices]

    def _prefill(self) -> None:
        """The user's usual region and industry (A3), when the dictionaries have them."""
        for kind, usual in (("region", self.user.usual_region), ("industry", self.user.usual_industry)):
            options = self.fields[kind].widget.choices
            match = next((pk for pk, name in options if pk and name == usual), None)
            if match is not None:
                self.initial.setdefault(kind, match)

    @property
    def short_fields(self) -> list[forms.BoundField]:
        names = [name for name in SHORT if name not in ("latitude", "longitude")]
        return [self[name] for name in [*names, "owner"] if name in self.fields]

    @property
    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        groups = (
            (_("Business"), BUSINESS),
            (_("Province and city"), PLACE),
            (_("Credit and invoice"), MONEY),
            (_("Other"), OTHER),
        )
        sections = [
            (str(title), [self[name] for name in names if name in self.fields]) for title, names in groups
        ]
        return [*sections, (str(_("Further fields")), self.custom_fields)] if self.customs else sections

    @property
    def has_errors_below(self) -> bool:
        """Whether the folded part must be open, because something in it was refused."""
        return any(field.errors for _title, fields in self.sections for field in fields)

    def _post_clean(self) -> None:
        # The service validates the whole customer in its transaction; doing it here too would only read twice.
        return


class ContactForm(forms.ModelForm):
    phones = forms.CharField(
        label=_("Phone"),
        required=False,
        max_length=300,
        help_text=_("Several numbers: separate them with a comma."),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    field_order = [
        *("name", "phones", "position", "role", "reports_to", "project", "birthday", "hobbies"),
        *("needs", "notes", "is_primary"),
    ]

    class Meta:
        model = Contact
        fields = [
            *("name", "position", "role", "reports_to", "project", "needs", "hobbies", "birthday"),
            *("is_primary", "notes"),
        ]
        widgets = {"birthday": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})}

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Persons of this customer only; that no ring comes about the service says, which knows all of them.
        people = customer.contacts.exclude(pk=self.instance.pk or 0)
        superior = cast(forms.ModelChoiceField, self.fields["reports_to"])
        superior.queryset, superior.empty_label = people, str(NOT_CHOSEN[1])
        cast(forms.ChoiceField, self.fields["role"]).choices = [NOT_CHOSEN, *ContactRole.choices]

    def clean_birthday(self) -> dt.date | None:
        birthday: dt.date | None = self.cleaned_data["birthday"]
        if birthday and birthday > today():
            raise ValidationError(_("The birthday lies in the future."))
        return birthday


class ShareForm(forms.Form):
    user = forms.ModelChoiceField(label=_("Colleague"), queryset=User.objects.none())
    can_write = forms.BooleanField(label=_("May also change it"), required=False)
    until = forms.DateField(
        label=_("Until"),
        required=False,
        help_text=_("Empty: until you take it back."),
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=[validate_day],
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=500, help_text=_("Your colleague reads it in the notice.")
    )

    def __init__(self, *args: Any, customer: Customer, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Colleagues may sit outside of one's own scope: that is what sharing is for.
        people = User.objects.active().exclude(pk__in=[user.pk, customer.owner_id or user.pk])
        cast(forms.ModelChoiceField, self.fields["user"]).queryset = people.order_by("name", "pk")

    @property
    def expires_at(self) -> dt.datetime | None:
        """The end of the chosen business day."""
        until = self.cleaned_data["until"]
        return day_bounds(until)[1] if until else None

    def clean_until(self) -> dt.date | None:
        until: dt.date | None = self.cleaned_data["until"]
        if until and until < today():
            raise ValidationError(_("The end of sharing lies in the past."))
        return until


def attach_errors(form: forms.BaseForm, error: ValidationError) -> None:
    """Show a service's refusal in the form: at its field, or on top when the form does not have that field."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for field, errors in error.error_dict.items():
        form.add_error(field if field in form.fields else None, errors)
