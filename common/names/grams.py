"""N-grams that turn "contains" into an index look-up on every database.

`search_grams` fills a column when a row is saved, `query_grams` says which grams a search must all find in it. The
grams narrow the rows down and never lose one; the caller still checks the few that remain with LIKE, because 甲乙丙
and 乙丙…甲乙 have the same grams.

Both sides fold first (NFKC, case) and cut the text into runs of one script: Chinese, Japanese and Korean signs
carry meaning singly, so a run gives all its 1-grams and 2-grams; letters and digits do not, so theirs gives all
2-grams and 3-grams. Spaces and punctuation separate runs and are in no gram.
"""

import re
from collections.abc import Iterable
from operator import add

from common.names.normal import fold, fold_long

_CJK = (
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af"
    "\U00020000-\U0003fffd"
)
_INDEXED = {True: (1, 2), False: (2, 3)}  # by whether the run is CJK
_RUN = re.compile(f"([{_CJK}]+)|([^\\W_{_CJK}]+)")


def _runs(text: str) -> list[tuple[str, bool]]:
    """(run, whether it is CJK) of a folded text, in order."""
    return [(match[1] or match[2], match[1] is not None) for match in _RUN.finditer(text)]


def _grams(run: str, size: int) -> Iterable[str]:
    return [run[start : start + size] for start in range(len(run) - size + 1)]


def search_grams(*texts: str) -> str:
    """All grams of the texts, each once, separated by spaces; "" when there is none."""
    # Written for speed: every saved name comes through here, a hundred thousand in one import.
    grams: list[str] = []
    for text in texts:
        for cjk, run in _RUN.findall(fold_long(text)):
            if cjk:
                grams += cjk
                grams += map(add, cjk, cjk[1:])
            else:
                pairs = list(map(add, run, run[1:]))
                grams += pairs
                grams += map(add, pairs, run[2:])
    return " ".join(dict.fromkeys(grams))


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
