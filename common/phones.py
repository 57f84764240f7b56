"""Telephone numbers as people type them into one cell (domain-rules §8, interfaces: import columns)."""

import re
import unicodedata
from functools import lru_cache

_HARD_BREAKS = re.compile(r"[/;、,|\n\r]+")
_EXTENSION_WORD = re.compile(r"^(?:转|轉|分机|分機|内线|ext\.?|x)", re.IGNORECASE)
_EXTENSION = re.compile(r"(?:转|轉|分机|分機|内线|ext\.?|x)\s*:?\s*(\d{1,6})\s*$", re.IGNORECASE)
_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−ー﹣", "-"))
# Names and labels beside the number: 电话:…, …(王经理).
_WORDS = re.compile(r"[^\W\d_]+")
_TEXT_FROM_FLOAT = re.compile(r"^(\d{7,})\.0+$")
# 0551-62345678-8001: the third group is an extension.
_DASHED_EXTENSION = re.compile(r"^(\(?0\d{2,3}[)-]\s*\d{7,8})-\d{1,6}$")
_AREA_CODE = re.compile(r"\(?0\d{1,3}\)?-?")


def _fold(raw: str) -> str:
    """Half-width digits and signs, one kind of dash, no invisible characters."""
    text = unicodedata.normalize("NFKC", raw).translate(_DASHES)
    return "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cc") or c in "\t\n\r").strip()


def holds_a_number(text: str, least: int = 7) -> bool:
    """Whether a typed text may be a telephone number at all; short numbers within a company have `least` 3 digits."""
    return sum(sign.isdigit() for sign in text) >= least


def split_phones(cell: str, region: str = "CN") -> list[str]:
    """The numbers of one cell, in order, each as typed (half-width), none twice.

    Breaks at / ; 、 , their full-width forms, bars and line ends, and at spaces unless the parts belong together:
    "138 0013 8000", "0551 62345678", "0551-62345678 转 8001", "(03) 8358141" and "13800138000 王经理" stay whole.
    """
    found: dict[str, None] = {}
    for piece in _HARD_BREAKS.split(_fold(cell)):
        for phone in _join_parts(piece.split(), region):
            found.setdefault(phone)
    return list(found)


def _join_parts(parts: list[str], region: str) -> list[str]:
    """Space-separated parts put together where only the whole is a number, or the part is an extension or a word."""
    phones: list[str] = []
    position = 0
    while position < len(parts):
        end = _end_of_number(parts, position, region)
        text = " ".join(parts[position:end])
        has_digits = any(c.isdigit() for c in text)
        continues = phones and (
            not has_digits or _EXTENSION_WORD.match(text) or _EXTENSION_WORD.fullmatch(phones[-1].split()[-1])
        )
        label_before = phones and not any(c.isdigit() for c in phones[-1])
        if continues or label_before:
            phones[-1] = f"{phones[-1]} {text}"
        else:
            phones.append(text)
        position = end
    return phones


def _end_of_number(parts: list[str], start: int, region: str) -> int:
    """One past the last part of the shortest run from `start` that is a number; just the part itself if none is."""
    if not any(c.isdigit() for c in parts[start]):
        return start + 1
    # Numbers are written in at most five groups (+86 010 6234 5678); more would join neighbours.
    for end in range(start + 1, min(start + 5, len(parts)) + 1):
        if normalise_phone(" ".join(parts[start:end]), region):
            return end
        if sum(c.isdigit() for part in parts[start:end] for c in part) > 15:
            break
    # An area code of elsewhere is not a number by itself either.
    has_partner = start + 1 < len(parts) and parts[start + 1][0].isdigit()
    return start + 2 if has_partner and _AREA_CODE.fullmatch(parts[start]) else start + 1


def normalise_phone(raw: str, region: str = "CN") -> str:
    """E.164 ("+8613800138000"), or "" for what is no complete, valid number of the region or with a country code.

    Full-width digits, all usual separators, labels and names around the number are understood. The extension is
    dropped: E.164 has none, and two people behind one switchboard are one company. A local number without its
    area code gives "", because two cities may share it.
    """
    text = _fold(raw)
    if region == "CN":
        mobile = _MOBILE.fullmatch(text)  # the usual cell; libphonenumber takes 60 times as long
        if mobile:
            return f"+86{mobile[1]}"
    return _parse(text, region) if text else ""


def _without_tail(text: str) -> str:
    """The text without an extension, and without the ".0" a spreadsheet leaves on a number."""
    for tail in (_TEXT_FROM_FLOAT, _DASHED_EXTENSION):
        match = tail.match(text)
        if match:
            return match[1]
    return _EXTENSION.sub("", text)


@lru_cache(maxsize=8192)
def _parse(text: str, region: str) -> str:
    import phonenumbers

    text = _WORDS.sub(" ", _without_tail(text)).strip(" :.-")
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone_tail(raw: str, length: int = 4) -> str:
    """The last `length` digits of a number without its extension, for searching by tail; fewer if it has fewer."""
    digits = "".join(c for c in _without_tail(_fold(raw)) if c.isdigit())
    return digits[-length:] if length > 0 else ""
