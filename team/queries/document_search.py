"""A search in documents, best matches first: read no further than a page needs.

A word of everyday use stands in nearly every text, and what costs is to read the texts. So the grams' index names the
candidates in the order of the list, and LIKE judges them batch by batch until the page is full: titles first, which are
short and read at once, then the texts, then what is left, which stands in attachments.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from team.querysets.documents import DocumentQuerySet

_FIRST, _MOST = 60, 2000  # documents of a batch; each is as large as all before it


class DocumentSearch:
    """The finds of `text` among `rows`: these are scoped, filtered and in order, and not searched yet.

    Reads are kept, so that counting and the page share them.
    """

    def __init__(self, rows: DocumentQuerySet, text: str) -> None:
        self._rows, self._text = rows, text
        self._all: DocumentQuerySet = rows.model._default_manager.order_by()  # for keys that are in scope
        candidates = rows.candidate_keys(text)
        self._titled = [pk for pk, in_title in candidates if in_title]
        self._others = [pk for pk, in_title in candidates if not in_title]
        self._judged = 0  # of the others
        self._found: list[tuple[int, bool]] = []  # of the others; whether the text has what the title has not
        self._decided = rows.grams_decide(text)
        self._best = self._by_place()
        self._read: list[int] = []

    def count(self, most: int) -> int:
        """How many are found, counted up to `most`."""
        if self._decided:
            return min(len(self._titled) + len(self._others), most)
        while len(self._titled) + len(self._found) < most and self._judge():
            pass
        return min(len(self._titled) + len(self._found), most)

    def page(self, first: int, number: int) -> list[Any]:
        """`number` rows from row `first` on; fewer at the end."""
        self._read += islice(self._best, max(0, first + number - len(self._read)))
        keys = self._read[first : first + number]
        rows = self._rows.in_bulk(keys)
        return [rows[pk] for pk in keys if pk in rows]  # one may be gone since

    def _judge(self) -> bool:
        """Let LIKE judge the next batch; False when there is none."""
        batch = self._others[self._judged : self._judged + min(max(self._judged, _FIRST), _MOST)]
        if not batch:
            return False
        self._judged += len(batch)
        places = dict(self._all.filter(pk__in=batch).confirmed(self._text).in_text(self._text))
        self._found += [(pk, places[pk]) for pk in batch if pk in places]
        return True

    def _by_place(self) -> Iterator[int]:
        """Keys of those with all words in the title, then in title and text, then the others."""
        yield from self._titled
        rest, at = [], 0
        while at < len(self._found) or self._judge():
            ready, at = self._found[at:], len(self._found)
            yield from (pk for pk, in_text in ready if in_text)
            rest += [pk for pk, in_text in ready if not in_text]
        yield from rest
