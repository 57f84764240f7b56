"""From alerts to visits and new owners: the phone's cards and the manager's selections."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from alerts.models import Alert
from alerts.services import add_to_plan, compute_alerts, next_working_day
from common.business_calendar import today
from crm.models import BulkJob, CustomerShare
from tests.alerts.test_screens import HTMX, LIST, MINE, PLAN, html, overdue
from tests.factories import BillFactory, SalesOrderFactory, VisitFactory, VisitTaskFactory
from visits.models import VisitTask

pytestmark = pytest.mark.django_db
HAND_OVER, TAKE_BACK = reverse("alerts:hand_over"), reverse("alerts:take_back_plan")
DAY = dt.timedelta(days=1)


@pytest.fixture
def shops(people, rule):
    """Two alerts at one shop of the owner, one at another that owes money, one of an outsider."""
    rule("unvisited", 10)
    rule("unordered", 20)
    people.shop = overdue(people.owner, "旧店", days=50)
    people.other = overdue(people.owner, "新店", days=5)
    SalesOrderFactory(customer=people.other)
    BillFactory(customer=people.other, amount=Decimal(500), due_on=today() - DAY)
    people.far = overdue(people.outsider, "外店")
    compute_alerts(today=today())
    people.ids = list(Alert.objects.filter(owner=people.owner).order_by("pk").values_list("pk", flat=True))
    return people


def cards(response):
    html(response)
    return [
        (card.customer, [line.alert.kind for line in card.lines]) for card in response.context["shown"].cards
    ]


def test_a_card_for_each_customer_by_days_or_money_or_kind(shops, login):
    client = login(shops.owner)
    both = (shops.shop, ["unvisited", "unordered"])
    assert cards(client.get(MINE)) == [both, (shops.other, ["unvisited"])]
    by_money = client.get(MINE, {"sort": "money"})
    assert cards(by_money) == [(shops.other, ["unvisited"]), both]
    assert [card.overdue for card in by_money.context["shown"].cards] == [500, 0]
    assert cards(client.get(MINE, {"kind": "unordered"})) == [(shops.shop, ["unordered"])]
    assert client.get(MINE).context["tabs"] == [("unvisited", "未拜访", 2), ("unordered", "未订货", 1)]
    assert cards(client.get(MINE, {"page": "9" * 30, "kind": "nonsense"})) == cards(client.get(MINE))


def test_one_tap_plans_one_task_and_one_tap_takes_it_back(shops, login):
    client = login(shops.owner)
    ids = [pk for pk in shops.ids if Alert.objects.get(pk=pk).customer_id == shops.shop.pk]
    data = {"pk": ids, "date": today().isoformat(), "rep": shops.owner.pk, "customer": shops.shop.pk}
    page = html(client.post(PLAN, data, **HTMX))
    assert "已计划" in page
    assert "撤销" in page
    task = VisitTask.objects.get()
    assert (task.rep, task.customer, task.date, task.source) == (shops.owner, shops.shop, today(), "alert")
    client.post(PLAN, data, **HTMX)  # twice
    assert VisitTask.objects.count() == 1
    back = {"task": task.pk, "customer": shops.shop.pk}
    login(shops.superior).post(TAKE_BACK, back, **HTMX)  # not his doing
    assert VisitTask.objects.count() == 1
    assert "已计划" not in html(client.post(TAKE_BACK, back, **HTMX))
    assert not VisitTask.objects.exists()


def test_a_visit_that_began_or_was_planned_elsewhere_is_not_taken_back(shops, login):
    made = VisitTaskFactory(customer=shops.shop, rep=shops.owner, date=today(), source="one_off")
    begun = VisitTaskFactory(
        customer=shops.other, rep=shops.owner, date=today(), source="alert", created_by=shops.owner
    )
    VisitFactory(customer=shops.other, rep=shops.owner, task=begun)
    client = login(shops.owner)
    for task in (made, begun, None):
        client.post(TAKE_BACK, {"task": task.pk if task else "x", "customer": shops.shop.pk}, **HTMX)
    assert VisitTask.objects.count() == 2


@pytest.mark.parametrize("date", ["2020-01-01", "soon", ""])
def test_a_bad_day_keeps_the_selection_and_says_why(shops, login, date):
    response = login(shops.superior).post(PLAN, {"pk": shops.ids, "date": date, "rep": ""})
    page = response.content.decode()
    assert response.status_code == 422
    assert all(f'name="pk" value="{pk}"' in page for pk in shops.ids)
    assert "invalid-feedback" in page or "alert-danger" in page
    assert not VisitTask.objects.exists()


def test_days_off_are_stepped_over_when_asked(shops):
    """1 to 7 October 2026 is National Day, the 10th a make-up Saturday."""
    holiday = dt.date(2026, 10, 1)
    assert next_working_day(holiday) == dt.date(2026, 10, 8)
    assert next_working_day(dt.date(2026, 10, 10)) == dt.date(2026, 10, 10)
    terms = {"actor": shops.superior, "alert_ids": shops.ids, "date": holiday, "today": holiday}
    kept = add_to_plan(**terms)
    assert (kept.date, kept.created, kept.is_day_off) == (holiday, 2, True)
    moved = add_to_plan(**terms, skip_days_off=True)
    assert (moved.date, moved.created, moved.is_day_off) == (dt.date(2026, 10, 8), 2, False)
    assert set(VisitTask.objects.values_list("date", flat=True)) == {holiday, dt.date(2026, 10, 8)}


def test_refused_ones_are_named_row_by_row_and_the_rest_is_planned(shops, login):
    CustomerShare.objects.create(customer=shops.other, user=shops.colleague)
    data = {"all": "1", "query": "kind=unvisited", "date": today().isoformat(), "rep": shops.colleague.pk}
    page = html(login(shops.superior).post(PLAN, data))
    assert "张业务看不到这个客户" in page
    assert "旧店" in page
    assert list(VisitTask.objects.values_list("rep", "customer")) == [(shops.colleague.pk, shops.other.pk)]


def test_hand_over_goes_through_the_one_door(shops, login):
    client = login(shops.superior)
    asked = html(client.post(HAND_OVER, {"all": "1", "query": ""}))
    assert "3 条预警" in asked
    assert "2 个客户" in asked
    outsider = client.post(HAND_OVER, {"pk": shops.ids, "owner": shops.outsider.pk, "note": ""})
    assert outsider.status_code == 422  # not one of his people
    response = client.post(HAND_OVER, {"pk": shops.ids, "owner": shops.colleague.pk, "note": "请跟进"})
    job = BulkJob.objects.get()
    assert response.headers["Location"] == job.get_absolute_url()
    assert (job.state, job.changed, job.params["note"]) == ("done", 2, "请跟进")
    shops.shop.refresh_from_db()
    shops.far.refresh_from_db()
    assert (shops.shop.owner, shops.far.owner) == (shops.colleague, shops.outsider)
    assert login(shops.owner).post(HAND_OVER, {"pk": shops.ids}).status_code == 403
    assert HAND_OVER not in html(login(shops.owner).get(LIST, {"view": "table"}))
