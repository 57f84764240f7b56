"""Planning visits and moving tasks: several customers, people and days at once, days off, strangers, what cannot be."""

import datetime as dt
import re

import pytest

from common import business_calendar
from crm.models import CustomerShare
from tests.factories import CustomerFactory, VisitTaskFactory
from tests.visits.conftest import url
from visits.models import VisitTask

pytestmark = pytest.mark.django_db


def test_plan_customers_times_reps_times_days(people, login, today):
    shops = [CustomerFactory(owner=people.owner), CustomerFactory(owner=people.colleague)]
    monday = today + dt.timedelta(days=7 - today.weekday())
    data = {
        "customers": [shop.pk for shop in shops],
        "reps": [people.owner.pk, people.colleague.pk],
        "date": monday.isoformat(),
        "until": (monday + dt.timedelta(days=13)).isoformat(),
        "weekdays": [1, 4],
        "note": "新品",
    }
    client = login(people.superior)
    assert client.post(url("task_create"), data).status_code == 302
    # 2 customers × 2 reps × 4 days, less those who do not look after the customer
    assert VisitTask.objects.count() == 8
    assert set(VisitTask.objects.values_list("rep__name", "customer__owner__name")) == {
        ("李业务", "李业务"),
        ("张业务", "张业务"),
    }
    assert {task.date.isoweekday() for task in VisitTask.objects.all()} == {1, 4}
    client.post(url("task_create"), data)
    assert VisitTask.objects.count() == 8


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"customers": []}, "customers"),
        ({"reps": []}, "reps"),
        ({"date": "yesterday"}, "date"),
        ({"date": "2020-01-01"}, "date"),
        ({"date": "9999-12-31"}, "date"),
        ({"until": "2020-01-01"}, "until"),
        ({"until": "+200"}, "until"),
        ({"until": "+1", "weekdays": ["none"]}, "weekdays"),
        ({"note": "长" * 201}, "note"),
    ],
)
def test_a_bad_plan_says_why_and_keeps_the_rest(change, field, people, login, shop, today):
    data = {"customers": [shop.pk], "reps": [people.owner.pk], "date": today.isoformat(), **change}
    if str(data.get("until", "")).startswith("+"):
        data["until"] = (today + dt.timedelta(days=int(data["until"]))).isoformat()
    response = login(people.superior).post(url("task_create"), data)
    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert not VisitTask.objects.exists()
    if change.get("customers") != []:
        assert "百佳超市" in response.content.decode()


def test_nobody_plans_for_strangers(people, login, shop, today):
    data = {"customers": [shop.pk], "reps": [people.outsider.pk], "date": today.isoformat()}
    assert "reps" in login(people.superior).post(url("task_create"), data).context["form"].errors
    data = {"customers": [shop.pk], "reps": [people.outsider.pk], "date": today.isoformat()}
    assert "customers" in login(people.outsider).post(url("task_create"), data).context["form"].errors


SUNDAY = dt.date(2027, 1, 10)


@pytest.mark.parametrize(
    ("rule", "day", "words"),
    [
        ("", SUNDAY, "已安排 1 个任务"),
        ("keep", SUNDAY, "已安排 1 个任务"),
        ("next", SUNDAY + dt.timedelta(days=1), "其中 1 条改到其他日期"),
        ("skip", None, "1 条未安排"),
    ],
)
def test_a_day_off_is_kept_put_off_or_left_out(rule, day, words, people, login, shop, monkeypatch):
    monkeypatch.setattr(business_calendar, "today", lambda now=None: SUNDAY - dt.timedelta(days=3))
    data = {"customers": [shop.pk], "reps": [people.owner.pk], "date": SUNDAY.isoformat(), "on_holiday": rule}
    page = login(people.superior).post(url("task_create"), data, follow=True).content.decode()
    assert words in page
    assert list(VisitTask.objects.values_list("date", flat=True)) == ([day] if day else [])


def test_the_planner_is_told_of_another_rep_at_the_door(people, login, shop, monkeypatch):
    monday = SUNDAY + dt.timedelta(days=1)
    monkeypatch.setattr(business_calendar, "today", lambda now=None: monday)
    CustomerShare.objects.create(customer=shop, user=people.colleague)
    VisitTaskFactory(rep=people.owner, customer=shop, date=monday)
    data = {"customers": [shop.pk], "reps": [people.colleague.pk], "date": monday.isoformat()}
    page = login(people.superior).post(url("task_create"), data, follow=True).content.decode()
    assert "其中 1 家当天还有其他业务员的任务" in page
    assert VisitTask.objects.filter(customer=shop, date=monday).count() == 2


def test_skip_move_reopen(people, login, shop, today):
    task = VisitTaskFactory(customer=shop, date=today)
    client = login(people.owner)
    client.post(url("task_skip", task.pk), {"reason": "  "})
    task.refresh_from_db()
    assert task.status == "open"
    client.post(url("task_skip", task.pk), {"reason": "下雨"})
    task.refresh_from_db()
    assert (task.status, task.skip_reason) == ("skipped", "下雨")
    client.post(url("task_reopen", task.pk))
    tomorrow = today + dt.timedelta(days=1)
    client.post(url("task_move", task.pk), {"date": tomorrow.isoformat()})
    task.refresh_from_db()
    assert (task.status, task.date, task.skip_reason) == ("open", tomorrow, "")


@pytest.mark.parametrize("action", ["task_skip", "task_move"])
def test_a_moved_or_skipped_task_is_put_back_from_the_message(people, login, shop, today, action):
    task = VisitTaskFactory(rep=people.owner, customer=shop, date=today)
    client = login(people.owner)
    tomorrow = (today + dt.timedelta(days=1)).isoformat()
    page = client.post(url(action, task.pk), {"date": tomorrow, "reason": "店铺关门"}, follow=True)
    [message] = page.context["messages"]
    [(address, form)] = re.findall(r'action="([^"]*)">(.*)<button>撤销', str(message))
    assert f'action="{address}"' in page.content.decode()
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    task.refresh_from_db()
    assert (task.status, task.date) != ("open", today)
    assert client.post(address, fields).url == page.redirect_chain[0][0]
    task.refresh_from_db()
    assert (task.status, task.date) == ("open", today)


def test_a_missed_task_that_was_moved_offers_no_way_back(people, login, shop, today):
    task = VisitTaskFactory(rep=people.owner, customer=shop, date=today - dt.timedelta(days=1))
    page = login(people.owner).post(url("task_move", task.pk), {"date": today.isoformat()}, follow=True)
    assert "撤销" not in str(*page.context["messages"])


def test_move_onto_a_day_that_has_one_says_so(people, login, shop, today):
    task = VisitTaskFactory(customer=shop, date=today)
    VisitTaskFactory(customer=shop, date=today + dt.timedelta(days=1))
    client = login(people.owner)
    response = client.post(
        url("task_move", task.pk), {"date": (today + dt.timedelta(days=1)).isoformat()}, follow=True
    )
    assert "百佳超市" in next(str(message) for message in response.context["messages"])
    task.refresh_from_db()
    assert task.date == today


def test_bulk_move_and_skip(people, login, today):
    tasks = [VisitTaskFactory(customer=CustomerFactory(owner=people.owner), date=today) for _ in range(3)]
    blocked, done = tasks[0], tasks[2]
    tomorrow = today + dt.timedelta(days=1)
    VisitTaskFactory(customer=blocked.customer, date=tomorrow)
    VisitTask.objects.filter(pk=done.pk).update(status="done")
    strange = VisitTaskFactory(customer=CustomerFactory(owner=people.outsider), date=today)
    ids = [task.pk for task in tasks] + [strange.pk]
    client = login(people.superior)
    asked = client.post(url("task_bulk_move"), {"pk": ids})
    assert (len(asked.context["tasks"]), asked.context["left_out"]) == (2, 2)
    client.post(url("task_bulk_move"), {"pk": ids, "date": tomorrow.isoformat()})
    days = dict(VisitTask.objects.values_list("pk", "date"))
    assert [days[pk] for pk in ids] == [today, tomorrow, today, today]
    assert client.post(url("task_bulk_skip"), {"pk": ids, "reason": ""}).status_code == 200
    client.post(url("task_bulk_skip"), {"pk": ids, "reason": "停电"})
    assert dict(VisitTask.objects.values_list("pk", "status"))[strange.pk] == "open"
    assert VisitTask.objects.filter(status="skipped").count() == 2
