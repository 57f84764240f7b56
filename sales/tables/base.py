from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.tables import FormatColumn, LinkColumn

POSTING_COLOURS = (("posted", "green"), ("reversed", "red"))


def customer_column() -> LinkColumn:
    """Names what a card on the phone is about, and leads to the slip."""
    return LinkColumn(
        "customer", _("Customer"), path="customer.name", order=("customer__name",), phone="title"
    )


@dataclass(frozen=True)
class ReadColumn(FormatColumn):
    """A drawn cell whose bare value, for an export, is read by a function of the row."""

    read: Callable[[Any], Any] | None = None

    def value(self, row: Any) -> Any:
        return "" if self.read is None else self.read(row)
