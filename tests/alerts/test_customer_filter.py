"""The customer list and the map filter by open alerts, of any kind or one, for who may see alerts."""

import datetime as dt

import pytest

from alerts.models import Alert
from common.business_calendar import today
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops(people):
    def shop(name, *kinds, **alert):
        customer = CustomerFactory(name=name, owner=people.owner)
        for kind in kinds:
            Alert.objects.create(
                customer=customer, kind=kind, owner=people.owner, base_on=today() - dt.timedelta(days=30),
                period_days=7, due_on=today() - dt.timedelta(days=23), opened_on=today(), **alert,
            )  # fmt: skip
        return customer

    shop("没人去的店", "unvisited")
    shop("不订货的店", "unordered")
    shop("暂缓的店", "unvisited", snoozed_until=today() + dt.timedelta(days=3))
    shop("关闭的店", "unvisited", closed_on=today())
    shop("平静的店")


def names(client, **asked):
    answer = client.get("/customers/", asked)
    assert answer.status_code == 200
    return {customer.name for customer in answer.context["page"].object_list}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("any", {"没人去的店", "不订货的店"}),
        ("unvisited", {"没人去的店"}),
        ("unordered", {"不订货的店"}),
        ("none", {"暂缓的店", "关闭的店", "平静的店"}),
    ],
)
def test_customers_by_alert(people, login, shops, wanted, found):
    assert names(login(people.owner), alert=wanted) == found


def test_unknown_kind_finds_nothing_and_says_so(people, login, shops):
    answer = login(people.owner).get("/customers/", {"alert": "x"})
    assert not answer.context["page"].object_list


def test_map_has_the_same_filter(people, login, shops):
    page = login(people.owner).get("/map/", {"alert": "unvisited"})
    assert page.status_code == 200
    assert 'name="alert"' in page.content.decode()


def test_who_sees_no_alerts_has_no_such_filter(people, login, shops):
    role = people.owner.role
    role.permissions.remove(role.permissions.get(codename="view_alert", content_type__app_label="alerts"))
    assert 'name="alert"' not in login(people.owner).get("/customers/").content.decode()
