from __future__ import annotations

import uuid
from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from common import business_calendar
from sales import rules
from sales.enums import PaymentMethod
from sales.models import OrderLine, Product
from sales.rules import LineInput

_HUNDRED = Decimal(100)


def number_input(*, label: Any, mode: str = "decimal", **attrs: Any) -> forms.NumberInput:
    """A number for the phone's keypad, named for screen readers: it stands in a grid without a label of its own."""
    fixed = {"inputmode": mode, "min": 0, "step": "any", "autocomplete": "off", "aria-label": label}
    return forms.NumberInput(attrs=fixed | attrs)


class OrderLineForm(forms.Form):
    """One product's row in the entry; a row without a quantity is no line of the order."""

    product = forms.IntegerField(widget=forms.HiddenInput())
    boxes = forms.DecimalField(
        label=_("Boxes"),
        required=False,
        min_value=0,
        max_value=rules.MAX_QUANTITY,
        decimal_places=0,
        widget=number_input(label=_("Boxes"), mode="numeric", step=1),
    )
    pieces = forms.DecimalField(
        label=_("Pieces"),
        required=False,
        min_value=0,
        max_value=rules.MAX_QUANTITY,
        decimal_places=3,
        widget=number_input(label=_("Pieces")),
    )
    price = forms.DecimalField(
        label=_("Price"),
        required=False,
        min_value=0,
        max_value=rules.MAX_PRICE,
        decimal_places=2,
        widget=number_input(label=_("Price")),
    )
    discount = forms.DecimalField(
        required=False, min_value=0, max_value=1, decimal_places=4, widget=forms.HiddenInput()
    )

    item: Product | None = None

    @property
    def last_price(self) -> Any:
        """What the customer paid last time, when that is known and differs."""
        last = getattr(self.item, "last_price", None)
        return last if self.item and last is not None and last != self.item.price else None

    def line(self) -> LineInput | None:
        """The wanted line of a valid row."""
        data = self.cleaned_data
        if not data or self.item is None:
            return None
        quantity = (data["boxes"] or 0) * self.item.box_quantity + (data["pieces"] or 0)
        if not quantity:
            return None
        return LineInput(self.item.pk, quantity, price=data["price"], discount=data["discount"] or Decimal(0))


class BaseLineFormSet(forms.BaseFormSet):
    """Rows of the order entry. The template posts INITIAL_FORMS 0, so a row taken out leaves only a hole."""

    def __init__(self, *args: Any, known: dict[int, Product] | None = None, **kwargs: Any) -> None:
        self._known = known or {}
        super().__init__(*args, **kwargs)

    @cached_property
    def products(self) -> dict[int, Product]:
        """All products the rows name, in one statement."""
        names = [form["product"].value() for form in self.forms]
        missing = {int(name) for name in names if str(name).isdecimal() and len(str(name)) < 18} - set(
            self._known
        )
        return self._known | (Product.objects.in_bulk(missing) if missing else {})

    @property
    def rows(self) -> list[OrderLineForm]:
        """The forms with their products; rows that name none cannot be drawn."""
        rows = []
        for form in self.forms:
            value = str(form["product"].value() or "")
            form.item = self.products.get(int(value)) if value.isdecimal() else None
            if form.item is not None:
                rows.append(form)
        return rows

    def lines(self) -> list[LineInput]:
        """What is to be ordered; only after is_valid()."""
        return [line for row in self.rows if (line := row.line())]


LineFormSet: Any = forms.formset_factory(
    OrderLineForm,
    formset=BaseLineFormSet,
    extra=0,
    max_num=rules.MAX_LINES,
    validate_max=True,
    absolute_max=400,
)


def row_of(product: Product, line: OrderLine | None = None) -> dict[str, Any]:
    """A row's initial values; without a line its quantity is open."""
    row: dict[str, Any] = {
        "product": product.pk,
        "price": line.price if line else product.price,
        "discount": "",
    }
    if line is not None:
        size = product.box_quantity
        boxes, pieces = divmod(line.quantity, size) if size else (Decimal(0), line.quantity)
        row |= {"boxes": plain(boxes), "pieces": plain(pieces), "discount": line.discount or ""}
    return row


def plain(value: Decimal) -> str:
    """For an input: 3.000 → 3, 1.500 → 1.5, nothing for none."""
    text = f"{value:f}" if value else ""
    return text.rstrip("0").rstrip(".") if "." in text else text


class OrderForm(forms.Form):
    """What an order has besides its lines."""

    discount = forms.DecimalField(
        label=_("Order discount %"),
        required=False,
        min_value=0,
        max_value=100,
        decimal_places=2,
        widget=number_input(label=_("Order discount %"), max=100),
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
    client_uuid = forms.UUIDField(required=False, widget=forms.HiddenInput(), initial=uuid.uuid4)

    def values(self) -> dict[str, Any]:
        """Arguments of the services."""
        percent = self.cleaned_data["discount"] or Decimal(0)
        return {"discount": percent / _HUNDRED, "note": self.cleaned_data["note"]}


class DeliverForm(forms.Form):
    """Quantities to deliver, one field an order line, empty ones left out."""

    def __init__(self, *args: Any, lines: list[OrderLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for line in lines:
            self.fields[f"line-{line.pk}"] = forms.DecimalField(
                label=line.product.name, required=False, min_value=0, max_digits=12, decimal_places=3
            )

    def quantities(self) -> dict[int, Decimal]:
        return {int(name[5:]): value for name, value in self.cleaned_data.items() if value}


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


class OrderImportUploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("Excel (.xlsx, .xls) or CSV; several lines with one order number are one order."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["data-limit"] = settings.UPLOAD_LIMIT_BYTES
