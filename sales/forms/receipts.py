from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common import business_calendar
from sales import rules
from sales.enums import PaymentMethod
from sales.forms.base import number_input
from sales.forms.money import OrderField
from sales.models import SalesOrder

# How a receipt is set against bills; by hand leads to the page where it is done.
OLDEST, BY_HAND, AHEAD = "oldest", "hand", "ahead"


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
        validators=[business_calendar.validate_day],
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=300)
    client_uuid = forms.UUIDField(required=False, widget=forms.HiddenInput(), initial=uuid.uuid4)
    order = OrderField(
        label=_("Sales order"),
        required=False,
        queryset=SalesOrder.objects.none(),
        help_text=_("When the customer pays for one order: its bills are paid first."),
    )
    use = forms.ChoiceField(label=_("Set against"), required=False)

    def __init__(self, *args: Any, orders: Any, by_hand: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["order"].queryset = orders
        ways = [(OLDEST, _("oldest due bills first")), (AHEAD, _("nothing yet: paid ahead"))]
        if by_hand:
            ways.insert(1, (BY_HAND, _("bills chosen by hand")))
        self.fields["use"].choices = ways
        self.order_fields(["amount", "method", "received_on", "order", "use", "note"])

    def clean_use(self) -> str:
        return self.cleaned_data["use"] or OLDEST
