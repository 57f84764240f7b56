"""Is this line of a file a customer or a lead we have, and what happens then (domain-rules §8, exact hits).

Compared are the fields of the system options, in the libraries they name; a code always, since it is one customer's.
An equal phone or tax id is a hit wherever the shop stands. An equal name alone is none: a chain has one name in every
street. It is a hit when nothing in the two addresses contradicts that they are one place (see `same_place`); else the
line goes in with a remark. A name that is only similar never decides, it is a remark of the dry run
(crm.rules.import_similar).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import gettext as _

from common.geo import distance_m
from crm.enums import OnDuplicate
from crm.rules.duplicates import NEAR_M, Fields, name_key
from crm.rules.import_rows import ImportRow

_SIGNS = re.compile(r"[\W_]+")
_IDEOGRAPH = re.compile("[\u4e00-\u9fff]")
_EVERYTHING = Fields()
Key = tuple[str, str]  # (what is equal, its normalised value)


class Action(Enum):
    CREATE = "create"
    UPDATE = "update"
    SKIP = "skip"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Match:
    """A customer or lead that a line hits: by "code", "tax_id", "phone" or "name" (same name at the same address).

    `number` is the line of this file it comes from, when it does; `within_reach` says whether the importer may
    change it, and so whether its name may be told. A lead has no code, and may lie in the recycle bin.
    """

    by: str
    name: str
    code: str
    number: int | None = None
    within_reach: bool = True
    is_lead: bool = False
    in_bin: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    action: Action
    reason: str = ""  # for SKIP and FAIL
    warning: str = ""


def address_key(*parts: str) -> str:
    """An address for comparing: half-width, no spaces or signs, province to street in one."""
    text = "".join(parts)
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)
    text = text.casefold()
    return text if text.isalnum() else _SIGNS.sub("", text)


# A file has few areas and many streets.
@lru_cache(maxsize=4096)
def _area_key(province: str, city: str, district: str) -> str:
    return address_key(province, city, district)


class Place(NamedTuple):
    """Where a shop of some name stands, as far as it is known; `text` is the address key, its last `street` signs the street."""

    text: str
    street: int
    area: tuple[str, str, str]
    latitude: float | None
    longitude: float | None

    @property
    def key(self) -> str:
        """Equal for two shops of one name only where they are at one place; a file that comes back has it again."""
        if self.street or self.latitude is None or self.longitude is None:
            return self.text
        return f"{self.text}@{self.latitude:.4f},{self.longitude:.4f}"  # some ten metres


def place(
    province: str,
    city: str,
    district: str,
    address: str,
    latitude: float | None = None,
    longitude: float | None = None,
) -> Place:
    """A place from the columns of a customer or lead; WGS-84 degrees."""
    street = address_key(address) if address else ""
    if address and not _IDEOGRAPH.match(address):
        # Its first sign may become one with the last of the area.
        text = address_key(province, city, district, address)
    else:
        text = _area_key(province, city, district) + street
    return Place(text, len(street), (province, city, district), latitude, longitude)


_AREA_ENDS = "省市区县區縣"


def same_place(one: Place, other: Place) -> bool:
    """Whether nothing contradicts that two shops of one name are one.

    Two streets must be the same. Where a street is missing, two locations must lie within 200 m, and without those
    no part of the area that both name may differ: 老王超市 without an address in 包河区 is that of 包河区.
    """
    if one.street and other.street:
        if one.text == other.text:
            return True
        # 安徽省合肥市屯溪路1号 in one cell, 屯溪路1号 beside a column of cities in the other file.
        shorter, longer = sorted((one.text, other.text), key=len)
        return not _other_area(one, other) and (
            longer.endswith(shorter) or one.text[-one.street :] == other.text[-other.street :]
        )
    if None not in (one.latitude, one.longitude, other.latitude, other.longitude):
        return _metres(one, other) <= NEAR_M
    return not _other_area(one, other)


def _other_area(one: Place, other: Place) -> bool:
    return any(
        mine and theirs and mine.rstrip(_AREA_ENDS) != theirs.rstrip(_AREA_ENDS)
        for mine, theirs in zip(one.area, other.area, strict=True)
    )


def _metres(one: Place, other: Place) -> float:
    assert one.latitude is not None
    assert one.longitude is not None
    assert other.latitude is not None
    assert other.longitude is not None
    return distance_m(one.latitude, one.longitude, other.latitude, other.longitude)


def place_of(row: ImportRow) -> Place:
    """Where the shop of a line stands."""
    value = row.values.get
    return place(
        value("province", ""),
        value("city", ""),
        value("district", ""),
        value("address", ""),
        value("latitude"),
        value("longitude"),
    )


def row_keys(row: ImportRow, fields: Fields = _EVERYTHING) -> Iterator[Key]:
    """What makes the line the same customer as another, the surest first; fills the row's `place` and `name_key`."""
    values = row.values
    if fields.name:
        row.place = place_of(row)
        row.name_key = name_key(values.get("name", ""))
    return subject_keys(
        code=values.get("code", ""),
        tax_id=values.get("tax_id", ""),
        phones=[e164 for _raw, e164 in row.phones],
        name=row.name_key,
        at=row.place,
        fields=fields,
    )


def subject_keys(
    *,
    code: str = "",
    tax_id: str = "",
    phones: Sequence[str] = (),
    name: str = "",
    at: Place | None = None,
    fields: Fields = _EVERYTHING,
) -> Iterator[Key]:
    """Keys of a customer or lead; phones are E.164 (one that is not recognised says nothing), `name` is a name key."""
    if code:
        yield "code", code
    if tax_id and fields.tax_id:
        yield "tax_id", tax_id
    if fields.phone:
        for e164 in phones:
            if e164:
                yield "phone", e164
    if name and at is not None and fields.name:
        yield "name", f"{name}\n{at.key}"


_NEW = Decision(Action.CREATE)


def decide(match: Match | None, policy: OnDuplicate) -> Decision:
    """What happens to a line, given the customer it hits.

    A code that is taken never makes a second customer: with "create anyway" such a line fails. A customer outside
    the importer's reach is neither changed nor named. A lead is never changed: with "skip" the line stays out, else
    its customer is created beside the lead, with a remark.
    """
    if match is None:
        return _NEW
    if policy is OnDuplicate.SKIP:
        return Decision(Action.SKIP, reason=_describe(match))
    if match.is_lead:
        return Decision(
            Action.CREATE,
            warning=_("%(match)s A customer is created beside it.") % {"match": _describe(match)},
        )
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
    if match.is_lead:
        text = (_LEAD if match.within_reach else _HIDDEN_LEAD)[match.by]() % who
        return text + _(" It is in the recycle bin.") if match.in_bin else text
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
_LEAD = {
    "tax_id": lambda: _("The lead “%(name)s” has this tax id."),
    "phone": lambda: _("The lead “%(name)s” has this phone."),
    "name": lambda: _("The lead “%(name)s” has this name and address."),
}
_HIDDEN_LEAD = {
    "tax_id": lambda: _("A lead of somebody else has this tax id."),
    "phone": lambda: _("A lead of somebody else has this phone."),
    "name": lambda: _("A lead of somebody else has this name and address."),
}


def same_name_warning(number: int | None, code: str) -> str:
    """A repeated name at another address is worth a look and no more."""
    if number is not None:
        return _("The same name at another address is in row %(number)s.") % {"number": number}
    return _("Customer %(code)s has the same name at another address.") % {"code": code}
