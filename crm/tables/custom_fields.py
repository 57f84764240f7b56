"""Columns of the fields a company added itself (A5). The rows have their `extra`."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t

from common.tables import Column, badge, day_text, text
from crm.enums import CustomFieldKind
from crm.models import CustomField
from crm.queries.custom_fields import CustomValue, key_of
from crm.rules.custom_fields import meant


@dataclass(frozen=True)
class CustomColumn(Column):
    """The value under `label` as its kind shows it; in Excel a number or a date where it is one."""

    kind: str = CustomFieldKind.TEXT

    def value(self, row: Any) -> Any:
        value = meant(self.kind, row.extra.get(self.label))
        return (_t("Yes") if value else _t("No")) if isinstance(value, bool) else value

    def cell(self, row: Any) -> str:
        value = self.value(row)
        if isinstance(value, dt.date):
            return SafeString(f'<span class="text-nowrap">{day_text(value)}</span>')
        if isinstance(value, float):
            return text(f"{Decimal(str(value)):f}")
        if self.kind == CustomFieldKind.CHOICE and value:
            return badge(value)
        return super().cell(row)


def custom_columns(fields: Iterable[CustomField]) -> tuple[Column, ...]:
    """A column for each field, offered and not shown: a person or a saved view chooses it."""
    return tuple(
        CustomColumn(
            key_of(field),
            field.label,
            order=(CustomValue.of(field, place=True),),
            align="end" if field.kind == CustomFieldKind.NUMBER else "",
            hidden=True,
            kind=field.kind,
        )
        for field in fields
    )
