"""A table as the lines of a workbook. No ORM."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from reports.rules.tables import Row, Table, plain


def sheet_heads(table: Table) -> list[str]:
    """Places where there are any, the group, the figures, and those of the compared period."""
    labels = [str(head.label) for head in table.heads]
    before = [_compared(label) for label in labels] if table.before_totals else []
    ranks = [_("Rank")] if table.is_ranked else []
    if ranks and table.before_totals:
        ranks += [_compared(_("Rank")), _("Rank change")]
    return [*ranks, str(table.by_label), *labels, *before]


def _compared(label: str) -> str:
    return _("%(figure)s (compared)") % {"figure": label}


def sheet_rows(table: Table, rows: Iterable[Row] | None = None) -> Iterator[list[Any]]:
    """Figures as numbers; a workbook's reader formats them himself. The totals stand last. `rows` when they are not held
    by the table."""
    width, compares = len(table.heads), bool(table.before_totals)
    for row in table.rows if rows is None else rows:
        before = row.before or (None,) * width if compares else ()
        yield [*_places(table, row), row.label, *map(plain, row.values), *map(plain, before)]
    if table.totals:
        totals = (*map(plain, table.totals), *map(plain, table.before_totals))
        yield [*_places(table, None), _("Total"), *totals]


def _places(table: Table, row: Row | None) -> list[int | None]:
    """Place, place in the compared period, and how many places were gained (lost: below zero)."""
    if not table.is_ranked:
        return []
    rank, before = (row.rank, row.rank_before) if row else (None, None)
    gained = before - rank if rank and before else None
    return [rank, before, gained] if table.before_totals else [rank]
