"""Pages of a search in documents: the best matches first, without judging every row of a word that stands everywhere."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page
from django.db.models import QuerySet
from django.utils.functional import cached_property

from common.paging import BoundedPaginator

BOUND = 300  # nobody counts the finds of a frequent word; "300+" is enough, and a click counts them


class TieredPaginator(BoundedPaginator):
    """Reads the titles that match, then the texts, then the attachments, and stops when the page is full.

    Without a query it is the usual paginator, in the order of the rows.
    """

    def __init__(self, object_list: QuerySet, per_page: int, *, query: str, **kwargs: Any) -> None:
        super().__init__(object_list, per_page, **kwargs)
        self.query = query.strip()
        if self.query:
            self.bound = -(-BOUND // per_page) * per_page

    def page(self, number: int | str) -> Page:
        if not self.query:
            return super().page(number)
        page = super().page(number)
        start = (page.number - 1) * self.per_page
        page.object_list = self._rows(start, self.per_page)
        return page

    @cached_property
    def _tiers(self) -> list[QuerySet]:
        return list(self.object_list.tiers(self.query))

    def _rows(self, start: int, wanted: int) -> list[Any]:
        rows: list[Any] = []
        passed = 0  # rows of the tiers before, as far as they were counted
        for tier in self._tiers:
            if len(rows) == wanted or (not self.more and passed >= self.count):
                break
            first = max(0, start - passed)
            found = list(tier[first : first + wanted - len(rows)])
            rows += found
            # A tier that gave rows gave its last ones, or the page is full; one that gave none ended before the page.
            passed += first + len(found) if found else (tier.count() if first else 0)
        return rows
