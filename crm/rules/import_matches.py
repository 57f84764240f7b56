"""Is this line of a file a customer we have, and what happens then (domain-rules §8, exact hits)."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.utils.translation import gettext as _

from common.names import normalise_name
from crm.enums import OnDuplicate
from crm.rules.import_rows import ImportRow

_SIGNS = re.compile(r"[\W_]+")
Key = tuple[str, str]  # (what is equal, its normalised value)


class Action(Enum):
    CREATE = "create"
    UPDATE = "update"
    SKIP = "skip"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Match:
    """A customer that a line hits: by "code", "tax_id", "phone" or "name" (same name at the same address).

    `number` is the line of this file it comes from, when it does; `within_reach` says whether the importer may
    change it, and so whether its name may be told.
    """

    by: str
    name: str
    code: str
    number: int | None = None
    within_reach: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    action: Action
    reason: str = ""  # for SKIP and FAIL
    warning: str = ""


def address_key(*parts: str) -> str:
    """An address for comparing: half-width, no spaces or signs, province to street in one."""
    text = "".join(parts)
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return _SIGNS.sub("", text.casefold())


def place_of(values: dict[str, Any]) -> str:
    """The address key of one customer's values."""
    return address_key(*(values.get(part, "") for part in ("province", "city", "district", "address")))


def name_key(name: str) -> str:
    """The normal form of a name, as long as the column that holds it."""
    return normalise_name(name)[:120]


def row_keys(row: ImportRow) -> Iterator[Key]:
    """What makes the line the same customer as another, the surest first."""
    values = row.values
    return customer_keys(
        code=values.get("code", ""),
        tax_id=values.get("tax_id", ""),
        phones=[e164 for _raw, e164 in row.phones],
        name=values.get("name", ""),
        place=place_of(values),
    )


def customer_keys(*, code: str, tax_id: str, phones: Sequence[str], name: str, place: str) -> Iterator[Key]:
    """Keys of a customer; phones are E.164 (one that is not recognised says nothing), `place` is an address key."""
    if code:
        yield "code", code
    if tax_id:
        yield "tax_id", tax_id
    for e164 in phones:
        if e164:
            yield "phone", e164
    if name:
        yield "name", f"{name_key(name)}\n{place}"


def decide(match: Match | None, policy: OnDuplicate) -> Decision:
    """What happens to a line, given the customer it hits.

    A code that is taken never makes a second customer: with "create anyway" such a line fails. A customer outside
    the importer's reach is neither changed nor named.
    """
    if match is None:
        return Decision(Action.CREATE)
    if policy is OnDuplicate.SKIP:
        return Decision(Action.SKIP, reason=_describe(match))
    if policy is OnDuplicate.CREATE:
        if match.by == "code":
            return Decision(
                Action.FAIL,
                reason=_("%(match)s A code belongs to one customer.") % {"match": _describe(match)},
            )
        return Decision(Action.CREATE, warning=_describe(match))
    if not match.within_reach:
        return Decision(
            Action.FAIL, reason=_("%(match)s You may not change it.") % {"match": _describe(match)}
        )
    return Decision(Action.UPDATE, warning="" if match.by == "code" else _describe(match))


def _describe(match: Match) -> str:
    who = {"name": match.name, "code": match.code, "number": match.number}
    if match.number is not None:
        return _IN_FILE[match.by]() % who
    if not match.within_reach:
        return _HIDDEN[match.by]()
    return _KNOWN[match.by]() % who


_IN_FILE = {
    "code": lambda: _("The code is in row %(number)s already."),
    "tax_id": lambda: _("The tax id is in row %(number)s already."),
    "phone": lambda: _("The phone is in row %(number)s already."),
    "name": lambda: _("Name and address are those of row %(number)s."),
}
_KNOWN = {
    "code": lambda: _("The code belongs to “%(name)s”."),
    "tax_id": lambda: _("“%(name)s” (%(code)s) has this tax id."),
    "phone": lambda: _("“%(name)s” (%(code)s) has this phone."),
    "name": lambda: _("“%(name)s” (%(code)s) has this name and address."),
}
_HIDDEN = {
    "code": lambda: _("The code belongs to a customer of somebody else."),
    "tax_id": lambda: _("A customer of somebody else has this tax id."),
    "phone": lambda: _("A customer of somebody else has this phone."),
    "name": lambda: _("A customer of somebody else has this name and address."),
}


def same_name_warning(number: int | None, code: str) -> str:
    """A repeated name at another address is worth a look and no more."""
    if number is not None:
        return _("The same name at another address is in row %(number)s.") % {"number": number}
    return _("Customer %(code)s has the same name at another address.") % {"code": code}
