"""What the search over everything finds: groups of links, and the words it is asked for."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from common.names import fold

LIMIT = 5  # hits of a group
LONGEST = 80  # signs of a search; more is nobody's typing
_WORDS = 8


@dataclass(frozen=True)
class Hit:
    """One thing found: where it opens, and a few words that tell it from its neighbours."""

    label: str
    url: str
    note: str = ""


@dataclass(frozen=True)
class Group:
    """Hits of one kind, at most LIMIT, never none; `more` is the list with all of them, "" where there is none."""

    title: str
    icon: str
    hits: Sequence[Hit]
    more: str = ""


def asked_text(typed: str) -> str:
    """What was typed without control characters (PostgreSQL refuses a NUL), its spaces single, at most LONGEST signs."""
    shown = "".join(
        " " if unicodedata.category(sign) in ("Cc", "Cs") else sign for sign in typed[: 4 * LONGEST]
    )
    return " ".join(shown.split())[:LONGEST].strip()


def words_of(text: str) -> list[str]:
    """Folded words of a search (common.names.fold), the first eight."""
    return fold(text).split()[:_WORDS]
