"""Rows of goods for loads, counts, returns and other documents, in the look of the order entry; places; van sales."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from common import business_calendar
from sales import rules
from sales.enums import GoodsCondition, LocationKind, PaymentMethod, ReturnReason, StockDocumentKind
from sales.forms.base import number_input, plain
from sales.forms.money import day_input
from sales.forms.orders import BaseLineFormSet, OrderLineForm
from sales.models import Product, ProductCategory, StockLocation
from sales.rules import stock as stock_rules
from sales.rules.stock import StockLine, in_words
from sales.services.returns import ReturnInput

# --- rows


class GoodsRowForm(OrderLineForm):
    """A quantity of one product in boxes and pieces, without a price; nothing typed is not the same as 0."""

    price = None
    discount = None
    presold = forms.DecimalField(required=False, min_value=0, decimal_places=3, widget=forms.HiddenInput())
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"list": "stock-reasons", "autocomplete": "off"}),
    )

    shows_there = True
    there = ""  # what stands beside the row: what the place has, or what was planned
    have = ""  # the same as a number, for the button that fills all rows
    asks_reason = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].widget.attrs["placeholder"] = _t("Why is it different?")
        self.fields["reason"].widget.attrs["aria-label"] = _t("Reason")

    @property
    def more(self) -> list[forms.BoundField]:
        """Fields under the steppers."""
        return [self["reason"]] if self.asks_reason else []

    def quantity(self) -> Decimal | None:
        """Units of a valid row, None where nothing was typed."""
        data = self.cleaned_data
        if not data or self.item is None or (data["boxes"] is None and data["pieces"] is None):
            return None
        return (data["boxes"] or 0) * Decimal(self.item.box_quantity) + (data["pieces"] or 0)


class ReasonRowForm(GoodsRowForm):
    """Every row says why: losses."""

    asks_reason = True


class CostRowForm(GoodsRowForm):
    """With what one unit cost: goods received."""

    price = forms.DecimalField(
        label=_("Cost per unit"),
        required=False,
        min_value=0,
        max_value=rules.MAX_PRICE,
        decimal_places=2,
        widget=number_input(label=_("Cost per unit")),
    )
    last_price = None


class SaleRowForm(OrderLineForm):
    """With a price: goods sold from a van. A price left as it was offered is worked out anew for the quantity."""

    shows_there = True
    there = have = ""
    last_price = None


class ReturnRowForm(OrderLineForm):
    """With price, reason and condition: goods that come back."""

    discount = None
    delivery_line = forms.IntegerField(required=False, widget=forms.HiddenInput())
    reason = forms.ChoiceField(
        label=_("Reason"), required=False, choices=ReturnReason.choices, initial=ReturnReason.UNSOLD
    )
    condition = forms.ChoiceField(
        label=_("Condition"), required=False, choices=GoodsCondition.choices, initial=GoodsCondition.SELLABLE
    )

    shows_there = True
    there = have = ""
    last_price = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("reason", "condition"):
            self.fields[name].widget.attrs["aria-label"] = self.fields[name].label

    @property
    def more(self) -> list[forms.BoundField]:
        return [self["reason"], self["condition"]]

    def returned(self, offered: Mapping[int, Decimal]) -> ReturnInput | None:
        """What comes back; a price left as it was offered is worked out from what was paid, to the cent."""
        data = self.cleaned_data
        if not data or self.item is None:
            return None
        quantity = (data["boxes"] or 0) * Decimal(self.item.box_quantity) + (data["pieces"] or 0)
        if not quantity:
            return None
        key = data["delivery_line"] or self.item.pk
        price = None if data["price"] == offered.get(key) else data["price"]
        return ReturnInput(
            self.item.pk,
            quantity,
            reason=data["reason"] or ReturnReason.OTHER,
            condition=data["condition"] or GoodsCondition.SELLABLE,
            price=price,
            delivery_line_id=data["delivery_line"],
        )


class BaseGoodsFormSet(BaseLineFormSet):
    """Rows that say what is there: `have` are units by product id."""

    def __init__(
        self,
        *args: Any,
        have: Mapping[int, Decimal] | None = None,
        label: str = "",
        asks: frozenset[int] = frozenset(),
        **kwargs: Any,
    ) -> None:
        self.have, self.label, self.asks = have or {}, label, asks
        super().__init__(*args, **kwargs)

    @property
    def rows(self) -> list[Any]:
        rows = super().rows
        for row in rows:
            quantity = self.have.get(row.item.pk)
            if quantity is not None:
                row.have = f"{quantity:f}"
                row.there = f"{self.label} {in_words(quantity, row.item)}".strip()
            if row.item.pk in self.asks:
                row.asks_reason = True
        return rows

    def quantities(self) -> dict[int, Decimal]:
        """Units by product id of what was typed, 0 included; only after is_valid()."""
        sums: dict[int, Decimal] = {}
        for row in self.rows:
            quantity = row.quantity()
            if quantity is not None:
                sums[row.item.pk] = sums.get(row.item.pk, Decimal(0)) + quantity
        return sums

    def reasons(self) -> dict[int, str]:
        return {
            row.item.pk: text
            for row in self.rows
            if row.cleaned_data and (text := row.cleaned_data.get("reason") or "")
        }

    def stock_lines(self) -> list[StockLine]:
        """Lines of a document: what has a quantity."""
        lines = []
        for row in self.rows:
            quantity = row.quantity()
            if quantity:
                data = row.cleaned_data
                lines.append(
                    StockLine(
                        row.item.pk,
                        quantity,
                        presold=min(data.get("presold") or Decimal(0), quantity),
                        unit_cost=data.get("price"),
                        reason=data.get("reason") or "",
                    )
                )
        return lines


def _rows(form: type[OrderLineForm]) -> Any:
    return forms.formset_factory(
        form, formset=BaseGoodsFormSet, extra=0, max_num=rules.MAX_LINES, validate_max=True, absolute_max=400
    )


GoodsRows = _rows(GoodsRowForm)
ReasonRows = _rows(ReasonRowForm)
CostRows = _rows(CostRowForm)
SaleRows = _rows(SaleRowForm)
ReturnRows = _rows(ReturnRowForm)


def goods_row(product: Product, quantity: Decimal | None = None, **more: Any) -> dict[str, Any]:
    """A row's initial values; without a quantity it is open, and 0 is a 0 that somebody typed."""
    row: dict[str, Any] = {"product": product.pk, **more}
    if quantity is not None:
        size = product.box_quantity
        boxes, pieces = divmod(quantity, size) if size else (Decimal(0), quantity)
        row |= {"boxes": plain(boxes), "pieces": plain(pieces) or ("" if boxes else "0")}
    return row


# --- what a document has besides its rows
def _uuid() -> forms.UUIDField:
    return forms.UUIDField(required=False, widget=forms.HiddenInput(), initial=uuid.uuid4)


def _note() -> forms.CharField:
    return forms.CharField(
        label=_("Note"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )


class DocumentForm(forms.Form):
    """Places, date and note of a document of one kind; the places are those that go together."""

    source = forms.ModelChoiceField(
        label=pgettext_lazy("stock", "From"), queryset=StockLocation.objects.none()
    )
    target = forms.ModelChoiceField(label=pgettext_lazy("stock", "To"), queryset=StockLocation.objects.none())
    happened_on = forms.DateField(
        label=_("Date"),
        initial=business_calendar.today,
        widget=day_input(),
        validators=[business_calendar.validate_day],
    )
    note = _note()
    client_uuid = _uuid()

    def __init__(self, *args: Any, user: User, kind: StockDocumentKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sources, targets = stock_rules.ENDS[kind]
        for name, kinds in (("source", sources), ("target", targets)):
            stocked = [place for place in kinds if place in (LocationKind.WAREHOUSE, LocationKind.VAN)]
            if not stocked:
                del self.fields[name]
                continue
            places = StockLocation.objects.visible_to(user).active().filter(kind__in=stocked)
            self.fields[name].queryset = places
            default = next((place for place in places if place.is_default), None)
            if default is not None and not (name == "target" and kind == StockDocumentKind.TRANSFER):
                self.fields[name].initial = default.pk


class NoteForm(forms.Form):
    """Of a page whose places are known."""

    note = _note()
    client_uuid = _uuid()


class CountForm(forms.Form):
    """Where a stock count begins, and of what."""

    location = forms.ModelChoiceField(
        label=pgettext_lazy("stock", "Place"), queryset=StockLocation.objects.none()
    )
    categories = forms.ModelMultipleChoiceField(
        label=_("Categories"),
        queryset=ProductCategory.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: everything that is there."),
    )
    note = _note()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places: QuerySet = StockLocation.objects.visible_to(user).active().stocked()
        self.fields["location"].queryset = places
        self.fields["location"].initial = next((place.pk for place in places if place.is_default), None)


class LocationForm(forms.ModelForm):
    class Meta:
        model = StockLocation
        fields = ["code", "name", "kind", "rep", "is_default", "may_be_negative", "is_active"]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [
            (kind.value, kind.label) for kind in (LocationKind.WAREHOUSE, LocationKind.VAN)
        ]
        self.fields["rep"].queryset = User.objects.visible_to(user).active().order_by("name")
        self.fields["rep"].help_text = _("Who drives the van, sells from it and answers for it.")

    def _get_validation_exclusions(self) -> set[str]:
        """Of these the service says in words, by field, what the database's constraints would only name."""
        return super()._get_validation_exclusions() | {"is_default", "rep"}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") == LocationKind.VAN and data.get("may_be_negative"):
            raise ValidationError({"may_be_negative": _t("A van never goes below zero.")})
        return data


class _MoneyForm(forms.Form):
    """What the customer pays at once: nothing, the whole sum, or a part."""

    method = forms.ChoiceField(
        label=_("Paid by"), required=False, choices=[("", _("Not paid now")), *PaymentMethod.choices]
    )
    paid = forms.DecimalField(
        label=_("Amount paid"),
        required=False,
        min_value=Decimal("0.01"),
        max_value=rules.MAX_AMOUNT,
        decimal_places=2,
        widget=number_input(label=_("Amount paid"), step="0.01"),
        help_text=_("Empty: the whole sum."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("paid") and not data.get("method"):
            raise ValidationError({"method": _t("Choose how the customer paid.")})
        return data


class SaleForm(_MoneyForm):
    discount = forms.DecimalField(
        label=_("Order discount %"),
        required=False,
        min_value=0,
        max_value=100,
        decimal_places=2,
        widget=number_input(label=_("Order discount %"), max=100),
    )
    note = _note()
    client_uuid = _uuid()

    field_order = ["method", "paid", "discount", "note", "client_uuid"]

    @property
    def share(self) -> Decimal:
        return (self.cleaned_data["discount"] or Decimal(0)) / 100


class DeliverFromVanForm(_MoneyForm):
    pass


class ReturnForm(forms.Form):
    location = forms.ModelChoiceField(
        label=_("Sellable goods go into"), queryset=StockLocation.objects.none()
    )
    note = _note()
    client_uuid = _uuid()

    def __init__(self, *args: Any, user: User, own_van: StockLocation | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = StockLocation.objects.visible_to(user).active().stocked()
        if not user.has_perm("sales.post_stockdocument"):
            places = places.filter(kind=LocationKind.WAREHOUSE) | places.filter(
                pk=own_van.pk if own_van else None
            )
        self.fields["location"].queryset = places
        default = own_van or next((place for place in places if place.is_default), None)
        self.fields["location"].initial = default.pk if default else None


class SettlementForm(forms.Form):
    cash = forms.DecimalField(
        label=_("Cash handed over"),
        min_value=0,
        max_value=rules.MAX_AMOUNT,
        decimal_places=2,
        widget=number_input(label=_("Cash handed over"), step="0.01"),
    )
    cash_reason = forms.CharField(label=_("Reason for the cash difference"), required=False, max_length=200)
    note = _note()
