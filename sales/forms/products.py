from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.photos import PreparedPhoto, prepare_photo
from sales import rules
from sales.models import Product, ProductCategory
from sales.queries import products as queries
from sales.services.products import barcode_problems

_PRICES = ("price", "floor_price", "cost")


def category_choices() -> list[tuple[Any, str]]:
    """The tree as a select shows it, children moved in by their depth."""
    rows = [(node.pk, "\u3000" * node.depth + node.name) for node in queries.category_tree()]
    return [("", "–"), *rows]


class ProductForm(forms.ModelForm):
    new_picture = forms.FileField(
        label=_("Picture"),
        required=False,
        help_text=_("JPEG, PNG or WebP; it is made small."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    drop_picture = forms.BooleanField(label=_("Take the picture away"), required=False)

    class Meta:
        model = Product
        fields = [
            "code", "name", "category", "brand", "specification", "unit", "barcode", "box_unit", "box_quantity",
            "box_barcode", "price", "floor_price", "cost", "shelf_life_days", "is_active",
        ]  # fmt: skip
        help_texts = {
            "box_quantity": _("0: sold by the piece only."),
            "floor_price": _("Below it an order needs a manager's approval; empty: no limit."),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not user.has_perm("sales.view_margin"):
            del self.fields["cost"]
        if not self.instance.picture:
            del self.fields["drop_picture"]
        self.fields["category"].choices = category_choices()
        # A price in use or one beyond belief cannot be ordered.
        for name in self._prices():
            self.fields[name].max_value = rules.MAX_PRICE
            self.fields[name].widget.attrs |= {"min": 0, "max": rules.MAX_PRICE, "inputmode": "decimal"}

    def _prices(self) -> list[str]:
        return [name for name in _PRICES if name in self.fields]

    def clean_code(self) -> str:
        return self.cleaned_data["code"].strip()

    def clean_barcode(self) -> str:
        return self.cleaned_data["barcode"].strip()

    def clean_box_barcode(self) -> str:
        return self.cleaned_data["box_barcode"].strip()

    def clean_new_picture(self) -> PreparedPhoto | None:
        file = self.cleaned_data.get("new_picture")
        return prepare_photo(file) if file else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in self._prices():
            if (data.get(name) or Decimal(0)) > rules.MAX_PRICE:
                self.add_error(name, _("The price is too high to be true."))
        if data.get("box_quantity") and not data.get("box_unit"):
            self.add_error("box_unit", _("Name the box unit, or set the units in a box to 0."))
        if data.get("box_unit") and data.get("box_quantity") == 0:
            self.add_error(
                "box_quantity", _("Say how many units the box holds, or leave the box unit empty.")
            )
        price, floor = data.get("price"), data.get("floor_price")
        if price is not None and floor is not None and floor > price:
            self.add_error("floor_price", _("The lowest price is above the price."))
        barcodes = (data.get("barcode", ""), data.get("box_barcode", ""))
        for name, text in barcode_problems(self.instance.pk, *barcodes).items():
            self.add_error(name, text)
        return data

    def picture(self) -> dict[str, Any]:
        """Arguments of the service."""
        return {
            "picture": self.cleaned_data.get("new_picture"),
            "drop_picture": self.cleaned_data.get("drop_picture", False),
        }


class CategoryForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=60)
    parent = forms.ModelChoiceField(
        label=_("Belongs to"), queryset=ProductCategory.objects.all(), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].choices = category_choices()


class SheetForm(forms.Form):
    """A workbook to take in; the subclass adds what is special."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("Excel (.xlsx, .xls) or CSV"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
    )


class ProductSheetForm(SheetForm):
    create_categories = forms.BooleanField(
        label=_("Create categories that are not there yet"), required=False
    )


class PriceSheetForm(SheetForm):
    replace = forms.BooleanField(label=_("Take away lines that are not in the file"), required=False)


def attach(form: forms.BaseForm, refusal: ValidationError) -> None:
    """A service's refusal at its field, or above the form when that field is not on it."""
    if not hasattr(refusal, "error_dict"):
        form.add_error(None, refusal)
        return
    for name, errors in refusal.message_dict.items():
        for error in errors:
            form.add_error(name if name in form.fields else None, error)
