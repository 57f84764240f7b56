"""Conversations: whom one may write to, who reads them, receipts, putting away."""

import pytest

from comms.models import MessageReading, Notification, OutboxItem, Thread
from comms.services import threads
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def thread(people):
    return threads.start_thread(
        actor=people.superior,
        subject="明天的拜访",
        body="先去\n福满家",
        people=[people.owner.pk],
        link="/customers/",
    )


def test_writing_to_people_and_a_department(login, people):
    UserFactory(name="离职的", department=people.sales, is_active=False)
    client = login(people.outsider)  # everybody may write to everybody
    answer = client.post(
        "/threads/new/",
        {
            "departments": [people.sales.pk],
            "people": [people.finance.pk],
            "subject": "",
            "body": "开会\n三点",
            "link": "",
        },
    )
    thread = Thread.objects.get()
    assert answer.url == f"/threads/{thread.pk}/"
    assert thread.subject == "开会 三点"
    assert {person.name for person in thread.people.all()} == {
        "赵外人",
        "王经理",
        "李业务",
        "张业务",
        "钱财务",
    }
    told = Notification.objects.filter(kind="message")
    assert {notice.recipient.name for notice in told} == {"王经理", "李业务", "张业务", "钱财务"}
    assert {notice.url for notice in told} == {thread.get_absolute_url()}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"people": []}, "至少选择一名"),
        ({"people": ["999999"]}, "999999"),
        ({"body": "  "}, "必填"),
        ({"link": "https://evil.example/nowhere/"}, "不是本系统页面"),
    ],
)
def test_a_letter_that_cannot_go_is_kept_on_the_page(login, people, wrong, words):
    form = {"people": [people.owner.pk], "subject": "主题还在", "body": "文字", "link": ""} | wrong
    text = login(people.superior).post("/threads/new/", form).content.decode()
    assert words in text
    assert "主题还在" in text
    assert not Thread.objects.exists()


def test_only_those_who_take_part_see_it(login, people, thread):
    for person in (people.outsider, people.admin, people.colleague):
        client = login(person)
        assert client.get(f"/threads/{thread.pk}/").status_code == 404
        assert client.post(f"/threads/{thread.pk}/", {"body": "我也在"}).status_code == 404
        assert client.post(f"/threads/{thread.pk}/archive/").status_code == 404
        assert "明天的拜访" not in client.get("/threads/").content.decode()


def test_receipts_say_who_read_it_and_when(login, people, thread):
    writer, reader = login(people.superior), login(people.owner)
    assert "1 人未读" in writer.get(f"/threads/{thread.pk}/").content.decode()
    assert reader.get("/messages/unread/").json()["messages"] == 1
    text = reader.get(f"/threads/{thread.pk}/").content.decode()
    assert "先去<br>福满家" in text
    assert reader.get("/messages/unread/").json()["messages"] == 0
    first = MessageReading.objects.get().read_at
    reader.get(f"/threads/{thread.pk}/")
    assert MessageReading.objects.get().read_at == first
    assert "全部已读" in writer.get(f"/threads/{thread.pk}/").content.decode()
    reader.post(f"/threads/{thread.pk}/", {"body": "好的"})
    assert writer.get("/messages/unread/").json()["messages"] == 1
    assert writer.post(f"/threads/{thread.pk}/", {"body": " "}).status_code == 200


def test_put_away_until_somebody_answers(login, people, thread):
    client = login(people.owner)
    client.post(f"/threads/{thread.pk}/archive/")
    assert "明天的拜访" not in client.get("/threads/").content.decode()
    assert "明天的拜访" in client.get("/threads/archived/").content.decode()
    threads.reply(actor=people.superior, thread=thread, body="还有一家")
    assert "还有一家" in client.get("/threads/").content.decode()


def test_searching_subjects_texts_and_people(login, people, thread):
    client = login(people.owner)
    for words, found in (("福满", True), ("拜访", True), ("王经理", True), ("没有的", False)):
        assert ("明天的拜访" in client.get(f"/threads/?q={words}").content.decode()) is found


@pytest.mark.parametrize("count", [1, 3])
def test_a_conversation_costs_the_same_however_long(login, people, thread, django_assert_num_queries, count):
    for n in range(count):
        threads.reply(actor=people.superior, thread=thread, body=f"{n}")
    client = login(people.owner)
    client.get(f"/threads/{thread.pk}/")
    with django_assert_num_queries(12):
        client.get(f"/threads/{thread.pk}/")


def test_what_somebody_typed_is_escaped(login, people, thread):
    threads.reply(actor=people.superior, thread=thread, body="<script>alert(1)</script>")
    assert "<script>alert" not in login(people.owner).get(f"/threads/{thread.pk}/").content.decode()


def test_a_letter_reaches_the_mailbox(people, thread):
    people.owner.email = "a@example.com"
    people.owner.save()
    threads.reply(actor=people.superior, thread=thread, body="急")
    row = OutboxItem.objects.get()
    assert (row.channel, row.notification.title) == ("email", "王经理：明天的拜访")
