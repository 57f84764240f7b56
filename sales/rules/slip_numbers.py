"""What somebody types for the number of a slip: 20261122-0003, 1122-0003 or 3 for SO20261122-0003."""

import datetime as dt
import re

_SHORTEST = 4  # digits; what fewer begin is nearly everything


def beginnings(word: str, *, prefix: str, today: dt.date) -> list[str]:
    """How numbers begin that `word` may mean, for slips numbered with `prefix` (sales.services.common.next_number).

    A number is asked for by its beginning, with or without the letters, the century or the year; a bare number of at
    most four digits is one of today's. Beginnings, because the index of a number knows them: text within numbers is a
    walk through all slips. Nothing for a word without a digit.
    """
    if not any(sign.isdigit() for sign in word):
        return []
    typed = word.upper()
    found = [typed, word] if len(typed) >= _SHORTEST else []
    if re.fullmatch(r"[0-9]{4,}(-[0-9]*)?", typed):
        found += [f"{prefix}{typed}", f"{prefix}20{typed}", f"{prefix}{today.year}{typed}"]
    if re.fullmatch(r"[0-9]{1,4}", typed):
        found.append(f"{prefix}{today:%Y%m%d}-{typed:0>4}")
    return list(dict.fromkeys(found))
