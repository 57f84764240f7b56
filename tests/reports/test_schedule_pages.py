"""The screens of scheduled reports: for the owner, his superior, outsiders, and who may not."""

import datetime as dt

import pytest
from django.core import mail

from reports.models import ScheduledReport, ScheduledRun
from tests.factories import UserFactory

NEW = "/reports/performance/schedule/?period=last_month&by=department"
LIST = "/reports/scheduled/"


@pytest.fixture
def boss(people):
    people.superior.email = "boss@example.com"
    people.superior.save(update_fields=["email"])
    return people.superior


@pytest.fixture
def other(people):
    return UserFactory(username="other", name="别的经理", role="manager", department=people.other)


def words(boss, **changes):
    return {
        "name": "晨报",
        "rhythm": "weekly",
        "weekday": "3",
        "month_day": "1",
        "at": "07:30",
        "condition": "above",
        "measure": "order_amount",
        "limit": "1000",
        "recipients": [boss.pk],
        "with_workbook": "on",
        "is_active": "on",
    } | changes


@pytest.fixture
def kept(boss):
    made = ScheduledReport.objects.create(
        name="周报", report="performance", owner=boss, query={"period": "month"}, rhythm="daily"
    )
    made.recipients.set([boss])
    return made


def test_made_from_the_report_with_its_query(boss, people, login):
    client = login(boss)
    page = client.get("/reports/performance/?period=last_month&by=department").content.decode()
    assert "/reports/performance/schedule/?period=last_month&amp;by=department" in page
    page = client.get(NEW)
    assert page.status_code == 200
    assert people.owner.name in page.content.decode()  # has no address, and that is said
    answer = client.post(NEW, words(boss))
    made = ScheduledReport.objects.get()
    assert answer.headers["Location"] == f"{LIST}{made.pk}/"
    assert (made.owner, made.query) == (boss, {"period": "last_month", "by": "department"})
    assert (made.weekday, made.at, made.measure, made.limit) == (3, dt.time(7, 30), "order_amount", 1000)
    assert made.next_at is not None
    assert list(made.recipients.all()) == [boss]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("at", "25:00"),
        ("weekday", "9"),
        ("month_day", "32"),
        ("limit", ""),
        ("limit", "much"),
        ("measure", ""),
        ("recipients", []),
    ],
)
def test_bad_input_keeps_what_was_typed(boss, login, field, value):
    sent = words(boss) | {field: value}
    answer = login(boss).post(NEW, sent)
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    page = answer.content.decode()
    assert 'value="07:30"' in page or field == "at"
    assert "晨报" in page or field == "name"
    assert not ScheduledReport.objects.exists()


def test_no_recipient_from_outside_the_scope(boss, people, login):
    people.outsider.email = "out@example.com"
    people.outsider.save(update_fields=["email"])
    assert login(boss).post(NEW, words(boss, recipients=[people.outsider.pk])).status_code == 422


def test_days_of_ones_own_are_refused_with_a_reason(boss, login):
    address = "/reports/performance/schedule/?period=custom&since=2026-01-01"
    answer = login(boss).get(address, follow=True)
    assert answer.redirect_chain[0][0].startswith("/reports/performance/?period=custom")
    assert [str(message) for message in answer.context["messages"]]


def test_superior_sees_and_changes_the_outsider_does_not(boss, kept, people, other, login):
    chief = login(people.admin)
    assert kept.name in chief.get(LIST).content.decode()
    assert chief.get(f"{LIST}{kept.pk}/").status_code == 200
    answer = chief.post(f"{LIST}{kept.pk}/edit/", words(boss, name="新名"))
    assert answer.status_code == 302
    kept.refresh_from_db()
    assert (kept.name, kept.owner) == ("新名", boss)
    stranger = login(other)
    assert kept.name not in stranger.get(LIST).content.decode()
    for part in ("", "edit/"):
        assert stranger.get(f"{LIST}{kept.pk}/{part}").status_code == 404
    for part in ("edit/", "switch/", "try/", "delete/"):
        assert stranger.post(f"{LIST}{kept.pk}/{part}", words(boss)).status_code == 404
    assert ScheduledReport.objects.get().name == "新名"


def test_without_the_permission_nothing_opens(boss, kept, people, login):
    client = login(people.owner)
    assert "performance/schedule/" not in client.get("/reports/performance/").content.decode()
    assert client.get(LIST).status_code == 403
    assert client.get(NEW).status_code == 403
    assert client.post(NEW, words(boss)).status_code == 403
    assert client.get(f"{LIST}{kept.pk}/").status_code == 403
    for part in ("edit/", "switch/", "try/", "delete/"):
        assert client.post(f"{LIST}{kept.pk}/{part}").status_code == 403
    assert login(boss).get("/reports/nothing/schedule/").status_code == 404


def test_switch_trial_and_delete(boss, kept, login):
    client = login(boss)
    client.post(f"{LIST}{kept.pk}/switch/", {"on": "0"})
    kept.refresh_from_db()
    assert (kept.is_active, kept.next_at) == (False, None)
    client.post(f"{LIST}{kept.pk}/switch/", {"on": "1"})
    kept.refresh_from_db()
    assert kept.next_at is not None
    client.post(f"{LIST}{kept.pk}/try/")
    assert mail.outbox[0].to == ["boss@example.com"]
    assert client.get(f"{LIST}{kept.pk}/delete/").status_code == 405
    client.post(f"{LIST}{kept.pk}/delete/")
    assert not ScheduledReport.objects.exists()


def test_a_trial_without_an_address_says_why(boss, kept, people, login):
    people.admin.email = ""
    people.admin.save(update_fields=["email"])
    answer = login(people.admin).post(f"{LIST}{kept.pk}/try/", follow=True)
    assert [message.level_tag for message in answer.context["messages"]] == ["error"]
    assert mail.outbox == []


def test_history_names_each_recipient_and_the_error(boss, kept, people, login):
    now = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
    ScheduledRun.objects.create(
        schedule=kept,
        due_at=now,
        state="failed",
        started_at=now,
        finished_at=now + dt.timedelta(seconds=75),
        attempts=6,
        sent=1,
        recipients={str(boss.pk): "sent", str(people.owner.pk): "again: no server"},
        error="again: no server",
    )
    page = login(boss).get(f"{LIST}{kept.pk}/").content.decode()
    for part in (boss.name, people.owner.name, "no server", "01:15"):
        assert part in page


def test_one_query_count_for_one_and_for_three(boss, kept, login, django_assert_num_queries):
    client = login(boss)
    client.get(LIST)
    with django_assert_num_queries(6):
        client.get(LIST)
    for n in range(2):
        ScheduledReport.objects.create(name=f"{n}", report="performance", owner=boss)
    with django_assert_num_queries(6):
        client.get(LIST)


def test_people_without_an_address_are_shown_so_and_kept(boss, people, kept, login):
    """Who lost his address stays chosen: editing a schedule drops nobody unseen."""
    kept.recipients.add(people.owner)
    client = login(boss)
    assert f"{people.owner.name}（没有邮箱）" in client.get(f"{LIST}{kept.pk}/edit/").content.decode()
    client.post(f"{LIST}{kept.pk}/edit/", words(boss, recipients=[boss.pk, people.owner.pk]))
    assert set(kept.recipients.all()) == {boss, people.owner}
    page = client.get(f"{LIST}{kept.pk}/").content.decode()
    assert "没有邮箱，收不到" in page
    answer = client.post(f"{LIST}{kept.pk}/edit/", words(boss, recipients=[people.owner.pk]))
    assert answer.context["form"].errors["recipients"]


def test_a_recipient_who_left_is_said_to_get_nothing(boss, people, kept, login):
    kept.recipients.add(people.owner)
    people.owner.is_active = False
    people.owner.save(update_fields=["is_active"])
    client = login(boss)
    assert "已离职，收不到" in client.get(f"{LIST}{kept.pk}/").content.decode()
    assert client.post(f"{LIST}{kept.pk}/edit/", words(boss, recipients=[people.owner.pk])).status_code == 422


def test_the_list_says_why_one_stopped_and_a_superior_takes_it_over(boss, people, kept, login):
    boss.is_active = False
    boss.save(update_fields=["is_active"])
    chief = login(people.admin)
    for address in (LIST, f"{LIST}{kept.pk}/"):
        assert f"设置人{boss.name}已离职" in chief.get(address).content.decode()
    assert "接手并启用" in chief.get(f"{LIST}{kept.pk}/").content.decode()
    chief.post(f"{LIST}{kept.pk}/switch/", {"on": "1"})
    kept.refresh_from_db()
    assert kept.owner == people.admin
    assert "已离职" not in chief.get(LIST).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_and_three(
    boss, people, kept, login, count, django_assert_num_queries
):
    for number in range(count - 1):
        ScheduledReport.objects.create(name=f"{number}", report="performance", owner=boss, query={})
    client = login(people.admin)
    client.get(LIST)
    with django_assert_num_queries(5):
        client.get(LIST)


def test_the_list_says_how_one_is_made(boss, kept, login):
    from django.contrib.auth.models import Permission

    client = login(boss)
    for words in ("再建一个：打开报表", "还没有定时发送的报表"):
        page = client.get(LIST).content.decode()
        assert words in page
        assert 'href="/reports/"' in page.split('id="main"')[1]
        ScheduledReport.objects.all().delete()
    boss.role.permissions.remove(Permission.objects.get(codename="add_scheduledreport"))
    assert "打开报表" not in login(boss).get(LIST).content.decode()
