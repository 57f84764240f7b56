"""Pages of a search in documents: the best matches first, without judging every row of a word that stands everywhere."""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property

from common.paging import BoundedPaginator
from team.queries.document_search import DocumentSearch
from team.querysets.documents import DocumentQuerySet

BOUND = 300  # nobody counts the finds of a frequent word; "300+" is enough, and a click counts them


class TieredPaginator(BoundedPaginator):
    """The finds of `query` among `rows`, which are not searched yet: titles, then texts, then attachments."""

    def __init__(self, rows: DocumentQuerySet, per_page: int, *, query: str, **kwargs: Any) -> None:
        super().__init__(rows.search(query), per_page, **kwargs)
        self.bound = -(-BOUND // per_page) * per_page
        self._search = DocumentSearch(rows, query)

    @cached_property
    def _counted(self) -> int:
        return self._search.count(self.bound + 1)

    def rows(self, first: int, number: int) -> list[Any]:  # type: ignore[override]  # pages only draw them
        return self._search.page(first, number)
