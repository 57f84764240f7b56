"""The unread centre: one's own notices only, told once."""

import datetime as dt

import pytest
from django.utils import timezone

from comms.enums import NoticeKind
from comms.models import Notification
from comms.services import Notice, notify
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def notice(user, title="有客户要联系", **more):
    return Notice(recipient_id=user.pk, kind=NoticeKind.REMINDER, title=title, **more)


def test_the_same_key_is_told_once_to_a_person():
    first, second = UserFactory(), UserFactory()
    notify([notice(first, key="a"), notice(second, key="a")])
    notify([notice(first, key="a"), notice(first, key="b"), notice(first), notice(first)])
    assert Notification.objects.visible_to(first).count() == 4
    assert Notification.objects.visible_to(second).count() == 1


def test_long_texts_are_cut_not_refused():
    user = UserFactory()
    notify([notice(user, title="长" * 300, body="文" * 900)])
    row = Notification.objects.get()
    assert (len(row.title), len(row.body)) == (120, 500)
    assert row.title.endswith("…")


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_however_many_there_are(login, people, django_assert_num_queries, count):
    notify([notice(people.owner, title=f"提醒{n}") for n in range(count)])
    client = login(people.owner)
    with django_assert_num_queries(6):
        page = client.get("/messages/")
    assert page.content.decode().count("cm-notice") == count


def test_others_read_nothing(login, people):
    notify([notice(people.owner, title="私信", url="/customers/")])
    pk = Notification.objects.get().pk
    for other in (people.superior, people.outsider):
        client = login(other)
        assert "私信" not in client.get("/messages/").content.decode()
        assert client.get(f"/messages/{pk}/").status_code == 404
        client.post("/messages/read/")
    assert Notification.objects.get().read_at is None


def test_opening_marks_read_and_goes_there(login, people):
    notify([notice(people.owner, url="/customers/?tag=1")])
    row = Notification.objects.get()
    client = login(people.owner)
    assert client.get("/messages/unread/").json()["notices"] == 1
    assert client.get(f"/messages/{row.pk}/").url == "/customers/?tag=1"
    first = Notification.objects.get().read_at
    client.get(f"/messages/{row.pk}/")
    assert Notification.objects.get().read_at == first
    assert client.get("/messages/unread/").json()["total"] == 0


def test_a_foreign_address_is_not_followed(login, people):
    notify([notice(people.owner, url="https://evil.example/")])
    answer = login(people.owner).get(f"/messages/{Notification.objects.get().pk}/")
    assert answer.url == "/messages/"


def test_kinds_unread_and_pages_narrow_the_list(login, people):
    old = timezone.now() - dt.timedelta(days=1)
    notify([Notice(people.owner.pk, NoticeKind.POOL, "回收"), notice(people.owner, title="提醒")], now=old)
    Notification.objects.filter(kind="pool").update(read_at=old)
    client = login(people.owner)
    text = client.get("/messages/?unread=1").content.decode()
    assert "提醒</b>" in text
    assert "回收</b>" not in text
    text = client.get("/messages/?kind=pool").content.decode()
    assert "提醒</b>" not in text
    assert "回收</b>" in text
    assert client.get("/messages/?kind=nonsense&page=zz").status_code == 200


def test_reading_all_at_once(login, people):
    notify([notice(people.owner, title=f"{n}") for n in range(3)])
    client = login(people.owner)
    assert client.get("/messages/read/").status_code == 405
    client.post("/messages/read/")
    assert not Notification.objects.unread().exists()


def test_what_somebody_typed_is_escaped(login, people):
    notify([notice(people.owner, title="<script>alert(1)</script>", body="<img src=x>")])
    text = login(people.owner).get("/messages/").content.decode()
    assert "<script>alert" not in text
    assert "<img src=x>" not in text


def test_an_unchanged_number_is_an_empty_304(login, people, django_assert_num_queries):
    client = login(people.owner)
    first = client.get("/messages/unread/")
    assert first.json() == {"messages": 0, "announcements": 0, "notices": 0, "todos": 0, "total": 0}
    with django_assert_num_queries(3):  # session, person, the numbers
        again = client.get("/messages/unread/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    notify([notice(people.owner), Notice(people.owner.pk, NoticeKind.MESSAGE, "在吗")])
    changed = client.get("/messages/unread/", headers={"If-None-Match": first["ETag"]})
    assert (changed.json()["notices"], changed.json()["messages"]) == (1, 1)


def test_telling_nobody_reachable_costs_two_statements(django_assert_num_queries):
    user = UserFactory()
    with django_assert_num_queries(2):  # the notices, and who can be reached
        notify([notice(user, title=f"{n}") for n in range(5)])
