"""What reps report from stores (D6): lines of counts, sell-out and displays; answers of forms. No ORM."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from common.money import round_money, round_quantity
from visits.enums import FieldKind
from visits.rules.visits import Refusal

MAX_LINES = 300
MAX_QUANTITY = Decimal("999999.999")
MAX_PRICE = Decimal("9999999.99")
MAX_FACINGS = 999
MAX_TEXT = 500


@dataclass(frozen=True, slots=True)
class CountInput:
    """Pieces of one product on the shelf, in its unit; the earliest best-before date among them."""

    product_id: int
    quantity: Decimal
    best_before: dt.date | None = None


@dataclass(frozen=True, slots=True)
class SoldInput:
    """What the shop sold of one product, in its unit; the price on the shelf in CNY."""

    product_id: int
    quantity: Decimal
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class FacingInput:
    """How many packages of one product stand in the front row."""

    product_id: int
    facings: int


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a form; `choices` for the kinds that offer some."""

    pk: int
    label: str
    kind: str
    is_required: bool
    choices: tuple[str, ...] = ()


def lines_refusal(
    lines: Sequence[CountInput | SoldInput | FacingInput], *, may_be_empty: bool = False
) -> Refusal | None:
    """Too many, none, or one product twice."""
    if not lines and not may_be_empty:
        return Refusal("empty", _("Enter at least one product."))
    if len(lines) > MAX_LINES:
        return Refusal("lines", _("At most %(count)s products at once.") % {"count": MAX_LINES})
    if len({line.product_id for line in lines}) != len(lines):
        return Refusal("double", _("A product stands twice in the list."))
    return None


def checked_quantity(value: Decimal) -> Decimal | Refusal:
    """A quantity from 0, to three places."""
    if not value.is_finite() or value < 0 or value > MAX_QUANTITY:
        return Refusal("quantity", _("Quantities lie between 0 and 999,999."))
    return round_quantity(value)


def checked_price(value: Decimal | None) -> Decimal | Refusal | None:
    """A price from 0, to the cent; None stays None."""
    if value is None:
        return None
    if not value.is_finite() or value < 0 or value > MAX_PRICE:
        return Refusal("price", _("A price cannot be negative or that large."))
    return round_money(value)


def checked_facings(value: int) -> int | Refusal:
    if not 0 <= value <= MAX_FACINGS:
        return Refusal("facings", _("Facings lie between 0 and %(most)s.") % {"most": MAX_FACINGS})
    return value


# --- forms
def check_answers(
    questions: Sequence[Question], raw: Mapping[int, Any]
) -> tuple[list[dict[str, Any]], dict[int, str]]:
    """(answers to keep, messages by question id). `raw` maps ids of questions to what came in.

    A kept answer is {"question", "label", "kind", "value"}: the label stays with it, so that a later change of the form
    hurts nothing. Values are text, number as text, true/false, one choice, a list of choices, or an ISO date; None
    where nothing was answered.
    """
    answers: list[dict[str, Any]] = []
    errors: dict[int, str] = {}
    for question in questions:
        value = raw.get(question.pk)
        try:
            kept = None if _is_blank(value) else _READERS[FieldKind(question.kind)](value, question)
        except ValueError as error:
            errors[question.pk] = _named(question, str(error))
            continue
        if kept is None and question.is_required:
            errors[question.pk] = _named(question, _("needs an answer"))
        answers.append(
            {"question": question.pk, "label": question.label, "kind": question.kind, "value": kept}
        )
    if unknown := set(raw) - {question.pk for question in questions}:
        errors[min(unknown)] = _("The form has changed since; load it again.")
    return answers, errors


def _named(question: Question, message: str) -> str:
    return f"{question.label}: {message}"


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value in ([], ())


def _text(value: Any, question: Question) -> str:
    text = str(value).strip()
    if len(text) > MAX_TEXT:
        raise ValueError(_("at most %(count)s characters") % {"count": MAX_TEXT})
    return text


def _number(value: Any, question: Question) -> str:
    try:
        number = Decimal(str(value).strip().replace(",", ""))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite() or abs(number) >= Decimal("1e12"):
        raise ValueError(_("needs a number"))
    return f"{number:f}"


def _yes_no(value: Any, question: Question) -> bool:
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    found = words.get(str(value).strip().lower())
    if found is None:
        raise ValueError(_("needs yes or no"))
    return found


def _choice(value: Any, question: Question) -> str:
    text = str(value).strip()
    if text not in question.choices:
        raise ValueError(_("“%(choice)s” is not among the choices") % {"choice": text[:40]})
    return text


def _choices(value: Any, question: Question) -> list[str]:
    values = value if isinstance(value, (list, tuple)) else [value]
    return [_choice(part, question) for part in dict.fromkeys(map(str, values))]


def _date(value: Any, question: Question) -> str:
    try:
        return dt.date.fromisoformat(str(value).strip()).isoformat()
    except ValueError as error:
        raise ValueError(_("needs a date")) from error


_READERS: dict[FieldKind, Callable[[Any, Question], Any]] = {
    FieldKind.TEXT: _text,
    FieldKind.NUMBER: _number,
    FieldKind.YES_NO: _yes_no,
    FieldKind.CHOICE: _choice,
    FieldKind.CHOICES: _choices,
    FieldKind.DATE: _date,
}
