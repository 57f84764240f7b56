"""The form of a competitor's product seen at a customer, made for the phone."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.business_calendar import today, validate_day
from crm.models import CompetitorSighting

NAMES = "competitor-names"  # id of the page's <datalist>


class SightingForm(forms.ModelForm):
    competitor = forms.CharField(
        label=_("Competitor"),
        max_length=60,
        widget=forms.TextInput(attrs={"list": NAMES, "autocomplete": "off"}),
    )
    field_order = ["competitor", "product", "price", "unit", "person", "seen_on", "notes"]

    class Meta:
        model = CompetitorSighting
        fields = ["product", "price", "unit", "person", "seen_on", "notes"]
        widgets = {
            "product": forms.TextInput(attrs={"autocomplete": "off"}),
            "price": forms.NumberInput(attrs={"inputmode": "decimal", "step": "0.01", "min": 0}),
            "unit": forms.TextInput(attrs={"autocomplete": "off"}),
            "person": forms.TextInput(attrs={"autocomplete": "off"}),
            "seen_on": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "notes": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].help_text = _("What the price is for: box, bottle …")
        self.fields["seen_on"].validators.append(validate_day)
        self.fields["person"].help_text = _("Who looks after this shop for the competitor.")
        if self.instance.pk is None:
            self.initial.setdefault("seen_on", today())
        else:
            self.initial["competitor"] = self.instance.competitor.name

    def _post_clean(self) -> None:
        # The service validates the whole sighting in its transaction.
        return
