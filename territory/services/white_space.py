"""Loading where people live (F2): always the whole table, so that a corrected file needs no tidying up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import AccessAction
from accounts.models import User
from accounts.services import record_access
from common.geo import Datum, convert, valid_coordinates
from common.geo.cells import cell_of
from common.sheets import SheetError, read_rows
from territory.models import Population

MAX_ROWS = 200_000
MOST_PROBLEMS = 100
MOST_RESIDENTS = 100_000_000
HEADS = {
    "city": ("市", "城市", "地市", "city"),
    "district": ("区", "区县", "县区", "县", "district", "county"),
    "latitude": ("纬度", "latitude", "lat"),
    "longitude": ("经度", "longitude", "lng", "lon"),
    "residents": ("居民数", "人口", "常住人口", "人口数", "residents", "population"),
}


@dataclass
class Loaded:
    """What a file brought: rows read, places and districts kept, and why the others were not: (row, reason)."""

    rows: int = 0
    places: int = 0
    districts: int = 0
    residents: int = 0
    failed: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)


def load_population(*, actor: User | None, path: Path, name: str, datum: str = Datum.WGS84) -> Loaded:
    """Put the file's rows in the place of the table. A row has residents and either a place or a district.

    Raises ValidationError, and changes nothing, when the file cannot be read, lacks a column, is longer than 200,000
    rows or has no usable row. Rows that cannot be used are left out and told.
    """
    found, loaded = [], Loaded()
    try:
        sheet = read_rows(path, name)
        columns = _columns(sheet.headers)
        for row in sheet.rows:
            loaded.rows += 1
            if loaded.rows > MAX_ROWS:
                raise ValidationError(_("The file has more than %(n)s rows.") % {"n": f"{MAX_ROWS:,}"})
            try:
                found.append(_read({key: row.cells[at].strip() for key, at in columns.items()}, Datum(datum)))
            except ValidationError as error:
                loaded.failed += 1
                if len(loaded.problems) < MOST_PROBLEMS:
                    loaded.problems.append((row.number, " ".join(error.messages)))
    except SheetError as error:
        raise ValidationError(str(error)) from error
    if not found:
        reasons = "; ".join(f"{number}: {why}" for number, why in loaded.problems[:3])
        raise ValidationError(_("No row of the file can be used. %(reasons)s") % {"reasons": reasons})
    loaded.places = sum(1 for row in found if row.cell is not None)
    loaded.districts = len(found) - loaded.places
    loaded.residents = sum(row.residents for row in found)
    with transaction.atomic():
        Population.objects.all().delete()
        Population.objects.bulk_create(found, batch_size=2000)
        if actor is not None:
            record_access(actor=actor, action=AccessAction.IMPORT, what=_("Population"), rows=len(found))
    return loaded


def _columns(headers: Sequence[str]) -> dict[str, int]:
    known = {alias: key for key, aliases in HEADS.items() for alias in aliases}
    columns: dict[str, int] = {}
    for at, header in enumerate(headers):
        if key := known.get(header.strip().lower()):
            columns.setdefault(key, at)
    if "residents" not in columns:
        raise ValidationError(_("The file has no column for residents: 居民数 or residents."))
    if "district" not in columns and not {"latitude", "longitude"} <= columns.keys():
        raise ValidationError(_("The file says neither a district (区县) nor places (纬度, 经度)."))
    return columns


def _read(at: dict[str, str], datum: Datum) -> Population:
    residents = _number(at.get("residents", ""))
    if residents is None or not 0 <= residents <= MOST_RESIDENTS:
        raise ValidationError(
            _("“%(text)s” is no number of residents.") % {"text": at.get("residents", "")[:30]}
        )
    city, district = at.get("city", "")[:40], at.get("district", "")[:40]
    texts = at.get("latitude", ""), at.get("longitude", "")
    row = Population(city=city, district=district, residents=round(residents))
    if any(texts):
        lat, lng = _number(texts[0]), _number(texts[1])
        if lat is None or lng is None or not valid_coordinates(lat, lng):
            raise ValidationError(_("“%(text)s” is no place.") % {"text": " ".join(texts)[:60]})
        row.latitude, row.longitude = convert(lat, lng, datum, Datum.WGS84)
        row.cell = cell_of(row.latitude, row.longitude)
    elif not district:
        raise ValidationError(_("Neither a district nor a place."))
    return row


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return None
    return value if value == value and abs(value) != float("inf") else None
