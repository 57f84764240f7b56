"""The numbers of kinds of alerts, as both databases reckon them."""

from typing import Any

from django.db.models import DecimalField, FloatField, IntegerField, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Round


def percent(part: Any, whole: Any) -> Combinable:
    """100 × part ÷ whole to four places, so that 10 % is no less than 10; `whole` must not be 0."""
    share = Cast(part, FloatField()) * 100.0 / Cast(whole, FloatField())
    places: DecimalField[Any, Any] = DecimalField(max_digits=20, decimal_places=4)
    return Round(Cast(share, places), precision=4, output_field=places)


def no_number() -> Combinable:
    """NULL for a kind without a threshold. Cast, because PostgreSQL takes a bare one for text."""
    return Cast(Value(None), IntegerField())


def as_rows(found: QuerySet[Any]) -> QuerySet[Any]:
    """The columns that `Kind.rows` answers with, of a query that has them all."""
    rows: QuerySet[Any] = found.values("customer_id", "base_on", "value", "facts")
    return rows
