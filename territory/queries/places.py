"""What the page of customers without a sure location shows of each (F1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crm.enums import PlaceGap
from crm.models import Customer, GeocodeItem
from crm.queries.places import last_answers
from visits.queries import with_fixes
from visits.queries.locations import Suggested

_SAME_DEG = 1e-9


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A customer, why it is not surely on the map in words, the places to choose from, the check-ins' fixes."""

    customer: Customer
    gap: PlaceGap
    why: str
    details: str
    candidates: tuple[tuple[float, float, str, str], ...]
    fixes: tuple[tuple[float, float, float, float], ...]

    def point(self) -> dict[str, Any]:
        """What the map draws of it."""
        row = self.customer
        return {
            "id": row.pk,
            "name": row.name,
            "at": [row.latitude, row.longitude] if row.has_location else None,
            "candidates": [list(one) for one in self.candidates],
            "fixes": [[lat, lng, accuracy] for lat, lng, accuracy, _metres in self.fixes],
        }


def place_rows(customers: Sequence[Customer]) -> list[PlaceRow]:
    """The rows of one page of `unplaced_customers`: two statements, however many."""
    answers = last_answers(customers)
    located = [row for row in customers if row.has_location]
    suggested = {one.customer.pk: one for one in with_fixes(located)} if located else {}
    return [_row(row, answers.get(row.pk), suggested.get(row.pk)) for row in customers]


def _row(customer: Customer, answer: GeocodeItem | None, suggested: Suggested | None) -> PlaceRow:
    gap = PlaceGap(customer.gap)  # type: ignore[attr-defined]  # annotated by unplaced_customers
    why, details = str(gap.label), ""
    if gap == PlaceGap.TO_CONFIRM:
        why, details = _source(customer, answer, suggested)
    elif answer and gap in (PlaceGap.REFUSED, PlaceGap.AMBIGUOUS, PlaceGap.NOTHING):
        details = answer.reason or answer.asked
    shown = answer.candidates if answer else []
    if gap != PlaceGap.AMBIGUOUS and (gap != PlaceGap.TO_CONFIRM or len(shown) < 2):
        shown = []  # of another address, or just the place where it stands
    return PlaceRow(
        customer=customer,
        gap=gap,
        why=why,
        details=details,
        candidates=tuple((lat, lng, precision, matched) for lat, lng, precision, matched in shown),
        fixes=suggested.fixes if suggested else (),
    )


def _source(customer: Customer, answer: GeocodeItem | None, suggested: Suggested | None) -> tuple[str, str]:
    """Who said that it is there: the map service, the first check-in or a person; and the service's own words."""
    if answer and _same(customer, answer.latitude, answer.longitude):
        words = _("To confirm: found by the map service %(service)s") % {"service": answer.job.service}
        return words, " · ".join(part for part in (answer.precision, answer.matched) if part)
    if suggested and any(_same(customer, lat, lng) for lat, lng, _accuracy, _metres in suggested.fixes):
        return _("To confirm: from the first check-in"), ""
    return _("To confirm: set by hand or by an import"), ""


def _same(customer: Customer, lat: float | None, lng: float | None) -> bool:
    if lat is None or lng is None or customer.latitude is None or customer.longitude is None:
        return False
    return bool(abs(customer.latitude - lat) < _SAME_DEG and abs(customer.longitude - lng) < _SAME_DEG)
