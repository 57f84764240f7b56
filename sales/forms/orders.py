"""The order entry, and a delivery in parts."""

from __future__ import annotations

import uuid
from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sales import rules
from sales.forms.base import number_input, plain
from sales.models import OrderLine, Product
from sales.rules import LineInput

_HUNDRED = Decimal(100)


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
