"""One line of a customer file: from cells as typed to values of our fields, or to reasons why not.

Everything here is pure. Values that only the database can judge (choices, people, duplicates) stay text; see
`resolve` in this module and crm.rules.import_matches.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from common.geo import Datum, convert, parse_lng_lat, valid_coordinates
from common.phones import normalise_phone, split_phones
from crm.enums import DictionaryKind, Level
from crm.rules.duplicates import tax_key
from crm.rules.import_columns import FIELD_BY_NAME, unmapped_headers

# Longest text of each field; a test holds them equal to the model's.
LIMITS: Mapping[str, int] = {
    "code": 40,
    "name": 120,
    "province": 40,
    "city": 40,
    "district": 40,
    "address": 200,
    "notes": 2000,
    "tax_id": 40,
}
CHOICE_LIMIT, TAG_LIMIT, CONTACT_LIMIT, PHONE_LIMIT = 60, 30, 40, 60
CHOICE_FIELDS: tuple[str, ...] = tuple(name for name in FIELD_BY_NAME if name in DictionaryKind.values)
_MONEY_LIMIT = Decimal("1e12")
_CENT = Decimal("0.01")

_LEVELS = frozenset(Level.values)
# What exports of other systems write into an empty cell. Not for names: a shop may be called None.
_NOTHING = frozenset({"[]", "{}", "null", "none", "nan", "n/a", "#n/a", "-", "--", "—", "——", "\\n"})
_LONGEST_NOTHING = max(map(len, _NOTHING))
_LIST_BREAKS = re.compile(r"[、,，;；\n]+")
_NUMBER = re.compile(r"^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$")
_MOBILE = re.compile(r"^1[3-9][0-9]{9}$")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ROUTE_LIMIT = 60


@dataclass(slots=True)
class ImportRow:
    """One line of the file after reading. `values` are columns of Customer; with `errors` the row does not go in."""

    number: int  # as the spreadsheet shows it
    cells: list[str]
    values: dict[str, Any] = field(default_factory=dict)
    choices: dict[str, str] = field(default_factory=dict)  # {dictionary kind: name as typed}
    new_choices: list[str] = field(default_factory=list)  # the kinds of those that have no id yet
    phones: list[tuple[str, str]] = field(default_factory=list)  # (as typed, E.164 or "")
    tags: list[str] = field(default_factory=list)
    contact: str = ""
    owner: str = ""  # as typed
    owner_id: int | None = None
    route: str = ""
    extra: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    # Made in advance by whoever reads the lines, as the planning thread has enough to do.
    keys: list[tuple[str, str]] | None = (
        None  # see crm.rules.import_matches.row_keys, which also fills these:
    )
    place: Any = None
    name_key: str = ""
    index: Any = None  # search columns of a new customer, when it brings its code
    made: Any = None  # the whole new customer as COPY's text, see crm.rules.import_records.Records.make
    rest: Any = None  # where to find the fields that are not here yet, see crm.rules.import_lines.unpack

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """A field that is not here yet."""
            if name.startswith("__") or self.rest is None:
                raise AttributeError(name)
            group, position = self.rest
            group.bring(self, position)
            return object.__getattribute__(self, name)


class RowParser:
    """Reads the lines of one file by one mapping; built once, called for each line."""

    def __init__(
        self,
        headers: Sequence[str],
        mapping: Mapping[str, str],
        *,
        datum: str = "wgs84",
        keep_extra: bool = False,
    ) -> None:
        positions = {header: index for index, header in enumerate(headers)}
        self.columns: dict[str, list[int]] = {}
        for header, name in mapping.items():
            self.columns.setdefault(name, []).append(positions[header])
        self.datum = Datum(datum)
        self.extra = [(h, positions[h]) for h in unmapped_headers(mapping, headers)] if keep_extra else []
        self.has_place = bool({"longitude", "latitude", "lng_lat"} & set(self.columns))
        self.steps = [
            (name, columns, step)
            for name, columns in self.columns.items()
            if (step := self._step(name)) is not None
        ]

    def _step(self, name: str) -> Callable[[ImportRow, str, str], None] | None:
        special: dict[str, Callable[[ImportRow, str, str], None] | None] = {
            "level": _level,
            "phone": _phones,
            "tags": _tags,
            "credit_limit": _credit_limit,
            "contact": _contact,
            "owner": _word,
            "route": _route,
            "longitude": None,
            "latitude": None,
            "lng_lat": None,
        }
        if name in special:
            return special[name]
        return _choice if name in CHOICE_FIELDS else _text

    def parse(self, number: int, cells: list[str]) -> ImportRow:
        """The row's values, or its `errors` in the active language; all of them, not only the first."""
        row = ImportRow(number, cells)
        for name, columns, step in self.steps:
            text = (
                cells[columns[0]]
                if len(columns) == 1
                else "\n".join(filter(None, (cells[i] for i in columns)))
            )
            if text and (len(text) > _LONGEST_NOTHING or name == "name" or text.lower() not in _NOTHING):
                step(row, name, text)
        if not row.values.get("name") and not any(cells[i].strip() for i in self.columns.get("name", ())):
            row.errors.append(_("The customer name is missing."))
        if self.has_place:
            self._place(row)
        for header, index in self.extra:
            if cells[index]:
                row.extra[header] = _CONTROL.sub("", cells[index])[:500]
        return row

    def _cell(self, row: ImportRow, name: str) -> str:
        text = row.cells[self.columns[name][0]] if name in self.columns else ""
        return "" if len(text) <= _LONGEST_NOTHING and text.lower() in _NOTHING else text

    def _place(self, row: ImportRow) -> None:
        lng_text, lat_text = self._cell(row, "longitude"), self._cell(row, "latitude")
        pair = self._cell(row, "lng_lat")
        if lng_text and lat_text:
            place = _two_numbers(row, lng_text, lat_text)
        elif lng_text or lat_text:
            row.errors.append(_("Longitude and latitude go together; one of them is missing."))
            return
        elif pair:
            place = parse_lng_lat(pair)
            if place is None:
                row.errors.append(_("“%(text)s” is no “longitude,latitude”.") % {"text": pair[:40]})
        else:
            return
        if place is not None:
            if self.datum is not Datum.WGS84:
                place = convert(*place, self.datum, Datum.WGS84)
            row.values["latitude"], row.values["longitude"] = place


def _two_numbers(row: ImportRow, lng_text: str, lat_text: str) -> tuple[float, float] | None:
    """(latitude, longitude), or None with the reason in the row's errors."""
    try:
        lng, lat = _number(lng_text), _number(lat_text)
    except ValueError:
        row.errors.append(
            _("Longitude “%(lng)s”, latitude “%(lat)s”: not numbers.")
            % {"lng": lng_text[:20], "lat": lat_text[:20]}
        )
        return None
    if valid_coordinates(lat, lng):
        return lat, lng
    place = {"lng": lng_text[:20], "lat": lat_text[:20]}
    if lng == 0 and lat == 0:
        row.errors.append(_("Longitude 0, latitude 0 is a place in the sea; leave both empty when unknown."))
    elif valid_coordinates(lng, lat):
        row.errors.append(
            _("Longitude %(lng)s, latitude %(lat)s is impossible; they seem to be swapped.") % place
        )
    else:
        row.errors.append(_("Longitude %(lng)s, latitude %(lat)s is impossible: out of range.") % place)
    return None


def _number(text: str) -> float:
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)
    text = text.strip(" °")
    if not _NUMBER.match(text):
        raise ValueError(text)
    return float(text)


def _fits(row: ImportRow, name: str, text: str, limit: int) -> bool:
    if len(text) <= limit:
        return True
    row.errors.append(
        _("%(field)s has %(length)s characters, at most %(limit)s are possible.")
        % {"field": FIELD_BY_NAME[name].label, "length": len(text), "limit": limit}
    )
    return False


def _text(row: ImportRow, name: str, text: str) -> None:
    text = (text if text.isprintable() else _CONTROL.sub("", text)).strip()
    if name == "code":
        # Full-width digits are the same code; leading zeros are part of it.
        text = text if text.isascii() else unicodedata.normalize("NFKC", text).strip()
    elif name == "tax_id":
        text = tax_key(text)
    if len(text) <= LIMITS[name] or _fits(row, name, text, LIMITS[name]):
        row.values[name] = text


def _word(row: ImportRow, name: str, text: str) -> None:
    setattr(row, name, text)


def _contact(row: ImportRow, name: str, text: str) -> None:
    text = text if text.isprintable() else _CONTROL.sub("", text)
    if _fits(row, name, text, CONTACT_LIMIT):
        row.contact = text


def _route(row: ImportRow, name: str, text: str) -> None:
    text = _CONTROL.sub("", text)
    if _fits(row, name, text, _ROUTE_LIMIT):
        row.route = text


def _choice(row: ImportRow, name: str, text: str) -> None:
    text = _one_line(text)
    if len(text) <= CHOICE_LIMIT or _fits(row, name, text, CHOICE_LIMIT):
        row.choices[name] = text


# Columns of few different cells: each is worked out once.
@lru_cache(maxsize=4096)
def _one_line(text: str) -> str:
    return " ".join(_CONTROL.sub("", text).split())


@lru_cache(maxsize=256)
def _letter(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper().rstrip("级級类類 ")


@lru_cache(maxsize=4096)
def _tag_names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_one_line, _LIST_BREAKS.split(_CONTROL.sub("", text)))))


def _level(row: ImportRow, name: str, text: str) -> None:
    letter = _letter(text)
    if letter in _LEVELS:
        row.values["level"] = letter
    else:
        row.errors.append(_("Level “%(text)s” is unknown; A, B and C are possible.") % {"text": text[:20]})


def _credit_limit(row: ImportRow, name: str, text: str) -> None:
    plain = (
        unicodedata.normalize("NFKC", text)
        .replace(",", "")
        .replace("¥", "")
        .replace("￥", "")
        .strip()
        .rstrip("元")
    )
    try:
        amount = Decimal(plain.strip()).quantize(_CENT, ROUND_HALF_UP)
    except InvalidOperation:
        row.errors.append(_("Credit limit “%(text)s” is no amount.") % {"text": text[:20]})
        return
    if amount.is_finite() and 0 <= amount < _MONEY_LIMIT:
        row.values["credit_limit"] = amount
    else:
        row.errors.append(_("Credit limit “%(text)s” is no possible amount.") % {"text": text[:20]})


def _phones(row: ImportRow, name: str, text: str) -> None:
    if _MOBILE.match(text):  # the usual cell; splitting looks at every sign
        row.phones.append((text, f"+86{text}"))
        return
    for raw in split_phones(text):
        if len(raw) > PHONE_LIMIT:
            row.errors.append(_("“%(text)s …” is too long for a phone.") % {"text": raw[:20]})
            continue
        e164 = normalise_phone(raw)
        if not e164:
            row.warnings.append(_("Phone “%(text)s” is not recognised; kept as typed.") % {"text": raw})
        row.phones.append((raw, e164))


def _tags(row: ImportRow, name: str, text: str) -> None:
    for tag in _tag_names(text):
        if tag and _fits(row, name, tag, TAG_LIMIT):
            row.tags.append(tag)


def merge(into: ImportRow, row: ImportRow) -> None:
    """Let a later line complete an earlier one: what it says wins, what it leaves empty stays; the code stays."""
    into.values.update({name: value for name, value in row.values.items() if name != "code"})
    present = {raw for raw, _e164 in into.phones}
    into.phones += [phone for phone in row.phones if phone[0] not in present]
    into.tags += [tag for tag in row.tags if tag not in into.tags]
    into.choices.update(row.choices)
    into.new_choices += row.new_choices
    into.extra.update(row.extra)
    into.contact = row.contact or into.contact
    into.owner_id = row.owner_id or into.owner_id
    into.route = row.route or into.route
    into.index = into.made = None


@lru_cache(maxsize=4096)
def fold_word(text: str) -> str:
    """How choices and people are compared: width, case and outer spaces do not matter."""
    return text.casefold() if text.isascii() else unicodedata.normalize("NFKC", text).casefold().strip()


@dataclass
class References:
    """What the database knows of choices and people, by folded name.

    `people` maps a user name or full name to the ids it may mean, `mine` are those the importer may assign to
    (None: everybody). For the preview `created` collects choices that are new, `unknown` those that may not be
    created, with the number of rows that name them.
    """

    choices: dict[tuple[str, str], int]
    people: dict[str, list[int]]
    mine: frozenset[int] | None = None
    create_choices: bool = False
    created: dict[tuple[str, str], str] = field(default_factory=dict)
    unknown: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)

    def new_choices(self) -> dict[str, list[str]]:
        """{kind: names} of `created`."""
        kinds: dict[str, list[str]] = {}
        for (kind, _folded), name in self.created.items():
            kinds.setdefault(kind, []).append(name)
        return kinds

    def unknown_choices(self) -> dict[str, dict[str, Any]]:
        """{kind: names and the number of rows} of `unknown`."""
        kinds: dict[str, dict[str, Any]] = {}
        for (kind, _folded), (name, rows) in self.unknown.items():
            found = kinds.setdefault(kind, {"names": [], "rows": 0})
            found["names"].append(name)
            found["rows"] += rows
        return kinds


def resolve(row: ImportRow, references: References) -> None:
    """Replace names of choices and of the owner by ids, adding errors for those that are unknown or not allowed.

    Also for a row with errors already, so that whoever mends it hears all of them at once.
    A new choice that may be created gets no id yet; it stands in `references.created`.
    """
    for kind, name in row.choices.items():
        key = (kind, fold_word(name))
        if (choice_id := references.choices.get(key)) is not None:
            row.values[f"{kind}_id"] = choice_id
        elif references.create_choices:
            if not row.errors:
                references.created.setdefault(key, name)
                row.new_choices.append(kind)
        else:
            first, rows = references.unknown.get(key, (name, 0))
            references.unknown[key] = first, rows + 1
            row.errors.append(
                _("%(field)s “%(value)s” is not in the list; add it there or let the import create it.")
                % {"field": FIELD_BY_NAME[kind].label, "value": name}
            )
    row.owner_id = _owner(row, references)


def _owner(row: ImportRow, references: References) -> int | None:
    if not row.owner:
        return None
    ids = references.people.get(fold_word(row.owner), [])
    name = {"name": row.owner[:40]}
    if not ids:
        row.errors.append(_("There is no active user “%(name)s”.") % name)
    elif len(ids) > 1:
        row.errors.append(_("Several users are called “%(name)s”; write the login name.") % name)
    elif references.mine is not None and ids[0] not in references.mine:
        row.errors.append(_("“%(name)s” is not one of the people you may assign customers to.") % name)
    else:
        return ids[0]
    return None
