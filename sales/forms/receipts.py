from __future__ import annotations

import uuid
from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from common import business_calendar
from sales import rules
from sales.enums import PaymentMethod
from sales.forms.base import number_input


class ReceiptForm(forms.Form):
    amount = forms.DecimalField(
        label=_("Amount"),
        min_value=Decimal("0.01"),
        max_value=rules.MAX_AMOUNT,
        decimal_places=2,
        widget=number_input(label=_("Amount"), step="0.01"),
    )
    method = forms.ChoiceField(
        label=_("Paid by"), choices=PaymentMethod.choices, initial=PaymentMethod.WECHAT
    )
    received_on = forms.DateField(
        label=_("Receipt date"),
        initial=business_calendar.today,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=300)
    client_uuid = forms.UUIDField(required=False, widget=forms.HiddenInput(), initial=uuid.uuid4)
