"""Targets through the services: who may set which, what a year does at once, what the grid shows."""

import datetime as dt
from decimal import Decimal

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from common.periods import whole
from sales.models import ProductCategory, Target
from sales.queries import target_completion as reached
from sales.queries import targets as queries
from sales.queries.targets import Measure
from sales.services import targets as services
from sales.services.targets import Cell
from tests.factories import CustomerFactory, SalesOrderFactory, UserFactory

pytestmark = pytest.mark.django_db
D = Decimal
ORDERS = Measure("order_amount")
TODAY = dt.date(2026, 11, 27)


def put(actor, *cells, measure=ORDERS, year=2026):
    wanted = [Cell(key, month, None if value is None else D(value)) for key, month, value in cells]
    return services.set_targets(actor=actor, measure=measure, year=year, cells=wanted)


def keys(people):
    return {
        "company": "company",
        "sales": f"d{people.sales.pk}",
        "other": f"d{people.other.pk}",
        "owner": f"r{people.owner.pk}",
        "colleague": f"r{people.colleague.pk}",
        "outsider": f"r{people.outsider.pk}",
    }


# --- the rows
def test_the_constraints_hold(people):
    make = {"year": 2026, "month": 1, "measure": "order_amount"}
    Target.objects.create(value=1, **make)
    for bad in (
        {"value": 2, **make},  # a second one of the company
        {"value": 1, **make, "month": 13},
        {"value": -1, **make, "month": 2},
        {"value": 1, **make, "month": 2, "rep": people.owner, "department": people.sales},
        {"value": 1, **make, "month": 2, "measure": "category_amount"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Target.objects.create(**bad)


def test_cells_are_made_changed_and_taken_away_with_an_audit_row_each(people):
    key = keys(people)
    assert put(people.superior, (key["owner"], 1, 100), (key["owner"], 2, 200), (key["sales"], 1, 150)) == 3
    assert put(people.superior, (key["owner"], 1, 100), (key["owner"], 2, 250), (key["sales"], 1, None)) == 2
    rows = Target.objects.order_by("month").values_list("rep", "department", "month", "value", "updated_by")
    mine, actor = people.owner.pk, people.superior.pk
    assert list(rows) == [(mine, None, 1, D(100), actor), (mine, None, 2, D(250), actor)]
    entries = LogEntry.objects.filter(content_type__model="target", actor=people.superior)
    assert sorted((e.action, (e.changes or {}).get("value")) for e in entries if e.changes) == [
        (LogEntry.Action.UPDATE, ["200.00", "250"]),
        (LogEntry.Action.UPDATE, ["None", "100"]),
        (LogEntry.Action.UPDATE, ["None", "150"]),
        (LogEntry.Action.UPDATE, ["None", "200"]),
    ]
    assert entries.filter(action=LogEntry.Action.DELETE).count() == 1


# --- who may
@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        ("admin", {"company", "sales", "other", "owner", "colleague", "outsider"}),
        ("finance", {"company", "sales", "other", "owner", "colleague", "outsider"}),
        ("superior", {"sales", "owner", "colleague"}),
        ("owner", set()),
    ],
)
def test_targets_are_set_within_the_scope(people, who, allowed):
    actor = getattr(people, who)
    for name, key in keys(people).items():
        if name in allowed:
            assert put(actor, (key, 3, 7)) == 1
        else:
            with pytest.raises(PermissionDenied):
                put(actor, (key, 4, 7))
    assert Target.objects.count() == len(allowed)


def test_one_strange_cell_refuses_them_all(people):
    key = keys(people)
    with pytest.raises(PermissionDenied):
        put(people.superior, (key["owner"], 1, 5), (key["outsider"], 1, 5))
    assert not Target.objects.exists()


@pytest.mark.parametrize("key", ["", "x1", "d", "r-1", "rr", "d99999999999999999999", "r²"])
def test_keys_that_name_nobody_are_refused(people, key):
    with pytest.raises(ValidationError):
        put(people.admin, (key, 1, 1))


def test_people_and_departments_that_do_not_exist_are_refused(people):
    for key in ("d999999", "r999999"):
        with pytest.raises(PermissionDenied):
            put(people.admin, (key, 1, 1))


def test_measures_years_and_values_are_checked(people):
    for measure, year, value in (
        (Measure("profit"), 2026, 1),
        (Measure("category_amount"), 2026, 1),
        (Measure("category_amount", 999), 2026, 1),
        (Measure("visits", 1), 2026, 1),
        (ORDERS, 1999, 1),
        (ORDERS, 2026, -1),
        (ORDERS, 2026, "100000000000"),
    ):
        with pytest.raises(ValidationError):
            put(people.admin, ("company", 1, value), measure=measure, year=year)


def test_targets_are_seen_within_the_scope(people):
    put(people.admin, *((key, 1, 1) for key in keys(people).values()))

    def seen(user):
        return {queries.key_of(t.department_id, t.rep_id) for t in Target.objects.visible_to(user)}

    key = keys(people)
    assert seen(people.finance) == set(key.values())
    assert seen(people.superior) == {key["sales"], key["owner"], key["colleague"]}
    assert seen(people.owner) == {key["owner"]}
    assert seen(people.outsider) == {key["outsider"]}


# --- the grid
def shape(rows):
    return [(row.subject.name, row.subject.depth) for row in rows]


def test_the_grid_is_a_tree_in_the_users_scope(people):
    whole_company = queries.grid(people.admin, ORDERS, 2026)
    assert shape(whole_company)[1:] == [
        ("销售一部", 1),
        ("李业务", 2),
        ("张业务", 2),
        ("销售二部", 1),
        ("赵外人", 2),
    ]
    assert whole_company[0].subject.kind == "company"
    assert shape(queries.grid(people.superior, ORDERS, 2026)) == [
        ("销售一部", 0),
        ("李业务", 1),
        ("张业务", 1),
    ]
    assert shape(queries.grid(people.owner, ORDERS, 2026)) == [("李业务", 0)]


def test_who_left_or_leads_shows_up_with_a_target(people):
    gone = UserFactory(name="离职者", department=people.sales, is_active=False)
    put(people.admin, (f"r{gone.pk}", 1, 5), (f"r{people.superior.pk}", 1, 5))
    names = [name for name, _depth in shape(queries.grid(people.superior, ORDERS, 2026))]
    assert names == ["销售一部", "王经理", "李业务", "张业务", "离职者"]
    assert "离职者" not in [name for name, _ in shape(queries.grid(people.superior, ORDERS, 2025))]


def test_reps_without_a_department_stand_under_the_company(people):
    UserFactory(name="散兵")
    rows = queries.grid(people.admin, ORDERS, 2026)
    assert shape(rows)[-1] == ("散兵", 1)


def test_sums_of_those_below_stand_against_the_parent(people):
    key = keys(people)
    put(
        people.admin,
        *(("company", 1, 1000), (key["sales"], 1, 700), (key["owner"], 1, 300), (key["colleague"], 1, 350)),
        *((key["outsider"], 1, 200), (key["owner"], 2, 10)),
    )
    rows = {row.subject.key: row for row in queries.grid(people.admin, ORDERS, 2026)}
    assert rows["company"].below[:2] == [D(900), D(10)]  # 二部 has no target of its own: its rep's
    assert rows[key["sales"]].below[:2] == [D(650), D(10)]
    assert rows[key["sales"]].total == D(700)
    assert rows[key["sales"]].below_total == D(660)
    assert rows[key["owner"]].below == []


# --- a year at once
def test_a_year_is_spread_evenly_to_the_cent(people):
    key = keys(people)["owner"]
    services.spread_year(
        actor=people.superior, measure=ORDERS, year=2026, key=key, total=D(100), by_last_year=False
    )
    values = list(Target.objects.order_by("month").values_list("value", flat=True))
    assert sum(values) == 100
    assert values == [D("8.34")] * 4 + [D("8.33")] * 8


def test_a_year_takes_the_shape_of_the_last(people):
    shop, key = CustomerFactory(owner=people.owner), keys(people)["owner"]
    for month, total in ((1, 300), (7, 100)):
        SalesOrderFactory(customer=shop, ordered_on=dt.date(2025, month, 9), total=total)
    SalesOrderFactory(
        customer=CustomerFactory(owner=people.colleague), ordered_on=dt.date(2025, 5, 1), total=400
    )
    spread = {
        "actor": people.superior,
        "measure": ORDERS,
        "year": 2026,
        "total": D(1000),
        "by_last_year": True,
    }
    services.spread_year(key=key, **spread)
    rep = dict(Target.objects.filter(rep=people.owner).values_list("month", "value"))
    assert (rep[1], rep[7], rep[5]) == (D(750), D(250), D(0))
    services.spread_year(key=keys(people)["sales"], **spread)
    department = dict(Target.objects.filter(department=people.sales).values_list("month", "value"))
    assert (department[1], department[5]) == (D(375), D(500))


def test_without_actuals_the_shape_is_that_of_last_years_targets(people):
    key = keys(people)["owner"]
    spread = {"actor": people.superior, "measure": ORDERS, "year": 2026, "key": key, "total": D(900)}
    with pytest.raises(ValidationError, match="去年"):
        services.spread_year(by_last_year=True, **spread)
    put(people.superior, (key, 2, 1), (key, 3, 2), year=2025)
    services.spread_year(by_last_year=True, **spread)
    found = dict(Target.objects.filter(year=2026, value__gt=0).values_list("month", "value"))
    assert found == {2: D(300), 3: D(600)}


def test_the_shape_of_others_is_nobodys_business(people):
    with pytest.raises(PermissionDenied):
        services.spread_year(
            actor=people.superior, measure=ORDERS, year=2026, key="company", total=D(1), by_last_year=True
        )


def test_last_years_targets_are_copied_with_growth(people):
    key = keys(people)
    put(
        people.admin,
        *(("company", 1, 1000), (key["sales"], 1, 500), (key["owner"], 1, "99.99"), (key["outsider"], 1, 80)),
        year=2025,
    )
    put(people.admin, (key["sales"], 1, 7))
    copy = {"measure": ORDERS, "year": 2026, "percent": D(10), "from_actuals": False}
    assert services.copy_last_year(actor=people.superior, keep=True, **copy) == 1
    found = {queries.key_of(t.department_id, t.rep_id): t.value for t in Target.objects.filter(year=2026)}
    assert found == {key["sales"]: D(7), key["owner"]: D("109.99")}
    assert services.copy_last_year(actor=people.superior, keep=False, **copy) == 1
    assert Target.objects.get(year=2026, department=people.sales).value == D(550)
    assert services.copy_last_year(actor=people.admin, keep=True, under=key["other"], **copy) == 1
    assert not Target.objects.filter(year=2026, rep__isnull=True, department__isnull=True).exists()


def test_last_years_actuals_become_targets(people):
    SalesOrderFactory(
        customer=CustomerFactory(owner=people.owner), ordered_on=dt.date(2025, 3, 3), total=D("50.50")
    )
    copy = {"measure": ORDERS, "year": 2026, "percent": D(-50), "from_actuals": True, "keep": True}
    assert services.copy_last_year(actor=people.superior, **copy) == 2
    assert {t.value for t in Target.objects.filter(year=2026, month=3)} == {D("25.25")}


# --- completion
def test_completion_of_a_month(people):
    key = keys(people)
    put(people.admin, (key["owner"], 11, 1000), (key["colleague"], 11, 100), (key["outsider"], 11, 50))
    for rep, total in ((people.owner, 400), (people.colleague, 90)):
        SalesOrderFactory(customer=CustomerFactory(owner=rep), ordered_on=dt.date(2026, 11, 2), total=total)
    board = reached.completion(people.admin, ORDERS, whole("month", TODAY), TODAY)
    by_key = {row.subject.key: row for row in board.rows}
    assert (board.clock.passed, board.clock.total) == (20, 21)
    assert by_key[key["owner"]].result.gap == D(600)
    assert by_key[key["sales"]].result.target == D(1100)  # no target of its own: those below
    assert by_key["company"].result.target == D(1150)
    assert [row.subject.name for row in board.of_kind("rep")] == ["张业务", "李业务", "赵外人"]
    assert [row.rank for row in board.of_kind("rep")] == [1, 2, 3]
    assert [row.subject.name for row in board.of_kind("rep", key["sales"])] == ["张业务", "李业务"]
    assert f"rep={people.owner.pk}" in by_key[key["owner"]].links.plus
    assert f"department={people.sales.pk}" in by_key[key["sales"]].links.plus


def test_a_rep_learns_his_place_and_nothing_else(people):
    put(people.admin, (f"r{people.owner.pk}", 11, 100))
    SalesOrderFactory(customer=CustomerFactory(owner=people.owner), ordered_on=TODAY, total=10)
    SalesOrderFactory(customer=CustomerFactory(owner=people.outsider), ordered_on=TODAY, total=99)
    [place] = reached.own_places(people.owner, [ORDERS], whole("month", TODAY), TODAY)
    assert (place.rank, place.of, place.result.actual) == (1, 3, D(10))
    [place] = reached.own_places(people.outsider, [ORDERS], whole("month", TODAY), TODAY)
    assert (place.rank, place.result.actual, place.result.target) == (2, D(99), None)
    board = reached.completion(people.owner, ORDERS, whole("month", TODAY), TODAY)
    assert [row.subject.name for row in board.rows] == ["李业务"]


def test_the_card_shows_measures_with_targets_in_scope(people):
    category = ProductCategory.objects.create(name="水")
    key = keys(people)
    put(people.admin, (key["outsider"], 11, 5), measure=Measure("visits"))
    put(people.admin, (key["sales"], 11, 5), ("company", 11, 9))
    put(people.admin, (key["owner"], 11, 5), measure=Measure("category_amount", category.pk))
    assert [entry.label for entry in reached.card(people.admin, TODAY)] == ["订货金额", "水", "拜访"]
    mine = reached.card(people.superior, TODAY)
    assert [entry.label for entry in mine] == ["订货金额", "水"]
    assert [row.subject.name for row in mine[0].top] == ["销售一部"]
    assert reached.card(people.superior, TODAY.replace(month=10)) == []
