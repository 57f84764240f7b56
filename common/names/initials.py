"""Pinyin initials: 蜗牛烘焙 is found by typing wnhb."""

import importlib.util
import json
import string
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import repeat
from operator import add
from pathlib import Path
from typing import Any

from common.names.normal import fold

_LONGEST_PHRASE = 4
# What shop names mean by a character, where it differs from the dictionary's first reading.
_SHOP_READINGS = {"长": "c", "曾": "z", "翟": "z", "尹": "y", "仇": "q", "解": "x", "单": "d", "区": "q"}
_SHOP_PHRASES = {"朝阳": "cy", "解放": "jf", "解百": "jb", "解忧": "jy"}
# 商行, 车行, 五金行: háng at the end of a name, xíng elsewhere unless a phrase says so.
_TRADE = "行"


class _Table:
    """Initials by character, and the phrases (up to four signs) whose reading differs from sign by sign."""

    def __init__(self) -> None:
        # A quarter of a second once in a process, and only in those that save names.
        self.signs = {
            chr(int(code)): _initial(readings) for code, readings in _pypinyin("pinyin_dict")
        } | _SHOP_READINGS
        self.phrases: dict[str, str] = {}
        for phrase, syllables in _pypinyin("phrases_dict"):
            if 2 <= len(phrase) <= _LONGEST_PHRASE and len(syllables) == len(phrase):
                reading = "".join(_initial(syllable[0]) for syllable in syllables)
                if reading != "".join(self.signs.get(sign, "") for sign in phrase):
                    self.phrases[phrase] = reading
        self.phrases |= _SHOP_PHRASES
        # Two signs, not one: nearly every frequent sign begins some phrase.
        self.starts = {phrase[:2] for phrase in self.phrases}
        ascii_signs = string.ascii_lowercase + string.digits
        self.letters = dict(zip(ascii_signs, ascii_signs, strict=True)) | self.signs


def _pypinyin(name: str) -> Iterator[tuple[str, Any]]:
    """The entries of one of pypinyin's dictionaries, one by one: imported or read at once they take 50 MB for good."""
    spec = importlib.util.find_spec("pypinyin")
    assert spec is not None
    assert spec.origin is not None
    text = Path(spec.origin).with_name(f"{name}.json").read_text(encoding="utf-8")
    decode, end = json.JSONDecoder().raw_decode, 0
    while (start := text.find('"', end)) >= 0:
        key, end = decode(text, start)
        start = text.index(":", end) + 1
        while text[start].isspace():
            start += 1
        value, end = decode(text, start)
        yield key, value


def _initial(reading: str) -> str:
    return unicodedata.normalize("NFD", reading[0])[0]


@cache
def _table() -> _Table:
    return _Table()


def pinyin_initials(name: str) -> str:
    """First letters of each character's pinyin; Latin letters and digits stay, the rest (spaces, signs) goes.

    Lower case, half-width. Words whose reading differs from the characters' own are known (重庆 → cq, 银行 → yh).
    A character without a reading is left out. About 3 µs a name.
    """
    table = _table()
    text = fold(name)
    signs, starts = table.signs, table.starts
    if starts.isdisjoint(map(add, text, text[1:])) and not text.endswith(_TRADE):
        # No phrase in it, as in most names: sign by sign, without a loop of ours.
        return "".join(map(table.letters.get, text, repeat("")))
    letters: list[str] = []
    position, length = 0, len(text)
    while position < length:
        sign = text[position]
        phrase = _phrase_at(table, text, position) if text[position : position + 2] in starts else ""
        if phrase:
            letters.append(table.phrases[phrase])
            position += len(phrase)
            continue
        position += 1
        if sign == _TRADE and position == length:
            letters.append("h")
        elif sign in signs:
            letters.append(signs[sign])
        elif sign.isalnum() and sign.isascii():
            letters.append(sign)
    return "".join(letters)


def _phrase_at(table: _Table, text: str, position: int) -> str:
    for size in range(_LONGEST_PHRASE, 1, -1):
        phrase = text[position : position + size]
        if phrase in table.phrases:
            return phrase
    return ""
