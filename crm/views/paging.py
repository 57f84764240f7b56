"""Pages of the customer list."""

from typing import Any

from django.core.paginator import Page, Paginator

from crm.queries import customers as queries

DEEP = 1000


class CustomerPaginator(Paginator):
    """Counts the bare rows, and gives names only to those of the page.

    A join that the page draws would stay in the count, which an index answers by itself without it. A far page is
    found by its keys first, because OFFSET reads and joins all rows before it: at row 25,000 of 50,000 that took ten
    times as long. One statement either way.
    """

    def page(self, number: Any) -> Page:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        if first < DEEP:
            rows = queries.with_names(self.object_list)[first : first + self.per_page]
        else:
            keys = self.object_list.values("pk")[first : first + self.per_page]
            rows = queries.with_names(self.object_list.filter(pk__in=keys))
        return self._get_page(rows, number, self)
