"""Forms of finance: reversals, refunds, costs, bills from before, terms, collection, payment plans."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from common import business_calendar
from sales import rules
from sales.enums import CostKind, PaymentMethod
from sales.forms.base import number_input
from sales.forms.pickers import CustomerPickerField
from sales.models import SalesOrder
from sales.rules.payment_plans import MAX_INSTALMENTS
from sales.services.payment_plans import Part

CENT = Decimal("0.01")


def day_input(**attrs: Any) -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date", **attrs}, format="%Y-%m-%d")


AMOUNT = _("Amount")


def amount_field(label: Any = AMOUNT, *, required: bool = True, **kwargs: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=required,
        min_value=CENT,
        max_value=rules.MAX_AMOUNT,
        decimal_places=2,
        widget=number_input(label=label, step="0.01"),
        **kwargs,
    )


class OrderField(forms.ModelChoiceField):
    """One of a customer's orders, by number, day and total."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, empty_label="–", **kwargs)

    def label_from_instance(self, obj: SalesOrder) -> str:
        return f"{obj.number} · {obj.ordered_on} · ¥{obj.total:,.2f}"


class ReversalForm(forms.Form):
    """Why a slip is taken back: it stays in the books with this reason."""

    reason = forms.CharField(
        label=_("Reason for the reversal"),
        max_length=200,
        help_text=_("Typed twice, wrong customer, wrong amount, cheque bounced …"),
    )


class RefundForm(forms.Form):
    amount = amount_field()
    method = forms.ChoiceField(label=_("Paid back by"), choices=PaymentMethod.choices)
    refunded_on = forms.DateField(
        label=_("Refund date"),
        initial=business_calendar.today,
        widget=day_input(),
        validators=[business_calendar.validate_day],
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=300)
    client_uuid = forms.UUIDField(required=False, widget=forms.HiddenInput(), initial=uuid.uuid4)


class CostForm(forms.Form):
    kind = forms.ChoiceField(label=_("What for"), choices=CostKind.choices)
    amount = amount_field()
    spent_on = forms.DateField(
        label=_("Date"),
        initial=business_calendar.today,
        widget=day_input(),
        validators=[business_calendar.validate_day],
    )
    order = OrderField(label=_("Sales order"), required=False, queryset=SalesOrder.objects.none())
    note = forms.CharField(label=_("Note"), required=False, max_length=300)
    client_uuid = forms.UUIDField(required=False, widget=forms.HiddenInput(), initial=uuid.uuid4)

    def __init__(self, *args: Any, orders: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["order"].queryset = orders


class OpeningForm(forms.Form):
    """What a customer owed before; the due date may be long past."""

    customer = CustomerPickerField(label=_("Customer"), queryset=None)
    amount = amount_field()
    billed_on = forms.DateField(
        label=_("Bill date"),
        initial=business_calendar.today,
        widget=day_input(),
        validators=[business_calendar.validate_day],
    )
    due_on = forms.DateField(
        label=_("Payment due"),
        required=False,
        widget=day_input(),
        help_text=_("Empty: by the customer's payment terms."),
        validators=[business_calendar.validate_day],
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=200)

    def __init__(self, *args: Any, customers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["customer"].queryset = customers


class OpeningFileForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("xlsx, xls or csv"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
    )


class TermsForm(forms.Form):
    payment_days = forms.IntegerField(
        label=_("Days to pay"),
        required=False,
        min_value=0,
        max_value=730,
        widget=number_input(label=_("Days to pay"), mode="numeric", step="1"),
        help_text=_("Empty: as the company usually does."),
    )
    is_blocked = forms.BooleanField(label=_("No more on credit: deliver only what is paid"), required=False)
    temporary_limit = forms.DecimalField(
        label=_("Temporary credit limit"),
        required=False,
        min_value=0,
        max_value=rules.MAX_AMOUNT,
        decimal_places=2,
        widget=number_input(label=_("Temporary credit limit"), step="0.01"),
        help_text=_("Holds instead of the customer's own limit between the two days."),
    )
    temporary_from = forms.DateField(
        label=_("From"), required=False, widget=day_input(), validators=[business_calendar.validate_day]
    )
    temporary_until = forms.DateField(
        label=_("Until"), required=False, widget=day_input(), validators=[business_calendar.validate_day]
    )


class CollectionForm(forms.Form):
    text = forms.CharField(label=_("What was said"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    promised_on = forms.DateField(
        label=_("Promised to pay by"),
        required=False,
        widget=day_input(),
        help_text=_("You are reminded on that day."),
        validators=[business_calendar.validate_day],
    )
    promised_amount = amount_field(_("Promised amount"), required=False)


class RemarkForm(forms.Form):
    remark = forms.CharField(label=_("What is wrong with it"), max_length=300)


class SplitForm(forms.Form):
    """The helper that cuts an order into equal parts."""

    parts = forms.IntegerField(label=_("Instalments"), min_value=1, max_value=MAX_INSTALMENTS, initial=3)
    first = forms.DateField(
        label=_("First payment"), widget=day_input(), validators=[business_calendar.validate_day]
    )
    every = forms.IntegerField(label=_("Every"), min_value=1, max_value=365, initial=1)
    unit = forms.ChoiceField(label=_("Unit"), choices=[("months", _("months")), ("days", _("days"))])


class PlanForm(forms.Form):
    """Rows of a payment plan: `day-n`, `amount-n`, `note-n`; a row without day and amount is left out."""

    def __init__(self, data: Any = None, *, parts: Sequence[Part] = (), spare: int = 2) -> None:
        super().__init__(data)
        sent = 0 if data is None else sum(name.startswith("amount-") for name in data)
        self.count = min(max(sent, len(parts) + spare if data is None else 0, 1), MAX_INSTALMENTS)
        for n in range(self.count):
            part = parts[n] if n < len(parts) else None
            label = {"n": n + 1}
            self.fields[f"day-{n}"] = forms.DateField(
                required=False,
                initial=part and part.due_on,
                widget=day_input(**{"aria-label": _t("Instalment %(n)s: payment due") % label}),
                validators=[business_calendar.validate_day],
            )
            self.fields[f"amount-{n}"] = amount_field(_t("Instalment %(n)s: amount") % label, required=False)
            self.fields[f"amount-{n}"].initial = part and f"{part.amount:.2f}"
            self.fields[f"note-{n}"] = forms.CharField(
                required=False,
                max_length=120,
                initial=part and part.note,
                widget=forms.TextInput(
                    attrs={"aria-label": _t("Instalment %(n)s: note") % label, "placeholder": _t("Note")}
                ),
            )

    def rows(self) -> list[dict[str, Any]]:
        return [
            {"n": n + 1, "day": self[f"day-{n}"], "amount": self[f"amount-{n}"], "note": self[f"note-{n}"]}
            for n in range(self.count)
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for n in range(self.count):
            if bool(data.get(f"day-{n}")) != bool(data.get(f"amount-{n}")) and not self.errors:
                raise ValidationError(
                    _t("Instalment %(n)s needs a day and an amount.") % {"n": n + 1}, code="part"
                )
        return data

    def parts(self) -> list[Part]:
        """What was typed, in the order of the days."""
        data = self.cleaned_data
        found = [
            Part(data[f"day-{n}"], data[f"amount-{n}"], data[f"note-{n}"])
            for n in range(self.count)
            if data.get(f"day-{n}") and data.get(f"amount-{n}")
        ]
        return sorted(found, key=lambda part: part.due_on)


class PeriodForm(forms.Form):
    """Two days, both included; the later one is not before the first."""

    since = forms.DateField(label=_("From"), widget=day_input(), validators=[business_calendar.validate_day])
    until = forms.DateField(label=_("Until"), widget=day_input(), validators=[business_calendar.validate_day])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", _t("This day is before the first."))
        return data


def usual_period(today: dt.date) -> dict[str, dt.date]:
    """From the first of the month before to today."""
    return {"since": (today.replace(day=1) - dt.timedelta(days=1)).replace(day=1), "until": today}
