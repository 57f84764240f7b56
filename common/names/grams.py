"""N-grams that turn "contains" into an index look-up.

`search_grams` fills a column when a row is saved, `query_grams` says which grams a search must all find in it. The
grams narrow the rows down and never lose one; the caller still checks the few that remain with LIKE, because 甲乙丙
and 乙丙…甲乙 have the same grams. Only where `is_one_gram` says so the gram is the whole answer.

Both sides fold first (NFKC, case) and cut the text into runs of one script: Chinese, Japanese and Korean signs
carry meaning singly, so a run gives all its 1-grams and 2-grams; letters and digits do not, so theirs gives all
2-grams and 3-grams. Spaces and punctuation separate runs and are in no gram.

A gram is stored as a number of 32 bits (`gram_numbers`): an index over numbers is filled three times as fast as one
over short texts, whose comparing is most of its work.
"""

import re
from collections.abc import Callable, Iterable
from operator import add
from typing import TypeVar
from zlib import crc32

from common.names.normal import fold, fold_long

_CJK = (
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af"
    "\U00020000-\U0003fffd"
)
K = TypeVar("K")
V = TypeVar("V")
_INDEXED = {True: (1, 2), False: (2, 3)}  # by whether the run is CJK
_RUN = re.compile(f"([{_CJK}]+)|([^\\W_{_CJK}]+)")
# Numbers under this are three ASCII signs of seven bits, those from _CJK_FROM on one or two CJK signs of 16 bits.
# Between them there is room for the few others (Cyrillic, signs beyond 16 bits); they are hashed and may coincide.
_HASHED_FROM, _CJK_FROM = 1 << 24, 0x3005 << 16
SIGN_BIT, _RANGE = 1 << 31, 1 << 32


def _runs(text: str) -> list[tuple[str, bool]]:
    """(run, whether it is CJK) of a folded text, in order."""
    return [(match[1] or match[2], match[1] is not None) for match in _RUN.finditer(text)]


def is_cjk(sign: str) -> bool | None:
    """Whether a folded sign belongs to runs of Chinese, Japanese and Korean; None when it is in no run."""
    match = _RUN.match(sign)
    return None if match is None else match[1] is not None


def _grams(run: str, size: int) -> Iterable[str]:
    return [run[start : start + size] for start in range(len(run) - size + 1)]


def search_grams(*texts: str) -> list[str]:
    """All grams of the texts, each once."""
    return list(dict.fromkeys(folded_grams("\n".join(map(fold_long, texts)))))


def folded_grams(text: str) -> list[str]:
    """The grams of a text that is folded already; one may come more than once."""
    # Written for speed: every saved name comes through here, a hundred thousand in one import.
    grams: list[str] = []
    for cjk, run in _RUN.findall(text):
        if cjk:
            grams += cjk
            grams += map(add, cjk, cjk[1:])
        else:
            pairs = list(map(add, run, run[1:]))
            grams += pairs
            grams += map(add, pairs, run[2:])
    return grams


def query_grams(text: str) -> list[str]:
    """The grams every row that contains `text` must have: the longest of each run, since they imply the shorter.

    Empty when nothing in the text is long enough to be indexed (one Latin letter, only punctuation): then the
    grams filter nothing and the caller has only LIKE.
    """
    grams: dict[str, None] = {}
    for run, cjk in _runs(fold(text)):
        shortest, longest = _INDEXED[cjk]
        if len(run) >= shortest:
            grams.update(dict.fromkeys(_grams(run, min(longest, len(run)))))
    return list(grams)


def is_one_gram(text: str) -> bool:
    """Whether the folded `text` is one gram with a number of its own: a row contains it just when it has that gram."""
    runs = _runs(text)
    if len(runs) != 1 or runs[0][0] != text:
        return False
    shortest, longest = _INDEXED[runs[0][1]]
    return shortest <= len(text) <= longest and _packed(text) is not None


def gram_numbers(grams: Iterable[str]) -> str:
    """The grams' numbers, signed and of 32 bits, as PostgreSQL writes an array: "{-2,1}".

    Each once and in order: an index over them sorts each row's, and finds these sorted, a tenth of writing a customer.
    """
    return f"{{{','.join(map(DIGITS.__getitem__, sorted({*map(_NUMBERS.__getitem__, grams)})))}}}"


def _packed(gram: str) -> int | None:
    """The number of a gram that shares it with no other; None when there is no room for it."""
    if gram.isascii():
        number = 0
        for sign in gram:
            number = number << 7 | ord(sign)
        return number
    high, low = ord(gram[0]), ord(gram[1]) if len(gram) == 2 else 0
    fits = len(gram) <= 2 and 0x3005 <= high <= 0xFFFF and low <= 0xFFFF
    return high << 16 | low if fits else None


def _number(gram: str) -> int:
    packed = _packed(gram)
    if packed is None:
        packed = _HASHED_FROM + crc32(gram.encode()) % (_CJK_FROM - _HASHED_FROM)
    return packed - _RANGE if packed >= SIGN_BIT else packed


class _Lately(dict[K, V]):
    """Answers of `find` for the grams seen lately: most of a text's are in every other text."""

    LIMIT = 100_000

    def __init__(self, find: Callable[[K], V]) -> None:
        super().__init__()
        self.find = find

    def __missing__(self, key: K) -> V:
        if len(self) >= self.LIMIT:
            self.clear()
        self[key] = answer = self.find(key)
        return answer


_NUMBERS = _Lately(_number)
DIGITS: _Lately[int, str] = _Lately(str)
