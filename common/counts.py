"""How many rows of several sorts there are, in one statement."""

from collections.abc import Sequence
from typing import Any

from django.db.models import CharField, Count, QuerySet, Value


def counts(sorts: Sequence[tuple[str, QuerySet[Any]]]) -> dict[str, int]:
    """{sort: number of its rows}; sorts without any are left out."""
    parts = [
        rows.order_by()
        .annotate(sort=Value(sort, CharField()))
        .values("sort")
        .annotate(n=Count("pk"))
        .values_list("sort", "n")
        for sort, rows in sorts
    ]
    return dict(parts[0].union(*parts[1:], all=True)) if parts else {}
