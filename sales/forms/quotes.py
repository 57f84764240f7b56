"""What a quotation says besides its lines, and why it was rejected."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common import business_calendar
from crm.models import Contact, Customer
from sales.forms.base import number_input, plain
from sales.models import Quote, QuoteTemplate
from sales.rules import LineInput
from sales.rules.quotes import VALID_DAYS
from sales.services.quotes import QuoteInput

_HUNDRED = Decimal(100)


class QuoteForm(forms.Form):
    valid_until = forms.DateField(
        label=_("Valid until"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[business_calendar.validate_day],
    )
    contact = forms.ModelChoiceField(
        label=_("Contact"), queryset=Contact.objects.none(), required=False, empty_label="–"
    )
    discount = forms.DecimalField(
        label=_("Order discount %"),
        required=False,
        min_value=0,
        max_value=100,
        decimal_places=2,
        widget=number_input(label=_("Order discount %"), max=100),
    )
    terms = forms.CharField(
        label=_("Terms"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
    template = forms.ModelChoiceField(
        label=_("Template"), queryset=QuoteTemplate.objects.none(), required=False, empty_label=_("Standard")
    )
    client_uuid = forms.UUIDField(required=False, widget=forms.HiddenInput(), initial=uuid.uuid4)

    def __init__(
        self, *args: Any, customer: Customer, quote: Quote | None = None, terms: str = "", **kwargs: Any
    ) -> None:
        end = business_calendar.today() + dt.timedelta(days=VALID_DAYS)
        first: dict[str, Any] = {"valid_until": end, "terms": terms}
        if quote is not None:
            first = {
                "valid_until": quote.valid_until,
                "contact": quote.contact_id,
                "discount": plain(quote.discount * _HUNDRED),
                "terms": quote.terms,
                "note": quote.note,
                "template": quote.template_id,
            }
        super().__init__(*args, initial=first, **kwargs)
        self.fields["contact"].queryset = Contact.objects.filter(customer=customer)
        self.fields["template"].queryset = QuoteTemplate.objects.filter(is_active=True)

    def values(self, lines: list[LineInput]) -> QuoteInput:
        """What the service takes."""
        data = self.cleaned_data
        return QuoteInput(
            lines=lines,
            valid_until=data["valid_until"],
            discount=(data["discount"] or Decimal(0)) / _HUNDRED,
            contact=data["contact"],
            template=data["template"],
            terms=data["terms"],
            note=data["note"],
        )


class RejectForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), required=False, max_length=200)
