"""Every measure of the register equals the brute-force figure, in total and by each dimension, for each data scope."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal

import pytest

import reports.queries.catalogue  # noqa: F401
from accounts.querysets import scope_user_ids
from common.periods import Period
from reports.enums import Comparison, Unit
from reports.queries import engine
from reports.queries.asked import Asked
from reports.queries.dimensions import DIMENSIONS
from reports.queries.measures import MEASURES, NO_ZERO, Measure
from tests.reports.brute import BRUTE

pytestmark = pytest.mark.django_db

BASE = sorted(code for code, measure in MEASURES.items() if isinstance(measure, Measure))
SHARED = ("rep", "department", "level", "channel", "region", "month", "day", "category", "weekday")


def key_of(by, entry):
    """The group of an entry, or "absent" where the entry has no such thing."""
    more = dict(entry.more)
    if by in more:
        return more[by]
    if by == "rep":
        value = entry.rep.pk if entry.rep else None
    elif by == "department":
        value = entry.rep.department_id if entry.rep else None
    elif by in ("month", "day", "weekday"):
        day = entry.day
        value = {"month": day.replace(day=1), "day": day, "weekday": day.isoweekday()}[by]
    elif by == "category":
        value = entry.product.category_id
    else:
        value = getattr(entry.customer, "level" if by == "level" else f"{by}_id", None)
    return "none" if value in (None, "") else str(value)


def figure_of(measure, entries):
    if any(entry.token is not None for entry in entries):
        return len({entry.token for entry in entries})
    total = sum((entry.value for entry in entries), start=0)
    if any(entry.weight is not None for entry in entries):
        weight = sum(entry.weight for entry in entries)
        return total / weight if weight else None
    return total if entries else None if measure.unit in NO_ZERO else 0


def same(measure, ours, brute):
    if ours is None or brute is None:
        return ours is None and brute is None
    room = Decimal("0.005") if measure.unit == Unit.MONEY else Decimal("0.001")
    if measure.unit in (Unit.SECONDS, Unit.METRES):
        room = Decimal("1")
    return abs(Decimal(str(ours)) - Decimal(str(brute))) <= room


def dimensions_of(measure):
    own = [code for code in measure.fact.paths if code in DIMENSIONS and code != "hour"]
    return [code for code in (*SHARED, *own) if DIMENSIONS[code].path(measure.fact) is not None]


def counted(asked, measure, scope):
    first, last = asked.period.first, asked.period.last
    for entry in BRUTE[measure.code]():
        if measure.fact.day and not first <= entry.day <= last:
            continue
        if scope is None or (entry.rep and entry.rep.pk in scope):
            yield entry


def test_every_measure_has_a_brute_force_figure():
    assert sorted(set(BASE) - set(BRUTE)) == []


def equals_brute_force(asked, code):
    """Fails where a measure differs from the slow one, in total or by any dimension; the entries that were counted."""
    measure = MEASURES[code]
    entries = list(counted(asked, measure, scope_user_ids(asked.user)))
    for by in dimensions_of(measure):
        table = engine.table(asked, [code], by, most=None)
        expected = defaultdict(list)
        for entry in entries:
            expected[key_of(by, entry)].append(entry)
        ours = {row.key: row.values[0] for row in table.rows}
        assert set(expected) <= set(ours), (code, by)
        for key, value in ours.items():
            brute = figure_of(measure, expected.get(key, []))
            assert same(measure, value, brute), f"{code} by {by}, {key}: {value}, not {brute}"
        assert same(measure, table.totals[0], figure_of(measure, entries)), (code, by)
    return entries


@pytest.mark.parametrize("code", BASE)
@pytest.mark.parametrize("who", ["admin", "manager1", "rep1"])
def test_measure(company, code, who):
    equals_brute_force(Asked(getattr(company, who), company.period, company.today), code)


def test_the_demo_gives_most_measures_something(company):
    asked = Asked(company.admin, company.period, company.today)
    silent = [
        code
        for code in BASE
        if not any(value.value or value.token for value in counted(asked, MEASURES[code], None))
    ]
    assert len(silent) <= len(BASE) // 5, silent


def test_a_period_is_compared_with_as_much_of_the_one_before(company):
    """Ten days of which five are still to come: five days are compared with five."""
    today = company.today
    asked = Asked(
        company.admin, Period("custom", today - dt.timedelta(days=4), today + dt.timedelta(days=5)), today
    )
    table = engine.table(asked, ["order_count"], "rep", compare=Comparison.BEFORE)
    assert (table.before.first, table.before.days) == (today - dt.timedelta(days=14), 5)
    other = Asked(company.admin, table.before, today)
    assert table.before_totals == engine.table(other, ["order_count"], "rep").totals
