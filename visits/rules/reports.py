"""What visits are measured by (domain-rules §2): counts of a group of rows, and the rates that follow. No ORM."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

GRADES = ("A", "B", "C", "D")


@dataclass(slots=True)
class Tally:
    """Counts of one group. Customers are distinct (rep, customer, business day); `dwell_s` sums valid visits, seconds."""

    planned: int = 0
    done: int = 0  # planned tasks with a valid visit at an open shop
    closed: int = 0  # planned tasks whose only valid visits found the shop closed
    skipped: int = 0
    visits: int = 0
    valid: int = 0
    unplanned: int = 0
    forgotten: int = 0
    flagged: int = 0
    customers: int = 0
    customers_valid: int = 0  # validly visited at an open shop
    customers_ordered: int = 0  # among them
    dwell_s: int = 0
    a: int = 0
    b: int = 0
    c: int = 0
    d: int = 0
    median_s: float | None = None  # of the dwell of valid visits; not a sum

    @property
    def attainment(self) -> float | None:
        """拜访达成率: planned tasks with a valid visit ÷ planned tasks; closed shops leave the denominator."""
        return rate(self.done, self.planned - self.closed)

    @property
    def strike(self) -> float | None:
        """拜访成交率: customers that ordered at a visit ÷ customers validly visited; closed shops leave this denominator,
        too: the glossary says so after both rates."""
        return rate(self.customers_ordered, self.customers_valid)

    @property
    def average_s(self) -> float | None:
        return rate(self.dwell_s, self.valid)

    @property
    def grades(self) -> list[tuple[str, int]]:
        return [(grade, getattr(self, grade.lower())) for grade in GRADES]


def rate(part: int, whole: int) -> float | None:
    """None when there is nothing to divide by."""
    return part / whole if whole > 0 else None


def total(tallies: Iterable[Tally], median_s: float | None) -> Tally:
    """The sum of groups that share no row; the median cannot be added up, so it comes from outside."""
    result = Tally()
    for tally in tallies:
        for field in fields(Tally):
            if field.name != "median_s":
                setattr(result, field.name, getattr(result, field.name) + getattr(tally, field.name))
    result.median_s = median_s
    return result


@dataclass(frozen=True, slots=True)
class Measure:
    """A column of the report: its name, and what it means in words."""

    key: str
    label: Promise
    meaning: Promise


MEASURES = (
    Measure(
        "planned",
        _("Planned"),
        _("Visit tasks of these days, skipped ones included. Days ahead do not count yet."),
    ),
    Measure("done", _("Done"), _("Planned tasks with a valid visit. A shop that was closed is not done.")),
    Measure(
        "attainment",
        _("Attainment"),
        _("Planned tasks with a valid visit ÷ planned tasks. Shops that were closed leave the denominator."),
    ),
    Measure("visits", _("Visits"), _("All check-ins; two visits of one customer on one day are two.")),
    Measure("valid", _("Valid"), _("Visits with check-in and check-out.")),
    Measure("unplanned", _("Unplanned"), _("Visits that closed no task of that rep, customer and day.")),
    Measure(
        "customers",
        _("Customers visited"),
        _("Distinct rep, customer and day: two visits of one customer on one day count once."),
    ),
    Measure(
        "strike",
        _("Strike rate"),
        _(
            "Customers that ordered at a visit ÷ customers validly visited, each counted once a rep and day. Shops that"
            " were closed leave the denominator."
        ),
    ),
    Measure("average_s", _("Average time"), _("Check-out − check-in, mean over the valid visits.")),
    Measure("median_s", _("Median time"), _("Half of the valid visits were shorter, half were longer.")),
    Measure(
        "flagged", _("Flagged"), _("Visits with anything odd: outside the fence, unverified, wrong clock.")
    ),
    Measure(
        "forgotten",
        _("Not checked out"),
        _("Visits closed at the day's end without a check-out; never valid."),
    ),
    Measure("closed", _("Shop was closed"), _("Planned tasks whose visit found the shop closed.")),
    Measure("skipped", _("Skipped"), _("Planned tasks left out with a reason.")),
    Measure("grades", _("Evidence"), _("Graded visits by how well they are proven, A to D.")),
)
