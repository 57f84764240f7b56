"""The engine at its edges: nothing to divide by, groups beyond the first rows, places, comparisons."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

import reports.queries.catalogue  # noqa: F401
from common.periods import Period, whole
from reports.enums import Comparison
from reports.queries import engine
from reports.queries.asked import Asked
from reports.rules.compare import change, compared, ranks, reached
from tests.factories import CustomerFactory, SalesOrderFactory

TODAY = dt.date(2026, 11, 28)
DAY = Period("custom", TODAY, TODAY)


@pytest.mark.django_db
def test_orders_of_nothing_have_a_mean_of_nothing():
    SalesOrderFactory(status="submitted", total=Decimal(0), ordered_on=TODAY)
    table = engine.table(Asked(None, DAY, TODAY), ["order_average", "order_count"], "rep")
    assert table.totals == (Decimal("0.00"), 1)
    assert engine.table(Asked(None, DAY.before(), TODAY), ["order_average"], "rep").totals == (None,)


@pytest.mark.django_db
def test_the_first_rows_of_many_and_the_total_of_all():
    for number in range(1, 6):
        SalesOrderFactory(
            customer=CustomerFactory(), status="submitted", total=Decimal(number), ordered_on=TODAY
        )
    asked = Asked(None, DAY, TODAY)
    table = engine.table(asked, ["order_amount", "sold"], "customer", most=2)
    assert [row.values[0] for row in table.rows] == [Decimal(5), Decimal(4)]
    assert table.more
    assert table.totals[0] == Decimal(15)
    everything = engine.table(asked, ["order_amount"], "customer", most=None)
    assert (len(everything.rows), everything.more) == (5, False)


@pytest.mark.django_db
def test_who_had_something_before_stays_in_sight():
    gone = SalesOrderFactory(
        status="submitted", total=Decimal(7), ordered_on=TODAY - dt.timedelta(days=1)
    ).customer
    table = engine.table(
        Asked(None, DAY, TODAY), ["order_amount"], "customer", most=None, compare=Comparison.BEFORE
    )
    assert [(row.key, row.values, row.before) for row in table.rows] == [
        (str(gone.pk), (0,), (Decimal(7),)),
    ]


def test_what_does_not_go_together_is_refused():
    with pytest.raises(ValueError, match="divided by"):
        engine.table(Asked(None, DAY, TODAY), ["order_amount"], "product")
    with pytest.raises(ValueError, match="Q"):
        engine.table(Asked(None, DAY, TODAY, {"level": "Q"}), ["order_amount"], "rep")


def test_a_month_is_compared_as_far_as_it_has_come():
    month = whole("month", TODAY)
    assert reached(month, TODAY).last == TODAY
    before = compared(month, Comparison.BEFORE, TODAY)
    assert (before.first, before.last) == (dt.date(2026, 10, 1), dt.date(2026, 10, 28))
    over = whole("month", dt.date(2026, 9, 9))
    assert compared(over, Comparison.BEFORE, TODAY).last == dt.date(2026, 8, 31)
    year = compared(whole("month", dt.date(2024, 2, 1)), Comparison.YEAR, TODAY)
    assert (year.first, year.last) == (dt.date(2023, 2, 1), dt.date(2023, 2, 28))
    assert compared(month, Comparison.NONE, TODAY) is None


def test_change_and_places():
    assert change(Decimal(12), Decimal(10)) == pytest.approx(0.2)
    assert change(-1, -2) == pytest.approx(0.5)
    assert change(1, 0) is None
    assert change(None, 1) is None
    assert ranks([3, None, 5, 3]) == [2, None, 1, 2]
    assert ranks([1, 2], descending=False) == [1, 2]
