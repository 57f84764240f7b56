"""Notices are worded in the language of who reads them, whoever acts and wherever the job runs."""

import pytest
from django.utils.translation import get_language, gettext_lazy, ngettext, override
from django.utils.translation import gettext as _

from common.business_calendar import today
from comms.enums import NoticeKind
from comms.models import Announcement, Notification, OutboxItem
from comms.services import Notice, announcements, notify, threads
from tests.factories import UserFactory
from tests.readers import english, last_words

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("actors", ["en", "zh-hans"])


def notices(people, title):
    return [Notice(person.pk, NoticeKind.LEAD, title, gettext_lazy("Write something.")) for person in people]


@BOTH
def test_each_reads_his_own_language(actors):
    reader, other = UserFactory(language="en"), UserFactory()
    with override(actors):
        notify(
            notices(
                [reader, other],
                lambda: ngettext("%(n)s notice for you", "%(n)s notices for you", 2) % {"n": 2},
            )
        )
        assert get_language() == actors
    assert last_words(reader) == "2 notices for you | Write something."
    assert last_words(other) == "2条通知等您查看 | 请填写内容。"


def test_a_language_that_is_gone_is_the_companys():
    stranger = UserFactory(language="fr")
    notify(notices([stranger], "张三便利店"))
    assert last_words(stranger) == "张三便利店 | 请填写内容。"


def test_many_readers_cost_no_more_and_each_language_is_worded_once(django_assert_num_queries):
    people = [UserFactory(language=("en", "", "zh-hans")[n % 3]) for n in range(12)]
    asked = []

    def title():
        asked.append(_("Write something."))
        return asked[-1]

    for several in (people[:1], people):
        asked.clear()
        # languages, the notices, who wants them elsewhere
        with django_assert_num_queries(3):
            notify(notices(several, title))
        assert sorted(asked) == ["Write something.", "请填写内容。"][: len(several)]
    assert Notification.objects.filter(title="请填写内容。").count() == 8


def test_what_people_typed_asks_for_no_language(django_assert_num_queries):
    person = UserFactory(language="en")
    with django_assert_num_queries(2):
        notify([Notice(person.pk, NoticeKind.LEAD, "张三便利店", "在吗")])
    assert last_words(person) == "张三便利店 | 在吗"


@BOTH
def test_announcements_and_what_the_companys_bots_hear(people, settings, actors):
    settings.NOTIFY_URLS = ["json://127.0.0.1/a"]
    english(people.owner)
    with override(actors):
        announcements.publish(
            actor=people.superior,
            announcement=Announcement(
                audience="all",
                title="国庆放假",
                body="放七天",
                author=people.superior,
                must_confirm=True,
                starts_on=today(),
            ),
            chosen={},
        )
    assert last_words(people.owner) == "Announcement: 国庆放假 | 放七天"
    assert last_words(people.colleague) == "公告：国庆放假 | 放七天"
    assert OutboxItem.objects.get(recipient=None).title == "公告：国庆放假"
    with override(actors):
        announcements.remind_unconfirmed(actor=people.superior, announcement=Announcement.objects.get())
    assert last_words(people.owner).startswith("Please confirm: ")
    assert last_words(people.colleague).startswith("请确认：")


@BOTH
def test_messages(people, actors):
    english(people.owner)
    with override(actors):
        threads.start_thread(
            actor=people.superior, subject="拜访", body="先去", people=[people.owner.pk, people.colleague.pk]
        )
    assert last_words(people.owner) == "王经理: 拜访 | 先去"
    assert last_words(people.colleague) == "王经理：拜访 | 先去"
