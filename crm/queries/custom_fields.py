"""The fields a company added itself (A5): which there are, and their values in statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import FloatField, Func, IntegerField, TextField

from crm.enums import CustomFieldKind
from crm.models import CustomField
from crm.rules.custom_fields import DAY_SHAPE, NO, NUMBER_SHAPE, YES


def active_fields(target: str) -> list[CustomField]:
    """Those of "customer" or "lead" that are in use, in their order."""
    return list(CustomField.objects.filter(target=target, is_active=True).order_by("position", "pk"))


def key_of(field: CustomField) -> str:
    """Its name in addresses: of the column, and of the filter or the beginning of its filters' names."""
    return f"field_{field.pk}"


def is_key(key: str) -> bool:
    return key.startswith("field_")


# The row of one value `v`, a text. Not Django's KeyTransform: it takes a label of digits for a place in a list, and
# SQLite's paths know no label with a quotation mark in it.
_KEPT = {
    "sqlite": "(SELECT CAST(atom AS TEXT) AS v FROM json_each({extra}) WHERE key = %s) AS kept",
    "postgresql": "(SELECT {extra} ->> CAST(%s AS text) AS v) AS kept",
}
_MATCHES = {"sqlite": "REGEXP", "postgresql": "~"}
_TEXT = "(SELECT trim(v) FROM {kept} WHERE trim(v) <> '')"
_NUMBER = (
    "(SELECT CAST(replace(replace(trim(v), ',', ''), '，', '') AS double precision)"
    " FROM {kept} WHERE trim(v) {matches} %s)"
)
# 2026/1/5 is 2026-01-05: first the dashes, then the month, then the day.
_DAY = (
    "(SELECT CASE WHEN length(b) = 9 THEN substr(b, 1, 8) || '0' || substr(b, 9) ELSE b END FROM"
    " (SELECT CASE WHEN substr(a, 7, 1) = '-' THEN substr(a, 1, 5) || '0' || substr(a, 6) ELSE a END AS b FROM"
    " (SELECT replace(replace(trim(v), '/', '-'), '.', '-') AS a FROM {kept} WHERE trim(v) {matches} %s)"
    " AS dashed) AS monthly)"
)
_YES_NO = (
    "(SELECT CASE WHEN lower(trim(v)) IN ({yes}) THEN 1 WHEN lower(trim(v)) IN ({no}) THEN 0 END FROM {kept})"
)
_PLACE = "(SELECT CASE trim(v) {places} ELSE {last} END FROM {kept} WHERE trim(v) <> '')"


class CustomValue(Func):
    """What `extra` holds under a label, by the kind of its field; NULL when there is nothing or it does not fit.

    A text; a number; a day as 2026-11-24; 1 for yes and 0 for no. `place=True` gives a choice's place among the
    options instead of its text, one that is no longer offered behind them.
    """

    def __init__(
        self, label: str, kind: str, options: Sequence[str] = (), *, place: bool = False, **extra: Any
    ) -> None:
        self.label, self.kind, self.options = label, kind, tuple(options)
        self.place = place and kind == CustomFieldKind.CHOICE and bool(options)
        whole = IntegerField() if self.place or kind == CustomFieldKind.YES_NO else TextField()
        output = FloatField() if kind == CustomFieldKind.NUMBER else whole
        super().__init__("extra", output_field=output, **extra)

    @classmethod
    def of(cls, field: CustomField, *, place: bool = False) -> CustomValue:
        return cls(field.label, field.kind, field.options, place=place)

    def as_sql(self, compiler: Any, connection: Any, **_context: Any) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]  # a SELECT, no call with arguments
        extra, params = compiler.compile(self.source_expressions[0])
        kept = {"kept": _KEPT[connection.vendor].format(extra=extra), "matches": _MATCHES[connection.vendor]}
        value = (*params, self.label)
        if self.place:
            places = " ".join(f"WHEN %s THEN {place}" for place in range(len(self.options)))
            return _PLACE.format(**kept, places=places, last=len(self.options)), (*self.options, *value)
        if self.kind == CustomFieldKind.YES_NO:
            yes, no = (", ".join(["%s"] * len(words)) for words in (YES, NO))
            return _YES_NO.format(**kept, yes=yes, no=no), (*sorted(YES), *sorted(NO), *value)
        if self.kind == CustomFieldKind.NUMBER:
            return _NUMBER.format(**kept), (*value, NUMBER_SHAPE)
        if self.kind == CustomFieldKind.DATE:
            return _DAY.format(**kept), (*value, DAY_SHAPE)
        return _TEXT.format(**kept), value
