"""The order entry, an order's details, its rejection, and a delivery in parts."""

from __future__ import annotations

import uuid
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from common import business_calendar
from sales import rules
from sales.enums import PaymentMethod, ShippingMethod
from sales.forms.base import number_input, plain
from sales.models import OrderLine, Product, QuoteLine, SalesOrder, StockLocation
from sales.rules import LineInput, OrderDetails
from sales.rules.stock import in_words

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
    # The price that the page has put there: one that is still the same was typed by nobody.
    offered = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput())

    item: Product | None = None

    @property
    def last_price(self) -> Any:
        """What the customer paid last time, when that is known and differs."""
        last = getattr(self.item, "last_price", None)
        return last if self.item and last is not None and last != self.item.price else None

    @property
    def last_quantity(self) -> str:
        """What the customer took last time, in boxes and pieces; "" where that is not known."""
        last = getattr(self.item, "last_quantity", None)
        return in_words(last, self.item) if self.item and last else ""

    def line(self) -> LineInput | None:
        """The wanted line of a valid row."""
        data = self.cleaned_data
        if not data or self.item is None:
            return None
        quantity = (data["boxes"] or 0) * self.item.box_quantity + (data["pieces"] or 0)
        if not quantity:
            return None
        price = data["price"]
        if price is not None and price == _number(data.get("offered", "")):
            price = None
        return LineInput(self.item.pk, quantity, price=price, discount=data["discount"] or Decimal(0))


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


class GiftRowForm(forms.Form):
    """Something that comes for nothing: as the gift rules propose it, or as somebody changed it; 0 leaves it
    out."""

    product = forms.IntegerField(widget=forms.HiddenInput())
    offered = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput())
    quantity = forms.DecimalField(
        label=_("Gift"),
        required=False,
        min_value=0,
        max_value=rules.MAX_QUANTITY,
        decimal_places=3,
        widget=number_input(label=_("Gift")),
    )

    item: Product | None = None

    def line(self) -> LineInput | None:
        """The gift of a valid row."""
        data = self.cleaned_data
        if not data or self.item is None or not data["quantity"]:
            return None
        return LineInput(self.item.pk, data["quantity"], is_gift=True)


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
GiftFormSet: Any = forms.formset_factory(
    GiftRowForm,
    formset=BaseLineFormSet,
    extra=0,
    max_num=50,
    validate_max=True,
    absolute_max=100,
)


def row_of(product: Product, line: OrderLine | None = None) -> dict[str, Any]:
    """A row's initial values; without a line its quantity is open."""
    row: dict[str, Any] = {
        "product": product.pk,
        "price": line.price if line else product.price,
        "offered": getattr(line, "list_price", None) if line else product.price,
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
    # What of the order the editor has seen; see services.update_order.
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput())

    def values(self) -> dict[str, Any]:
        """Arguments of the services."""
        percent = self.cleaned_data["discount"] or Decimal(0)
        return {"discount": percent / _HUNDRED, "note": self.cleaned_data["note"]}


def gift_of(line: OrderLine | QuoteLine) -> dict[str, Any]:
    """A gift row's initial values."""
    return {"product": line.product_id, "quantity": plain(line.quantity), "offered": plain(line.quantity)}


class DetailsForm(forms.Form):
    """Where an order goes, how, and how it is paid (G4); `office` also gives it its invoice number."""

    consignee = forms.CharField(label=_("Consignee"), required=False, max_length=60)
    consignee_phone = forms.CharField(
        label=_("Consignee's phone"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel"}),
    )
    delivery_address = forms.CharField(label=_("Delivery address"), required=False, max_length=200)
    wanted_on = forms.DateField(
        label=_("Wanted on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[business_calendar.validate_day],
    )
    shipping_method = forms.ChoiceField(
        label=_("Shipping method"), required=False, choices=[("", "–"), *ShippingMethod.choices]
    )
    payment_method = forms.ChoiceField(
        label=_("Payment method"), required=False, choices=[("", "–"), *PaymentMethod.choices]
    )
    consignor = forms.CharField(label=_("Consignor"), required=False, max_length=60)
    invoice_number = forms.CharField(label=_("Invoice number"), required=False, max_length=40)

    def __init__(self, *args: Any, order: SalesOrder | None = None, office: bool = True, **kwargs: Any):
        self.order = order
        if order is not None and "initial" not in kwargs:
            kwargs["initial"] = {name: getattr(order, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        if not office:
            del self.fields["invoice_number"]

    def clean_wanted_on(self) -> Any:
        """A day that is over cannot be wished for; one that an order has had for long may stay."""
        day = self.cleaned_data["wanted_on"]
        if day and day < business_calendar.today() and day != (self.order and self.order.wanted_on):
            raise forms.ValidationError(_t("This day is over."))
        return day

    def details(self) -> OrderDetails:
        """What the services take; a field that is not on the page stays as the order has it."""
        kept = {} if self.order is None else {name: getattr(self.order, name) for name in self.base_fields}
        return OrderDetails(**(kept | self.cleaned_data))


class RejectForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=200)


class DeliverForm(forms.Form):
    """Quantities to deliver, one field an order line, empty ones left out, and the place they leave."""

    def __init__(
        self,
        *args: Any,
        lines: list[OrderLine],
        places: QuerySet[StockLocation] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if places is not None:
            self.fields["location"] = forms.ModelChoiceField(
                label=_("Issued from"), queryset=places, required=False
            )
        for line in lines:
            self.fields[f"line-{line.pk}"] = forms.DecimalField(
                label=line.product.name, required=False, min_value=0, max_digits=12, decimal_places=3
            )

    def quantities(self) -> dict[int, Decimal]:
        return {
            int(name[5:]): value
            for name, value in self.cleaned_data.items()
            if value and name.startswith("line-")
        }
