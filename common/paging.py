"""Pages of lists whose length nobody needs to the last row."""

from __future__ import annotations

from typing import Any

from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

BOUND = 5000
FARTHEST = 1_000_000  # a page number above it is a typing error, not a wish


class BoundedPage(Page):
    def has_next(self) -> bool:
        return self.paginator.more or super().has_next()


class BoundedPaginator(Paginator):
    """Counts up to some 5,000 rows and then only says that there are more.

    The exact count of a word that a seventh of a million customers share reads each of them, which takes longer than
    all the rest of the page. Pages behind the bound are there: each looks whether a row follows it. Whoever needs the
    exact number counts the rows himself.
    """

    def __init__(self, object_list: QuerySet, per_page: int, **kwargs: Any) -> None:
        super().__init__(object_list, per_page, **kwargs)
        self.bound = -(-BOUND // per_page) * per_page  # whole pages

    @cached_property
    def _counted(self) -> int:
        return int(self.object_list.order_by().values("pk")[: self.bound + 1].count())

    @cached_property
    def more(self) -> bool:
        """There are more rows than `count` says."""
        return self._counted > self.bound

    @cached_property
    def count(self) -> int:
        """Rows there are, or, with `more`, rows there are at least."""
        return min(self._counted, self.bound)

    @property
    def count_short(self) -> str:
        """5,000+ or 4,321"""
        return f"{self.count:,}+" if self.more else f"{self.count:,}"

    @property
    def count_text(self) -> str:
        """The same in words: 5,000 条以上."""
        return _("%(count)s+") % {"count": f"{self.count:,}"} if self.more else self.count_short

    def validate_number(self, number: Any) -> int:
        try:
            return int(super().validate_number(number))
        except EmptyPage:
            if not self.more or int(number) < 1:
                raise
        if int(number) > FARTHEST:
            self._know(self.object_list.count())
            return int(self.num_pages)
        return int(number)

    def page(self, number: Any) -> Page:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        if first < self.count or not self.more:
            return self._get_page(self.rows(first, min(self.per_page, self.count - first)), number, self)
        found = list(self.rows(first, self.per_page + 1))
        if not found:
            self._know(self.object_list.count())
            return self.page(self.num_pages)
        self._know(first + min(len(found), self.per_page), more=len(found) > self.per_page)
        return self._get_page(found[: self.per_page], number, self)

    def rows(self, first: int, number: int) -> QuerySet:
        """`number` rows from row `first` on."""
        rows: QuerySet = self.object_list[first : first + number]
        return rows

    def _know(self, count: int, *, more: bool = False) -> None:
        self.count, self.more = count, more  # type: ignore[misc]  # they take the place of the cached properties
        self.__dict__.pop("num_pages", None)

    def _get_page(self, *args: Any, **kwargs: Any) -> Page:
        return BoundedPage(*args, **kwargs)
