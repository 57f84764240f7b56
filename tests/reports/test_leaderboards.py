"""Leaderboards: places, who is ranked, how places changed, and what somebody learns who sees only his own records."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

import reports.queries.catalogue  # noqa: F401
from common.business_calendar import today
from common.periods import Period
from reports.enums import Comparison, Family
from reports.queries.asked import Asked
from reports.queries.report import REPORTS
from tests.factories import CustomerFactory, SalesOrderFactory, UserFactory

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
BOARD = REPORTS["leaderboard_orders"]
BOARDS = sorted(code for code, report in REPORTS.items() if report.family == Family.LEADERBOARD)


def asked_by(user, **filters):
    return Asked(user, Period("custom", today() - 9 * DAY, today()), today(), filters)


def ordered(rep, amount, days_ago=0):
    return SalesOrderFactory(
        customer=CustomerFactory(owner=rep, level="A"),
        rep=rep,
        total=Decimal(amount),
        ordered_on=today() - days_ago * DAY,
    )


@pytest.fixture
def race(people):
    """Now: colleague 90, owner 50, outsider 50. Before: owner 70, outsider 20, colleague nothing."""
    for rep, now, before in (
        (people.colleague, 90, 0),
        (people.owner, 50, 70),
        (people.outsider, 50, 20),
    ):
        ordered(rep, now)
        if before:
            ordered(rep, before, days_ago=12)
    return people


def shown(table):
    return {row.label: (row.values[0], row.rank, row.rank_before) for row in table.rows}


def test_places_and_those_before(race):
    table = BOARD.table(asked_by(race.admin), "rep", compare=Comparison.BEFORE)
    assert shown(table) == {
        race.colleague.name: (Decimal(90), 1, 3),
        race.owner.name: (Decimal(50), 2, 1),
        race.outsider.name: (Decimal(50), 2, 2),
    }
    assert not table.notes


def test_without_comparison_nobody_gained_a_place(race):
    table = BOARD.table(asked_by(race.admin), "rep")
    assert {row.rank_before for row in table.rows} == {None}


def test_a_manager_ranks_his_own_people_only(race):
    table = BOARD.table(asked_by(race.superior), "rep", compare=Comparison.BEFORE)
    assert shown(table) == {
        race.colleague.name: (Decimal(90), 1, 2),
        race.owner.name: (Decimal(50), 2, 1),
    }
    assert table.totals[0] == Decimal(140)


def test_active_reps_without_a_figure_are_last_and_others_are_left_out(race):
    UserFactory(name="新人", department=race.sales)
    UserFactory(name="离职", department=race.sales, is_active=False)
    table = BOARD.table(asked_by(race.admin), "rep", compare=Comparison.BEFORE)
    assert shown(table)["新人"] == (Decimal(0), 4, 3)
    assert [row.label for row in table.rows][-1] == "新人"
    assert not {"离职", race.finance.name} & set(shown(table))


def test_orders_of_nobody_have_no_place(race):
    SalesOrderFactory(customer=CustomerFactory(owner=None), rep=None, total=Decimal(999))
    table = BOARD.table(asked_by(race.admin), "rep")
    nobody = next(row for row in table.rows if row.key == "none")
    assert (nobody.values[0], nobody.rank) == (Decimal(999), None)
    assert shown(table)[race.colleague.name][1] == 1


def test_the_column_it_is_sorted_by_is_the_one_that_ranks(race):
    ordered(race.outsider, 1)
    table = BOARD.table(asked_by(race.admin), "rep", sort="order_count")
    assert shown(table)[race.outsider.name][1] == 1
    upwards = BOARD.table(asked_by(race.admin), "rep", descending=False)
    assert [row.rank for row in upwards.rows] == [3, 2, 1]


def test_who_sees_himself_only_learns_his_place_and_no_figure_of_others(race):
    table = BOARD.table(asked_by(race.owner), "rep", compare=Comparison.BEFORE)
    assert shown(table) == {race.owner.name: (Decimal(50), 2, 1)}
    assert table.totals[0] == Decimal(50)
    assert table.before_totals[0] == Decimal(70)
    assert any("2" in str(note) and "3" in str(note) for note in table.notes)


def test_own_place_is_the_place_on_the_company_board(race):
    for rep in (race.owner, race.colleague, race.outsider):
        whole = BOARD.table(asked_by(race.admin), "rep", compare=Comparison.BEFORE)
        own = BOARD.table(asked_by(rep), "rep", compare=Comparison.BEFORE)
        assert [shown(own)[rep.name]] == [shown(whole)[rep.name]]


def test_departments_are_ranked_for_who_sees_them_and_not_for_a_rep(race):
    table = BOARD.table(asked_by(race.admin), "department")
    assert shown(table) == {"销售一部": (Decimal(140), 1, None), "销售二部": (Decimal(50), 2, None)}
    own = BOARD.table(asked_by(race.owner), "department")
    assert shown(own) == {"销售一部": (Decimal(50), None, None)}


def test_filters_narrow_the_ranking(race):
    table = BOARD.table(asked_by(race.admin, department=str(race.sales.pk)), "rep")
    assert set(shown(table)) == {race.colleague.name, race.owner.name}
    elsewhere = BOARD.table(asked_by(race.owner, department=str(race.other.pk)), "rep")
    assert elsewhere.rows == []
    assert "rep" not in BOARD.filter_codes()
    assert "level" in BOARD.filter_codes()
    nothing = BOARD.table(asked_by(race.owner, level="C"), "rep")
    assert shown(nothing) == {race.owner.name: (Decimal(0), 1, None)}
