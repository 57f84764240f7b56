"""Remarks of the dry run on names that are only similar (domain-rules §8, fuzzy). They never decide about a line.

The run itself does without: what goes in is the same, and nobody reads remarks there. Lines are compared with the
customers and leads of their cities, not with each other.
"""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from accounts.models import User
from crm.queries.duplicate_batches import Alike, may_be_named, named_around
from crm.queries.duplicates import Limits
from crm.rules.duplicates import Match, Subject, bounding_box, city_key
from crm.rules.import_rows import ImportRow
from crm.rules.import_similar import SimilarNames

# Of each library, for one file: they are read into memory, about 20 µs apiece.
MOST = 20_000


class Similar:
    """Customers with names like those of one file; reads at most `MOST` of them and as many leads."""

    def __init__(self, actor: User | None, within: Limits) -> None:
        self.actor = actor
        self.within = within
        self.names: SimilarNames[Alike] = SimilarNames()
        self.complete = True
        self._cities: set[str] = set()
        self._known: set[tuple[bool, int]] = set()

    def remark(self, rows: Sequence[ImportRow]) -> None:
        """Add a remark to those new rows that have none of another customer yet and are like one."""
        if not self.within.fields.fuzzy:
            return
        subjects = [(row, _subject(row)) for row in rows if row.name_key]
        self._read([subject for _row, subject in subjects])
        found: list[tuple[ImportRow, Match, Alike]] = []
        for row, subject in subjects:
            if (hit := self.names.find(subject)) is not None:
                found.append((row, *hit))
        told = may_be_named({who for _row, _match, who in found}, self.actor)
        for row, match, who in found:
            row.warnings.append(_words(match, who, named=who in told))

    def _read(self, subjects: Sequence[Subject]) -> None:
        """Read the customers of cities that come for the first time, and those around shops without a city."""
        cities = {one.city for one in subjects if one.city} - self._cities
        self._cities |= cities
        left = MOST - len(self._known)
        if left <= 0:
            self.complete = self.complete and not cities
            return
        around = named_around(cities, _box(subjects), self.within, left)
        self.complete = self.complete and len(around) < left
        for subject, who in around:
            if (key := (who.is_lead, who.pk)) not in self._known:
                self._known.add(key)
                self.names.add(subject, who)


def _subject(row: ImportRow) -> Subject:
    value = row.values.get
    return Subject(
        name_key=row.name_key,
        city=city_key(value("city", ""), value("province", "")),
        latitude=value("latitude"),
        longitude=value("longitude"),
    )


def _box(subjects: Sequence[Subject]) -> tuple[float, float, float, float] | None:
    """The rectangle around the shops that name no city, 200 m wider."""
    places = [
        bounding_box(one.latitude, one.longitude)
        for one in subjects
        if not one.city and one.latitude is not None and one.longitude is not None
    ]
    if not places:
        return None
    souths, norths, wests, easts = zip(*places, strict=True)
    return min(souths), max(norths), min(wests), max(easts)


def _words(match: Match, who: Alike, *, named: bool) -> str:
    percent = f"{match.similarity:.0%}"
    if who.is_lead:
        if named:
            return _("Similar to the lead “%(name)s” (%(percent)s).") % {"name": who.name, "percent": percent}
        return _("Similar to a lead of somebody else.")
    if named:
        text = _("Similar to “%(name)s” (%(code)s, %(percent)s).")
        return text % {"name": who.name, "code": who.code, "percent": percent}
    return _("Similar to a customer of somebody else.")
