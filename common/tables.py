"""Columns of list pages: what a cell shows, how it sorts, what it is in Excel."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from common.templatetags import paodian as fmt

Label = str | Promise


def resolve(row: Any, path: str) -> Any:
    """Follow a dotted path; a missing relation gives None."""
    value = row
    for part in path.split("."):
        if value is None:
            return None
        value = getattr(value, part)
    return value() if callable(value) else value


@dataclass(frozen=True)
class Column:
    """One column. `path` is read from the row, `order` are the order_by names (ascending).

    `phone` says where the cell stands on a phone's card: "title", "side", "line" or "" (left out).
    """

    key: str
    label: Label
    path: str = ""
    order: tuple[str, ...] = ()
    phone: str = "line"
    align: str = ""
    hidden: bool = False  # offered in the export and the column chooser only

    def value(self, row: Any) -> Any:
        """The bare value: what an export writes."""
        return resolve(row, self.path or self.key)

    def cell(self, row: Any) -> str:
        """The cell's HTML."""
        value = self.value(row)
        return escape("–" if value in (None, "") else str(value))


@dataclass(frozen=True)
class LinkColumn(Column):
    """The row's name, linking to its page."""

    url: Callable[[Any], str] | None = None

    def cell(self, row: Any) -> str:
        href = self.url(row) if self.url else row.get_absolute_url()
        return format_html('<a href="{}" class="fw-medium">{}</a>', href, self.value(row))


@dataclass(frozen=True)
class MoneyColumn(Column):
    align: str = "end"

    def cell(self, row: Any) -> str:
        return escape(fmt.money(self.value(row)))


@dataclass(frozen=True)
class NumberColumn(Column):
    align: str = "end"


@dataclass(frozen=True)
class DateColumn(Column):
    def cell(self, row: Any) -> str:
        return _day_cell(self.value(row), _today(int(time.time())), get_language())


@dataclass(frozen=True)
class MomentColumn(Column):
    def cell(self, row: Any) -> str:
        return escape(fmt.moment(self.value(row)))


@dataclass(frozen=True)
class AgoColumn(Column):
    """Days since a date, the exact day on hover."""

    def cell(self, row: Any) -> str:
        return _ago_cell(self.value(row), _today(int(time.time())), get_language())


# A list draws the same few dates over and over, and working one out costs more than the rest of its cell.
@lru_cache(maxsize=2)
def _today(second: int) -> dt.date:
    return timezone.localdate()


@lru_cache(maxsize=4096)
def _day_cell(value: dt.date | None, today: dt.date, language: str | None) -> str:
    return escape(fmt.day(value))


@lru_cache(maxsize=4096)
def _ago_cell(value: dt.date | None, today: dt.date, language: str | None) -> str:
    if not value:
        return format_html('<span class="text-secondary">{}</span>', fmt.days_ago(None))
    return format_html('<span title="{}">{}</span>', fmt.day(value), fmt.days_ago(value))


@dataclass(frozen=True)
class ChoiceColumn(Column):
    """A choice field's label as a badge; `colours` maps values to green, amber, red, teal."""

    colours: tuple[tuple[str, str], ...] = ()

    def value(self, row: Any) -> Any:
        value = resolve(row, self.path or self.key)
        display = getattr(row, f"get_{self.path or self.key}_display", None)
        return str(display()) if display and value else (value or "")

    def cell(self, row: Any) -> str:
        if not (label := self.value(row)):
            return "–"
        colour = dict(self.colours).get(str(resolve(row, self.path or self.key)), "")
        return badge(label, colour)


def badge(text: Label, colour: str = "") -> SafeString:
    """A small label; without a colour it is grey."""
    css = f"bg-{colour}-lt" if colour else "bg-secondary-lt"
    return format_html('<span class="badge {}">{}</span>', css, text)


@dataclass(frozen=True)
class FormatColumn(Column):
    """A cell drawn by a function of the row that returns safe HTML; the export uses `path`."""

    draw: Callable[[Any], SafeString | str] | None = None

    def cell(self, row: Any) -> str:
        assert self.draw is not None
        return conditional_escape(self.draw(row))


def draw_rows(columns: Sequence[Column], rows: Iterable[Model], *, selectable: bool) -> SafeString:
    """All rows of a table in one string: five times faster than a template loop, and the same for every list."""
    heads = [
        f'<td class="{" ".join(filter(None, (f"text-{c.align}" if c.align else "", f"pd-{c.phone}" if c.phone else "pd-off")))}"'
        f' data-col="{escape(c.key)}" data-label="{escape(c.label)}">'
        for c in columns
    ]
    parts = []
    for row in rows:
        parts.append(f'<tr data-pk="{escape(row.pk)}">')
        if selectable:
            parts.append(
                f'<td class="pd-check"><input class="form-check-input" type="checkbox" name="pk" value="{escape(row.pk)}"'
                f' aria-label="{escape(str(row))}"></td>'
            )
        for head, column in zip(heads, columns, strict=True):
            parts.append(f"{head}{column.cell(row)}</td>")
        parts.append("</tr>")
    return mark_safe("".join(parts))  # noqa: S308 - every cell escapes what it draws
