"""The home boards: by role, in scope, from few queries."""

import datetime as dt
import re
from decimal import Decimal
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from django.utils.html import strip_tags

from accounts.models import Role
from reports import queries
from reports.queries.rep_board import tiles
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
from visits.queries.reports import Asked, visit_report

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


def test_a_home_page_that_one_may_not_open_any_more_is_left_out(people, login):
    people.owner.home_page = "/supervision/"
    people.owner.save()
    assert login(people.owner).get("/").status_code == 200
    people.superior.home_page = "/supervision/"
    people.superior.save()
    assert login(people.superior).get("/").headers["Location"] == "/supervision/"


def test_logging_in_opens_the_chosen_home_page(people, client):
    people.owner.home_page = "/today/"
    people.owner.set_password("ein-Passwort-7")
    people.owner.save()
    answer = client.post("/login/", {"username": "owner", "password": "ein-Passwort-7"}, follow=True)
    assert answer.redirect_chain[-1][0] == "/today/"


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


def test_a_closed_shop_leaves_the_denominator_here_as_in_the_report(people):
    """Three planned: one visited, one found closed, one not visited. A second visit of a task counts it once."""
    today = timezone.localdate()
    tasks = [VisitTaskFactory(customer=CustomerFactory(owner=people.owner)) for _ in range(3)]
    VisitFactory(customer=tasks[0].customer, task=tasks[0])
    VisitFactory(customer=tasks[0].customer, task=tasks[0], sequence=2)
    VisitFactory(customer=tasks[1].customer, task=tasks[1], outcome="closed")
    counts = queries.visit_counts(people.owner, today, own=True)
    assert (counts.planned, counts.done, counts.closed, counts.attainment) == (3, 1, 1, 0.5)
    assert queries.workbench(people.superior, today).visits == counts
    asked = Asked(today, today, "rep", frozenset({people.owner.pk}))
    assert visit_report(asked).total.attainment == counts.attainment
    assert tiles(people.owner, today).to_visit == 1


def test_the_board_agrees_with_the_rows_of_each_figure(people):
    """Today, the same weekday before, days between and other people's: each figure against its own plain query."""
    today = timezone.localdate()
    for rep in (people.owner, people.colleague, people.outsider):
        customer = CustomerFactory(owner=rep)
        for back in (0, 3, 7, 8):
            day = today - dt.timedelta(days=back)
            at = timezone.now() - dt.timedelta(days=back)
            task = VisitTaskFactory(customer=customer, date=day)
            flags = ["outside"] if back == 3 else []
            VisitFactory(customer=customer, task=None if back == 3 else task, check_in_at=at, flags=flags)
            SalesOrderFactory(customer=customer, ordered_on=day, total=Decimal("10.15") + back)
            SalesOrderFactory(customer=customer, ordered_on=day, total=1, status="approved")
            SalesOrderFactory(customer=customer, ordered_on=day, total=3, status="draft")
    board, before = queries.workbench(people.superior, today), today - dt.timedelta(days=7)
    for day, sums, visits in (
        (today, board.sums, board.visits),
        (before, board.sums_before, board.visits_before),
    ):
        assert sums == queries.sums(people.superior, day, day, own=False)
        assert visits == queries.visit_counts(people.superior, day, own=False)
    waiting = {entry.label: entry.count for entry in board.waiting}
    # Submitted whenever; open, of the days between; flagged since a week; all of two reps.
    assert list(waiting.values())[:3] == [8, 4, 2]
    strip = {member.rep.username: member for member in board.team}
    assert {name: (m.planned, m.done, m.visits, m.orders) for name, m in strip.items()} == {
        name: (1, 1, 1, Decimal("11.15")) for name in ("owner", "colleague")
    }


def test_attainment_of_nothing_planned_is_unknown_not_zero(people):
    assert queries.visit_counts(people.owner, timezone.localdate(), own=True).attainment is None


def test_team_strip_shows_reps_in_scope_with_the_last_check_in(people):
    now = timezone.now()
    early = VisitFactory(
        customer=CustomerFactory(owner=people.owner, name="早店"), check_in_at=now - dt.timedelta(hours=2)
    )
    VisitFactory(customer=CustomerFactory(owner=people.outsider))
    board = queries.workbench(people.superior, early.day)
    strip = {member.rep.username: member for member in board.team}
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
    with django_assert_num_queries(12):
        assert client.get("/").status_code == 200


SEES = {
    "as the role comes": None,
    "customers only": ["crm.view_customer"],
    "visits only": ["visits.view_visit", "visits.view_visittask"],
    "money only": ["sales.view_receipt", "sales.view_bill"],
}


@pytest.mark.parametrize("home", ["rep", "service", "finance"])
@pytest.mark.parametrize("sees", SEES)
def test_a_board_shows_what_one_may_open(people, login, sees, home):
    """No figure and no link of what the role may not see; an address with a place in the page names one that is there."""
    VisitFactory(rep=people.owner)
    role = Role.objects.get(code=home)
    if SEES[sees] is not None:
        names = [permission.split(".") for permission in SEES[sees]]
        role.permissions.set(
            Permission.objects.get(content_type__app_label=app, codename=code) for app, code in names
        )
    client = login(UserFactory(role=role, department=people.head, data_scope="all"))
    page = client.get("/").content.decode()
    wrong = []
    for address in sorted(set(re.findall(r'<a [^>]*href="([^"#][^"]*)"', page))):
        answer = client.get(urljoin("/", unescape(address)))
        place = urlsplit(address).fragment
        if answer.status_code != 200 or (
            place.replace("-", "").isalpha() and f'id="{place}"' not in answer.content.decode()
        ):
            wrong.append(f"{address}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert ("收款" in strip_tags(page.split("<main")[1])) == (
        sees == "money only" or (not SEES[sees] and home != "service")
    )
