"""Announcements: for whom, from when to when, confirmed by whom."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import Role
from common.business_calendar import today
from comms.models import Announcement, Notification, OutboxItem
from comms.services import announcements
from tests.factories import DepartmentFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 26, 4, tzinfo=dt.UTC)


def publish(actor, chosen=None, **more):
    values = {"title": "国庆放假", "body": "放七天", "starts_on": today(), "author": actor} | more
    return announcements.publish(actor=actor, announcement=Announcement(**values), chosen=chosen or {})


def names():
    return {notice.recipient.name for notice in Notification.objects.filter(kind="announcement")}


def sees(login, person, words="国庆放假"):
    return words in login(person).get("/announcements/").content.decode()


def test_the_audience_is_told_and_sees_it(login, people):
    below = UserFactory(name="下级部门的", department=DepartmentFactory(parent=people.sales))
    publish(people.superior, {"departments": [people.sales.pk]}, audience="departments")
    assert names() == {"李业务", "张业务", "下级部门的"}
    assert sees(login, below)
    assert sees(login, people.superior)  # who published it
    assert not sees(login, people.outsider)


@pytest.mark.parametrize(
    ("audience", "field", "told"),
    [("all", "", 6), ("roles", "roles", 1), ("people", "people", 2)],
)
def test_other_audiences(people, audience, field, told):
    chosen = {
        "roles": [Role.objects.get(code="finance").pk],
        "people": [people.owner.pk, people.outsider.pk],
    }
    publish(people.superior, chosen, audience=audience)
    assert Notification.objects.filter(kind="announcement").count() == told - (audience == "all")


def test_who_joins_later_sees_it_too(login, people):
    publish(people.superior)
    assert sees(login, UserFactory(department=people.other))


def test_only_within_its_days(login, people):
    tomorrow = today() + dt.timedelta(days=1)
    planned = publish(people.superior, title="下周盘点", starts_on=tomorrow)
    assert not Notification.objects.exists()
    assert not sees(login, people.owner, "下周盘点")
    assert announcements.announce_due() == 0
    Announcement.objects.filter(pk=planned.pk).update(starts_on=today())
    assert announcements.announce_due() == 1
    assert announcements.announce_due() == 0
    assert sees(login, people.owner, "下周盘点")
    yesterday = today() - dt.timedelta(days=1)
    Announcement.objects.update(starts_on=yesterday, ends_on=yesterday)
    assert not sees(login, people.owner, "下周盘点")


def test_confirming_and_reminding_the_others(login, people):
    notice = publish(people.superior, must_confirm=True)
    page = f"/announcements/{notice.pk}/"
    client = login(people.owner)
    assert "我已阅读" in client.get(page).content.decode()
    assert client.get("/messages/unread/").json()["announcements"] == 1  # opened, not confirmed
    assert "待确认公告" in client.get("/todo/").content.decode()
    client.post(f"{page}confirm/")
    assert "您已确认" in client.get(page).content.decode()
    assert client.get("/messages/unread/").json()["announcements"] == 0
    assert "待确认公告" not in client.get("/todo/").content.decode()
    first = notice.readings.get(user=people.owner).confirmed_at
    client.post(f"{page}confirm/")
    assert notice.readings.get(user=people.owner).confirmed_at == first

    Notification.objects.all().delete()
    writer = login(people.superior)
    text = writer.get(page).content.decode()
    assert "李业务" in text
    assert "已确认" in text
    for _twice in range(2):
        writer.post(f"{page}remind/")
    assert "李业务" not in names()
    assert Notification.objects.filter(recipient=people.outsider).count() == 1
    assert client.post(f"{page}remind/").status_code == 403


def test_an_outsider_cannot_confirm(login, people):
    notice = publish(people.superior, {"people": [people.owner.pk]}, audience="people", must_confirm=True)
    for person in (people.outsider, people.finance):
        client = login(person)
        for part in ("", "confirm/"):
            answer = (
                client.post(f"/announcements/{notice.pk}/{part}")
                if part
                else client.get(f"/announcements/{notice.pk}/")
            )
            assert answer.status_code == 404
    with pytest.raises(PermissionDenied):
        announcements.confirm(user=people.admin, announcement=notice)


def test_who_may_publish_and_change(login, people):
    form = {"title": "新规定", "body": "第一条", "starts_on": f"{today()}", "ends_on": "", "audience": "all"}
    for person in (people.owner, people.finance):
        client = login(person)
        assert client.get("/announcements/new/").status_code == 403
        assert client.post("/announcements/new/", form).status_code == 403
    assert login(people.superior).post("/announcements/new/", form).status_code == 302
    notice = Announcement.objects.get()
    other = UserFactory(role="manager", name="别的经理", department=people.other)
    assert login(other).get(f"/announcements/{notice.pk}/edit/").status_code == 403
    assert login(other).post(f"/announcements/{notice.pk}/withdraw/").status_code == 403
    changed = form | {"title": "新规定（改）"}
    assert login(people.admin).post(f"/announcements/{notice.pk}/edit/", changed).status_code == 302
    assert Announcement.objects.get().title == "新规定（改）"
    login(people.superior).post(f"/announcements/{notice.pk}/withdraw/")
    assert not sees(login, people.owner, "新规定")
    assert not Notification.objects.unread().exists()
    assert sees(login, people.superior, "已撤回")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"audience": "people"}, "至少选择一项"),
        ({"ends_on": "2020-01-01"}, "不能早于"),
        ({"title": "长" * 90}, "80"),
        ({"audience": "nonsense"}, "nonsense"),
        ({"starts_on": "0202-11-01"}, "年份应在 2000 到 2100 之间"),
        ({"ends_on": "9999-12-31"}, "年份应在 2000 到 2100 之间"),
    ],
)
def test_what_makes_no_sense_stays_on_the_page(login, people, wrong, words):
    form = {
        "title": "新规定",
        "body": "第一条还在",
        "starts_on": f"{today()}",
        "ends_on": "",
        "audience": "all",
    } | wrong
    text = login(people.superior).post("/announcements/new/", form).content.decode()
    assert words in text
    assert "第一条还在" in text
    assert not Announcement.objects.exists()


def test_the_companys_bots_hear_what_is_for_all(people, settings):
    settings.NOTIFY_URLS = ["json://127.0.0.1/a", "console://"]
    publish(people.superior)
    publish(people.superior, {"people": [people.owner.pk]}, audience="people")
    row = OutboxItem.objects.get(recipient=None)
    assert (row.channel, row.title) == ("chat", "公告：国庆放假")
    assert "127.0.0.1" not in row.key


def test_line_breaks_stay_and_code_does_not(login, people):
    notice = publish(people.superior, body="一\n二\n\n<b>三</b>")
    text = login(people.owner).get(f"/announcements/{notice.pk}/").content.decode()
    assert "<p>一<br>二</p>" in text
    assert "<b>三</b>" not in text


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same_however_many_read_it(login, people, django_assert_num_queries, count):
    notice = publish(people.superior)
    for _n in range(count):
        announcements.mark_seen(user=UserFactory(), announcement=notice)
    client = login(people.superior)
    client.get(f"/announcements/{notice.pk}/")
    with django_assert_num_queries(11):
        client.get(f"/announcements/{notice.pk}/")
