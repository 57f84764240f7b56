"""What search and the duplicate check read of a customer: derived from name, code, phones and contacts. Pure."""

from collections.abc import Sequence
from typing import TypedDict

from common.names import (
    fold,
    folded_grams,
    gram_numbers,
    gram_numbers_of_each,
    normalise_name,
    pinyin_initials,
)


class IndexFields(TypedDict):
    name_key: str
    search_text: str
    search_grams: str


def index_fields(
    *, code: str, name: str, phones: Sequence[str] = (), contacts: Sequence[str] = ()
) -> IndexFields:
    """The search columns of one customer.

    `phones` are the numbers as typed, one each; `contacts` the contacts' names. `search_text` holds one folded line
    for each of them, plus the pinyin initials, the phones' bare digits, and the normalised name where it is no part
    of the name (老王超市 for 老王-超市); `search_grams` are the numbers of its grams.
    """
    key, text = key_and_text(code, name, phones, contacts)
    return {"name_key": key, "search_text": text, "search_grams": gram_numbers(folded_grams(text))}


def index_fields_of_each(found: Sequence[tuple[str, str]]) -> list[IndexFields]:
    """The same of many customers, from what `key_and_text` says of each."""
    grams = gram_numbers_of_each([text for _key, text in found])
    return [
        {"name_key": key, "search_text": text, "search_grams": numbers}
        for (key, text), numbers in zip(found, grams, strict=True)
    ]


def key_and_text(
    code: str, name: str, phones: Sequence[str] = (), contacts: Sequence[str] = ()
) -> tuple[str, str]:
    """(`name_key`, `search_text`) of a customer, see `index_fields`."""
    folded, key = fold(name), normalise_name(name)[:120]
    lines = [fold(code), folded, pinyin_initials(name), *map(fold, contacts)]
    if key not in folded:
        lines.append(key)
    for phone in map(fold, phones):
        lines += [phone] if phone.isdigit() else [phone, "".join(filter(str.isdigit, phone))]
    return key, "\n".join(dict.fromkeys(filter(None, lines)))
