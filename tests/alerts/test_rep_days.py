"""The rep's comparison on the screen, and the days and rows behind a value (domain-rules §4)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from alerts.models import RepAlertRule
from alerts.queries import gaps, rep_boards, rep_days
from tests.alerts.test_reps import FRIDAY, SUNDAY, TODAY, visit
from tests.alerts.test_screens import REPS, html
from tests.factories import CustomerFactory, SalesOrderFactory

pytestmark = pytest.mark.django_db
MONDAY = dt.date(2026, 11, 16)


@pytest.fixture
def monday(monkeypatch):
    """Today is Monday, 23 November 2026."""
    monkeypatch.setattr("common.business_calendar.today", lambda now=None: TODAY)


@pytest.fixture
def work(people, no_rules, monday):
    """Visits of the owner (3 on Friday at 2 shops, 1 on Monday, 1 on Sunday) and of the outsider (1 on Friday)."""
    shop = CustomerFactory(name="李家小店", owner=people.owner)
    for _ in range(2):
        visit(people.owner, FRIDAY, customer=shop)
    visit(people.owner, FRIDAY)
    visit(people.owner, MONDAY, customer=shop)
    visit(people.owner, SUNDAY, customer=shop)
    visit(people.outsider, FRIDAY)
    for total in ("10.10", "20.20"):
        SalesOrderFactory(customer=shop, rep=people.owner, ordered_on=FRIDAY, total=Decimal(total))
    people.shop = shop
    return people


def page_of(person):
    return reverse("alerts:rep_days", args=[person.pk])


def test_a_rep_sees_himself_first_and_nobody_else(work, login):
    RepAlertRule.objects.create(measure="visits")
    RepAlertRule.objects.create(measure="order_amount")
    response = login(work.owner).get(REPS)
    page = html(response)
    assert [(i["line"].value, i["average"], i["line"].difference) for i in response.context["own"]] == [
        ("4", "1.67", "+2.33"),
        ("¥30.30", "¥10.10", "+¥20.20"),
    ]
    assert "第 1 / 3 名" in page
    assert "张业务" not in page
    assert "赵外人" not in page
    response = login(work.superior).get(REPS)
    assert response.context["own"] == []
    assert [(line.rep.name, line.standing.rank, line.value) for line in response.context["lines"]] == [
        ("李业务", 1, "4"),
        ("张业务", 3, "0"),
    ]
    assert "赵外人" in html(login(work.admin).get(REPS))


@pytest.mark.parametrize(
    ("measure", "friday", "average"),
    [("visits", 3, "1.33"), ("customers", 2, "1"), ("orders", 2, "0.67"), ("order_amount", "30.30", "10.10")],
)
def test_days_add_up_to_the_value(work, measure, friday, average):
    rule = RepAlertRule.objects.create(measure=measure)
    (board,) = rep_boards([rule], TODAY)
    days = {day.day: day for day in rep_days(board, work.owner, TODAY)}
    assert list(days) == [MONDAY + dt.timedelta(days=n) for n in range(7)]
    assert sum(day.value for day in days.values() if not day.left_out) == board.standing(work.owner.pk).value
    assert (days[FRIDAY].value, days[FRIDAY].average) == (Decimal(friday), Decimal(average))
    assert (days[SUNDAY].left_out, days[SUNDAY].average, days[SUNDAY].visits) == ("周末", None, 1)


def test_the_window_names_what_it_left_out(work):
    rule = RepAlertRule.objects.create(measure="visits", window_days=3)
    (board,) = rep_boards([rule], dt.date(2026, 10, 9))
    found = gaps(board.days, dt.date(2026, 10, 9))
    assert [(gap.first.day, gap.last.day, gap.why) for gap in found] == [(1, 7, "国庆节")]
    everyday = RepAlertRule.objects.create(measure="visits", working_days_only=False)
    assert gaps(rep_boards([everyday], TODAY)[0].days, TODAY) == []


def test_the_rows_behind_a_value_and_who_may_see_them(work, login):
    RepAlertRule.objects.create(measure="visits")
    client = login(work.superior)
    response = client.get(page_of(work.owner))
    assert len(response.context["rows"]) == 4
    assert f"rep={work.owner.pk}&amp;since={MONDAY}&amp;until={FRIDAY}" in html(response)
    assert len(client.get(page_of(work.owner), {"day": str(FRIDAY)}).context["rows"]) == 3
    assert len(client.get(page_of(work.owner), {"day": str(SUNDAY)}).context["rows"]) == 1
    orders = client.get(page_of(work.owner), {"what": "orders"})
    assert [row.total for row in orders.context["rows"]] == [Decimal("20.20"), Decimal("10.10")]
    assert (
        client.get(page_of(work.owner), {"day": "2026-02-31", "what": "x", "page": "-1"}).status_code == 200
    )
    assert client.get(page_of(work.outsider)).status_code == 404
    assert client.get(page_of(work.superior)).status_code == 404  # no rule compares him
    assert login(work.owner).get(page_of(work.owner)).status_code == 200
    assert login(work.owner).get(page_of(work.colleague)).status_code == 404
    work.superior.role.permissions.remove(work.superior.role.permissions.get(codename="view_visit"))
    assert "visits" not in login(work.superior).get(page_of(work.owner)).context["offered"]
    work.owner.role.permissions.clear()
    assert login(work.owner).get(page_of(work.owner)).status_code == 403


def test_a_bar_leads_to_the_page_of_its_rep_and_rule(work, login):
    first, second = (RepAlertRule.objects.create(measure=name) for name in ("visits", "order_amount"))
    client = login(work.superior)
    response = client.get(REPS, {"rule": second.pk})
    assert response.context["rule"] == second
    assert response.context["lines"][0].url == f"{page_of(work.owner)}?rule={second.pk}"
    assert client.get(response.context["lines"][0].url).context["rule"] == second
    assert client.get(REPS, {"rule": "nonsense"}).context["rule"] == first
    RepAlertRule.objects.all().delete()
    assert "还没有业务员预警规则" in html(client.get(REPS))
    assert client.get(page_of(work.owner)).status_code == 404
