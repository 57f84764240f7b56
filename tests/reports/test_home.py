"""The home boards: by role, in scope, from few queries."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from reports import queries
from sales.models import Receipt
from sales.services.billing import allocate_oldest
from tests.factories import (
    BillFactory,
    CustomerFactory,
    SalesOrderFactory,
    UserFactory,
    VisitFactory,
    VisitTaskFactory,
)

pytestmark = pytest.mark.django_db


def test_a_rep_gets_his_board_and_a_manager_the_workbench(people, login):
    assert "常用" in login(people.owner).get("/").content.decode()
    assert "今日团队" in login(people.superior).get("/").content.decode()


def test_the_chosen_home_page_opens_instead(people, login):
    people.superior.home_page = "/alerts/"
    people.superior.save()
    client = login(people.superior)
    assert client.get("/").headers["Location"] == "/alerts/"
    assert client.get("/?board").status_code == 200


def test_nobody_sees_a_board_without_login(client):
    assert client.get("/").headers["Location"].startswith("/login/")


def test_rep_figures_are_his_own(people):
    today = timezone.localdate()
    mine = CustomerFactory(owner=people.owner)
    other = CustomerFactory(owner=people.outsider)
    SalesOrderFactory(customer=mine, total=Decimal("100.10"))
    SalesOrderFactory(customer=mine, total=Decimal("0.20"), status="cancelled")
    SalesOrderFactory(customer=mine, total=Decimal("7"), status="draft")
    SalesOrderFactory(customer=other, total=Decimal("999"))
    own = queries.sums(people.owner, today, today, own=True)
    assert own.orders == queries.Money(1, Decimal("100.10"))


def test_receivable_is_billed_less_received(people):
    today = timezone.localdate()
    customer = CustomerFactory(owner=people.owner)
    make = {"customer": customer, "rep": people.owner}
    BillFactory(amount=Decimal("80.50"), **make)
    BillFactory(amount=9, status="reversed", **make)
    receipt = Receipt.objects.create(number="R1", received_on=today, amount=Decimal("30.25"), **make)
    allocate_oldest(actor=people.owner, source=receipt, day=today)
    assert queries.receivable_of(people.owner) == Decimal("50.25")


def test_attainment_counts_planned_tasks_with_a_valid_visit(people):
    today = timezone.localdate()
    for n in range(3):
        customer = CustomerFactory(owner=people.owner)
        task = VisitTaskFactory(customer=customer)
        if n == 0:
            VisitFactory(customer=customer, task=task)
        if n == 1:  # checked in only: not valid
            VisitFactory(customer=customer, task=task, check_out_at=None)
    counts = queries.visit_counts(people.owner, today, own=True)
    assert (counts.planned, counts.done, counts.visits, counts.valid) == (3, 1, 2, 1)
    assert counts.attainment == pytest.approx(1 / 3)


def test_attainment_of_nothing_planned_is_unknown_not_zero(people):
    assert queries.visit_counts(people.owner, timezone.localdate(), own=True).attainment is None


def test_team_strip_shows_reps_in_scope_with_the_last_check_in(people):
    now = timezone.now()
    early = VisitFactory(
        customer=CustomerFactory(owner=people.owner, name="早店"), check_in_at=now - dt.timedelta(hours=2)
    )
    VisitFactory(customer=CustomerFactory(owner=people.outsider))
    strip = {member.rep.username: member for member in queries.team_strip(people.superior, early.day)}
    assert set(strip) == {"owner", "colleague"}
    assert (strip["owner"].last_customer, strip["owner"].visits) == ("早店", 1)
    assert strip["colleague"].last_check_in is None


@pytest.mark.parametrize("reps", [1, 3])
def test_workbench_takes_as_many_queries_for_three_reps_as_for_one(
    people, login, reps, django_assert_num_queries
):
    for _ in range(reps):
        rep = UserFactory(department=people.sales)
        VisitFactory(customer=CustomerFactory(owner=rep))
    client = login(people.superior)
    with django_assert_num_queries(26):
        assert client.get("/").status_code == 200
