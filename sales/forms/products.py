from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sales import rules
from sales.models import Product


class ProductForm(forms.ModelForm):
    class Meta:
        model = Product
        fields = [
            "code", "name", "category", "barcode", "unit", "box_unit", "box_quantity", "price", "is_active",
        ]  # fmt: skip
        help_texts = {"box_quantity": _("0: sold by the piece only.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A price in use or one beyond belief cannot be ordered.
        self.fields["price"].max_value = rules.MAX_PRICE
        self.fields["price"].widget.attrs |= {"min": 0, "max": rules.MAX_PRICE, "inputmode": "decimal"}

    def clean_barcode(self) -> str:
        return self.cleaned_data["barcode"].strip()

    def clean_price(self) -> Decimal:
        price: Decimal = self.cleaned_data["price"]
        if price > rules.MAX_PRICE:
            raise forms.ValidationError(_("The price is too high to be true."))
        return price

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("box_quantity") and not data.get("box_unit"):
            self.add_error("box_unit", _("Name the box unit, or set the units in a box to 0."))
        if data.get("box_unit") and data.get("box_quantity") == 0:
            self.add_error(
                "box_quantity", _("Say how many units the box holds, or leave the box unit empty.")
            )
        return data
