"""What reps type in stores: lines of products, answers of forms, phrases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sales.models import Product
from visits.enums import FieldKind, PhraseUse
from visits.forms.visits import IsoMomentField, date_input
from visits.models import Phrase
from visits.rules import CountInput, FacingInput, Question, SoldInput

MAX_ROWS = 400


class ReportForm(forms.Form):
    """What every report of a phone brings along."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    occurred_at = IsoMomentField(required=False, widget=forms.HiddenInput)
    place = forms.CharField(label=gettext_lazy("Where in the shop"), max_length=60, required=False)
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)


@dataclass(slots=True)
class Row:
    """One product of the page, as it was typed."""

    product: Product
    values: dict[str, str]
    facts: Any = None  # queries.ShopProduct
    last: Any = None  # what was reported the last time
    error: str = ""

    @property
    def is_blank(self) -> bool:
        return not any(value.strip() for value in self.values.values())


@dataclass(frozen=True, slots=True)
class LineSheet:
    """The rows of one step's page: `names` are its fields beside the product, the first says whether a row counts."""

    names: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)

    def read(self, data: QueryDict, products: Mapping[int, Product]) -> None:
        """Rows as they came in; unknown products are left out, the service counts again."""
        columns = [data.getlist(name) for name in self.names]
        for at, raw in enumerate(data.getlist("product")[:MAX_ROWS]):
            product = products.get(int(raw)) if raw.isdecimal() and len(raw) < 19 else None
            if product is not None:
                values = {
                    name: column[at] if at < len(column) else ""
                    for name, column in zip(self.names, columns, strict=True)
                }
                self.rows.append(Row(product, values))

    @property
    def filled(self) -> list[Row]:
        return [row for row in self.rows if not row.is_blank]

    def errors(self) -> list[str]:
        return [f"{row.product.name}: {row.error}" for row in self.rows if row.error]

    # --- to what the services take; a row that cannot be read gets its error
    def counts(self) -> list[CountInput]:
        return list(self._each(self._count))

    def sold(self) -> list[SoldInput]:
        return list(self._each(self._sold))

    def facings(self) -> list[FacingInput]:
        return list(self._each(self._facing))

    def _each(self, build: Any) -> Iterable[Any]:
        for row in self.filled:
            try:
                yield build(row)
            except ValidationError as error:
                row.error = " ".join(error.messages)

    @staticmethod
    def _count(row: Row) -> CountInput:
        return CountInput(
            row.product.pk,
            _decimal(row.values["quantity"], required=True) or Decimal(0),
            _date(row.values["best_before"]),
        )

    @staticmethod
    def _sold(row: Row) -> SoldInput:
        quantity = _decimal(row.values["quantity"], required=True) or Decimal(0)
        return SoldInput(row.product.pk, quantity, _decimal(row.values["price"]))

    @staticmethod
    def _facing(row: Row) -> FacingInput:
        number: int = forms.IntegerField().clean(row.values["facings"])
        return FacingInput(row.product.pk, number)


def _decimal(text: str, *, required: bool = False) -> Decimal | None:
    value: Decimal | None = forms.DecimalField(required=required).clean(text)
    return value


def _date(text: str) -> dt.date | None:
    value: dt.date | None = forms.DateField(required=False).clean(text)
    return value


# --- custom forms
class AnswerForm(forms.Form):
    """The questions of a custom form as fields q<id>."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    occurred_at = IsoMomentField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, questions: Sequence[Question], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = questions
        for question in questions:
            self.fields[f"q{question.pk}"] = _answer_field(question)

    def answers(self) -> dict[int, Any]:
        return {question.pk: self.cleaned_data.get(f"q{question.pk}") for question in self.questions}


def _answer_field(question: Question) -> forms.Field:
    base: dict[str, Any] = {"label": question.label, "required": question.is_required}
    choices = [(choice, choice) for choice in question.choices]
    match question.kind:
        case FieldKind.NUMBER:
            return forms.CharField(widget=forms.TextInput(attrs={"inputmode": "decimal"}), **base)
        case FieldKind.YES_NO:
            answers = [("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))]
            return forms.ChoiceField(choices=answers, widget=forms.RadioSelect, **base)
        case FieldKind.CHOICE:
            return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **base)
        case FieldKind.CHOICES:
            return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **base)
        case FieldKind.DATE:
            return forms.CharField(widget=date_input(), **base)
    return forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 2}), **base)


class PhraseForm(forms.ModelForm):
    """One's own phrase."""

    class Meta:
        model = Phrase
        fields = ("use", "text")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["use"].choices = PhraseUse.choices

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].strip()
        if not text:
            raise ValidationError(_("Type a text."))
        return text
