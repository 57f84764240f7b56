"""Price lists, their lines, gift rules and the question what a customer pays."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common import business_calendar
from crm.enums import DictionaryKind
from crm.models import Customer, Dictionary
from sales import rules
from sales.forms.base import number_input, plain
from sales.forms.pickers import CustomerPickerField, ProductPickerField
from sales.models import GiftRule, PriceList, Product


def date_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class AudienceForm(forms.ModelForm):
    """What price lists and gift rules have alike: for whom and when."""

    customer = CustomerPickerField(
        label=_("Only for the customer"), queryset=Customer.objects.none(), required=False
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["customer"].queryset = Customer.objects.visible_to(user)
        self.fields["channel"].queryset = Dictionary.objects.filter(kind=DictionaryKind.CHANNEL)
        self.fields["channel"].empty_label = _("All")
        self.fields["level"].choices = [("", _("All")), *self.fields["level"].choices[1:]]
        for name in ("starts_on", "ends_on"):
            self.fields[name].widget = date_input()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        starts_on, ends_on = data.get("starts_on"), data.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", _("It ends before it begins."))
        return data


class PriceListForm(AudienceForm):
    class Meta:
        model = PriceList
        fields = ["name", "note", "level", "channel", "customer", "is_active", "starts_on", "ends_on"]


class GiftRuleForm(AudienceForm):
    product = ProductPickerField(label=_("Who buys"), queryset=Product.objects.active())
    gift = ProductPickerField(label=_("Gets for nothing"), queryset=Product.objects.active())

    class Meta:
        model = GiftRule
        fields = [
            "name", "repeats", "product", "buy_quantity", "gift", "gift_quantity", "level", "channel", "customer",
            "is_active", "starts_on", "ends_on",
        ]  # fmt: skip
        help_texts = {
            "buy_quantity": _("In the product's unit, not in boxes."),
            "gift_quantity": _("In the gift's unit, not in boxes."),
            "repeats": _("Otherwise once an order."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("product", "gift"):
            kept = getattr(self.instance, f"{name}_id")
            if kept:  # not on sale any more, and still in the rule
                rows = Product.objects.active() | Product.objects.filter(pk=kept)
                self.fields[name].queryset = rows.distinct()
        for name in ("buy_quantity", "gift_quantity"):
            self.fields[name].widget = number_input(label=self.fields[name].label)
            if self.instance.pk:
                self.initial[name] = plain(self.initial[name])

    def _clean_quantity(self, name: str) -> Decimal:
        quantity: Decimal = self.cleaned_data[name]
        if not 0 < quantity <= rules.MAX_QUANTITY:
            raise forms.ValidationError(_("The quantity must be more than 0."))
        return quantity

    def clean_buy_quantity(self) -> Decimal:
        return self._clean_quantity("buy_quantity")

    def clean_gift_quantity(self) -> Decimal:
        return self._clean_quantity("gift_quantity")


class CopyForm(forms.Form):
    name = forms.CharField(label=_("Name of the copy"), max_length=80)
    percent = forms.DecimalField(
        label=_("Change of all prices in %"),
        min_value=-100,
        max_value=1000,
        decimal_places=2,
        initial=0,
        help_text=_("−5 takes five of a hundred off, 3 adds three."),
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any", "min": -100}),
    )
    starts_on = forms.DateField(
        label=_("valid from"),
        required=False,
        widget=date_input(),
        validators=[business_calendar.validate_day],
    )
    ends_on = forms.DateField(
        label=_("valid until"),
        required=False,
        widget=date_input(),
        validators=[business_calendar.validate_day],
    )


class LineForm(forms.Form):
    """One line of a price list, edited in place."""

    min_quantity = forms.DecimalField(
        label=_("From quantity"),
        required=False,
        min_value=0,
        max_value=rules.MAX_QUANTITY,
        decimal_places=3,
        widget=number_input(label=_("From quantity")),
    )
    price = forms.DecimalField(
        label=_("Price"),
        min_value=0,
        max_value=rules.MAX_PRICE,
        decimal_places=2,
        widget=number_input(label=_("Price"), step="0.01"),
    )

    def clean_min_quantity(self) -> Decimal:
        return self.cleaned_data["min_quantity"] or Decimal(0)


class NewLineForm(LineForm):
    product = ProductPickerField(label=_("Product"), queryset=Product.objects.active())


class CheckForm(forms.Form):
    """Who buys what, how much of it, and when."""

    customer = CustomerPickerField(label=_("Customer"), queryset=Customer.objects.none())
    product = ProductPickerField(label=_("Product"), queryset=Product.objects.all())
    quantity = forms.DecimalField(
        label=_("Quantity"),
        initial=1,
        min_value=0,
        max_value=rules.MAX_QUANTITY,
        decimal_places=3,
        widget=number_input(label=_("Quantity")),
    )
    day = forms.DateField(
        label=_("Date"),
        initial=business_calendar.today,
        widget=date_input(),
        validators=[business_calendar.validate_day],
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["customer"].queryset = Customer.objects.visible_to(user)
