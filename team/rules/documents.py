"""Decisions about documents: what a status may become, what a search looks for and shows of it. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from operator import add

from django.utils.html import escape
from django.utils.safestring import SafeString

from common.names import fold
from team.enums import DocumentStatus

MAX_TITLE = 120
MAX_BODY = 500_000  # characters of HTML
MAX_DEPTH = 6  # of the tree of folders
MAX_FILES = 30
# Of the attachments together; what stands behind is not found. Some 150 pages, and an index row of 100 kB.
MAX_FILES_TEXT = 100_000
_WORDS = 8
_FAR_EAST = "\u2e80"  # signs from here on are written without spaces
_BEFORE, _AFTER = 30, 90  # characters around what was found

TRANSITIONS: dict[DocumentStatus, tuple[DocumentStatus, ...]] = {
    DocumentStatus.DRAFT: (DocumentStatus.PUBLISHED,),
    DocumentStatus.PUBLISHED: (DocumentStatus.ARCHIVED,),
    DocumentStatus.ARCHIVED: (DocumentStatus.PUBLISHED,),
}


def may_become(now: str, wanted: DocumentStatus) -> bool:
    """Whether a document of this status may take the other one."""
    return wanted in TRANSITIONS[DocumentStatus(now)]


def is_current(
    *, status: str, valid_from: dt.date | None, valid_until: dt.date | None, today: dt.date
) -> bool:
    """Published, and valid on this day; both ends count."""
    return (
        status == DocumentStatus.PUBLISHED
        and (valid_from is None or valid_from <= today)
        and (valid_until is None or valid_until >= today)
    )


# --- folders
def is_below(parents: dict[int, int | None], pk: int, wanted: int | None) -> bool:
    """Whether `wanted` is the folder `pk` or stands somewhere in it; `parents`: {folder: the folder it stands in}."""
    seen: set[int] = set()
    while wanted is not None and wanted not in seen:
        if wanted == pk:
            return True
        seen.add(wanted)
        wanted = parents.get(wanted)
    return False


def depth_of(parents: dict[int, int | None], pk: int | None) -> int:
    """How many folders stand one in the other down to this one; 0 for none."""
    depth = 0
    while pk is not None and depth <= len(parents):
        depth, pk = depth + 1, parents.get(pk)
    return depth


def height_of(parents: dict[int, int | None], pk: int) -> int:
    """How many folders stand one in the other from this one down to its deepest."""
    own = depth_of(parents, pk)
    return max(depth_of(parents, other) - own + 1 for other in parents if is_below(parents, pk, other))


# --- audience
@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a document is for, as keys; nobody named is nobody, `for_all` is everybody who works here."""

    for_all: bool
    departments: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    people: frozenset[int] = frozenset()

    def includes(self, *, user_id: int, role_id: int | None, branch: Collection[int]) -> bool:
        """Whether it is for this person; `branch`: his department and those above it."""
        return (
            self.for_all
            or user_id in self.people
            or (role_id is not None and role_id in self.roles)
            or not self.departments.isdisjoint(branch)
        )


# --- search
def search_words(folded: str) -> list[str]:
    """The words a search looks for, each once; a NUL is in no text and would be refused by PostgreSQL."""
    return list(dict.fromkeys(folded.replace("\x00", " ").split()))[:_WORDS]


def mixed_pairs(folded: str) -> list[str]:
    """The places where a Chinese sign and a letter or digit touch, each once: 7号 of 特供7号.

    Grams (common.names) stay within one script, and one digit alone is in none: without these pairs 特供7号 would have
    every document with 特供 and 号 as a candidate. The same function fills the index and reads the query.
    """
    pairs = map(add, folded, folded[1:])
    return [
        pair
        for pair in dict.fromkeys(pairs)
        if pair.isalnum() and (pair[0] < _FAR_EAST) != (pair[1] < _FAR_EAST)
    ]


def snippet(text: str, query: str) -> SafeString | None:
    """A piece of the text around the first word of the query, escaped, every word of the query marked; None when none
    of them stands there."""
    words = search_words(fold(query))
    shown = " ".join(text.split())
    pattern = _pattern(words)
    found = pattern.search(shown) if pattern else None
    if found is None and pattern:
        shown = fold(shown)  # full-width letters, ligatures: found only in the form that is searched
        found = pattern.search(shown)
    if pattern is None or found is None:
        return None
    start, end = max(0, found.start() - _BEFORE), min(len(shown), found.end() + _AFTER)
    piece = shown[start:end]
    marked = _marked(piece, pattern)
    return SafeString(f"{'…' if start else ''}{marked}{'…' if end < len(shown) else ''}")


def marked(text: str, query: str) -> SafeString:
    """The whole text, escaped, with every word of the query marked."""
    pattern = _pattern(search_words(fold(query)))
    return SafeString(_marked(text, pattern) if pattern else escape(text))


def _pattern(words: Iterable[str]) -> re.Pattern[str] | None:
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE) if longest_first else None


def _marked(text: str, pattern: re.Pattern[str]) -> str:
    parts, at = [], 0
    for found in pattern.finditer(text):
        parts += [escape(text[at : found.start()]), "<mark>", escape(found.group()), "</mark>"]
        at = found.end()
    return "".join([*map(str, parts), escape(text[at:])])
