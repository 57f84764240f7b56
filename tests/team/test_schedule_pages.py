"""The pages of the schedule: scope, permissions, forms, dragging, and what they cost."""

import datetime as dt
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role
from comms.models import Notification
from comms.signals import collecting_todos
from team.models import ScheduleEntry, ScheduleException
from team.queries.schedule import aware, local
from team.rules.schedule import Repeat
from team.services.schedule import EntryTerms, create_entry
from tests.factories import CustomerFactory, UserFactory

MONDAY = dt.date(2026, 11, 30)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
SPANS = ("day", "week", "month")


def at(day, hour=9):
    return aware(dt.datetime.combine(day, dt.time(hour)))


def make(owner, day=MONDAY, **more):
    terms = EntryTerms(**{"title": "例会", "starts_at": at(day), "ends_at": at(day, 10), **more})
    return create_entry(actor=owner, terms=terms)


def posted(**more):
    return {
        "title": "例会",
        "date": MONDAY.isoformat(),
        "start": "09:00",
        "end_date": MONDAY.isoformat(),
        "end": "10:00",
        "repeat": "",
        "repeat_ends": "never",
        "remind_minutes": "15",
        "visibility": "open",
        **more,
    }


# --- calendar
@pytest.mark.parametrize("span", SPANS)
def test_who_opens_whose_schedule(people, login, span):
    make(people.owner, title="老板的会")
    page = f"/schedule/?span={span}&date={MONDAY}&rep={people.owner.pk}"
    assert "老板的会" in login(people.owner).get(page).content.decode()
    assert "老板的会" in login(people.superior).get(page).content.decode()
    assert login(people.outsider).get(page).status_code == 404
    assert login(people.colleague).get(page).status_code == 404


@pytest.mark.parametrize("span", SPANS)
def test_a_superior_reads_nothing_of_what_is_not_open(people, login, span):
    make(people.owner, title="牙医", visibility="busy")
    make(people.owner, title="求职", visibility="private")
    page = login(people.superior).get(f"/schedule/?span={span}&date={MONDAY}&rep={people.owner.pk}")
    body = page.content.decode()
    assert "is-busy" in body
    assert "牙医" not in body
    assert "求职" not in body


def test_without_permission_403(people, login):
    nobody = UserFactory(role=Role.objects.create(code="none"))
    entry = make(people.owner)
    client = login(nobody)
    for url in ("", "new/", "invitations/", "feed/", f"{entry.pk}/", f"{entry.pk}/edit/"):
        assert client.get(f"/schedule/{url}").status_code == 403, url
    for url in ("move", "delete", "answer", "check-in"):
        assert client.post(f"/schedule/{entry.pk}/{url}/").status_code == 403, url


@pytest.mark.parametrize(
    "query",
    ["?date=nonsense", "?date=9999-99-99", "?span=year", "?date=0001-01-01", "?span=month&date=2100-12-31"],
)
def test_nonsense_in_the_address_shows_a_calendar(people, login, query):
    assert login(people.owner).get(f"/schedule/{query}").status_code == 200


@pytest.mark.parametrize("rep", ["0", "x", "99999999999999999999"])
def test_nobody_s_schedule_is_404(people, login, rep):
    assert login(people.owner).get(f"/schedule/?rep={rep}").status_code == 404


def cost(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


@pytest.mark.parametrize("span", SPANS)
def test_a_span_costs_the_same_with_one_and_with_three(people, login, span):
    url = f"/schedule/?span={span}&date={MONDAY}"
    client = login(people.owner)
    make(people.owner, people=[people.colleague.pk], repeat=Repeat("DAILY", count=2))
    one = cost(client, url)
    above, theirs = login(people.superior), f"{url}&rep={people.owner.pk}"
    assert (one, cost(above, theirs)) == (9, 10)
    for n in range(2):
        make(people.owner, title=f"会{n}", people=[people.colleague.pk], repeat=Repeat("DAILY", count=3))
    assert (cost(client, url), cost(above, theirs)) == (9, 10)


def test_a_month_with_2000_entries_takes_at_most_10_queries(people, login):
    now = timezone.now()
    customer = CustomerFactory(owner=people.owner)
    first = dt.date(2026, 12, 1)
    rows = [
        ScheduleEntry(
            owner=people.owner,
            title=f"会 {n}",
            customer=customer,
            starts_at=(begin := at(first + (n % 31) * DAY, 8) + (n // 31) * dt.timedelta(minutes=5)),
            ends_at=begin + HOUR,
            last_end_at=begin + HOUR,
            created_at=now,
        )
        for n in range(2000)
    ]
    ScheduleEntry.objects.bulk_create(rows)
    for viewer in (people.owner, people.superior):
        client = login(viewer)
        for span in SPANS:
            url = f"/schedule/?span={span}&date=2026-12-15&rep={people.owner.pk}"
            assert cost(client, url) <= 10
    body = client.get(f"/schedule/?span=month&date=2026-12-15&rep={people.owner.pk}").content.decode()
    assert "会 14" in body


# --- form
def test_an_entry_is_written(people, login):
    customer = CustomerFactory(owner=people.owner)
    values = posted(
        customer=customer.pk, people=[people.outsider.pk], repeat="WEEKLY", weekdays=["2"], interval="2",
        repeat_ends="count", count="4", remind_minutes="60", visibility="busy",
    )  # fmt: skip
    response = login(people.owner).post("/schedule/new/", values)
    assert response.status_code == 302, response.context["form"].errors
    entry = ScheduleEntry.objects.get()
    assert entry.rule == "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=4"
    assert (entry.starts_at, entry.ends_at) == (at(MONDAY), at(MONDAY, 10))
    assert (entry.customer, entry.remind_minutes, entry.visibility) == (customer, 60, "busy")
    assert entry.invitations.get().person == people.outsider


def test_a_whole_day_needs_no_hours(people, login):
    login(people.owner).post("/schedule/new/", posted(is_all_day="on", start="", end=""))
    entry = ScheduleEntry.objects.get()
    assert entry.is_all_day
    assert (entry.starts_at, entry.ends_at) == (at(MONDAY, 0), at(MONDAY + DAY, 0))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"end": "08:00"}, "ends_at"),
        ({"start": ""}, "start"),
        ({"date": "x"}, "date"),
        ({"repeat": "WEEKLY", "repeat_ends": "until"}, "repeat_until"),
        ({"repeat": "WEEKLY", "repeat_ends": "count"}, "count"),
        ({"repeat": "DAILY", "repeat_ends": "until", "repeat_until": "2026-01-01"}, "repeat_until"),
        ({"repeat": "DAILY", "interval": "0"}, "interval"),
        ({"date": "0001-01-01", "end_date": "0001-01-01", "is_all_day": "on"}, "date"),
        ({"date": "9999-12-31", "end_date": "9999-12-31", "is_all_day": "on"}, "end_date"),
        ({"date": "0206-11-30", "end_date": "0206-11-30", "repeat": "DAILY"}, "date"),
        ({"repeat": "WEEKLY", "repeat_ends": "until", "repeat_until": "9999-12-31"}, "repeat_until"),
        ({"customer": "999999"}, "customer"),
        ({"people": ["999999"]}, "people"),
        ({"repeat": "HOURLY"}, "repeat"),
    ],
)
def test_bad_input_keeps_what_was_typed(people, login, wrong, field):
    response = login(people.owner).post("/schedule/new/", posted(title="年会", notes="别丢", **wrong))
    assert response.status_code == 422
    body = response.content.decode()
    assert "年会" in body
    assert "别丢" in body
    errors = response.context["form"].errors
    assert errors[field if field in errors else "__all__"]
    assert not ScheduleEntry.objects.exists()


def test_the_slot_that_was_clicked_fills_the_form(people, login):
    page = login(people.owner).get("/schedule/new/?date=2026-12-03&time=14:30")
    initial = page.context["form"].initial
    assert (initial["date"], initial["start"], initial["end"]) == (
        dt.date(2026, 12, 3),
        dt.time(14, 30),
        dt.time(15, 30),
    )
    assert login(people.owner).get("/schedule/new/?date=x&time=y").status_code == 200


def test_a_series_asks_which_part_is_changed(people, login):
    entry = make(people.owner, repeat=Repeat("DAILY", count=3))
    client = login(people.owner)
    on = (MONDAY + DAY).isoformat()
    page = client.get(f"/schedule/{entry.pk}/edit/?on={on}")
    assert page.context["form"].initial["date"] == MONDAY + DAY
    values = posted(date=on, end_date=on, start="15:00", end="16:00", on=on, part="this", remind_minutes="")
    values |= {"repeat": "DAILY", "repeat_ends": "count", "count": "3"}
    assert client.post(f"/schedule/{entry.pk}/edit/", values).status_code == 302
    assert ScheduleException.objects.get().starts_at == at(MONDAY + DAY, 15)
    gone = (MONDAY + 30 * DAY).isoformat()
    assert client.get(f"/schedule/{entry.pk}/edit/?on={gone}").status_code == 404


# --- one entry
def test_who_reads_and_who_changes_an_entry(people, login):
    entry = make(people.owner, people=[people.finance.pk])
    url = f"/schedule/{entry.pk}/"
    for user, code in (
        (people.owner, 200),
        (people.finance, 200),
        (people.superior, 200),
        (people.outsider, 404),
        (people.colleague, 404),
    ):
        assert login(user).get(url).status_code == code
    for user, code in ((people.finance, 403), (people.superior, 403), (people.outsider, 404)):
        client = login(user)
        assert client.get(f"{url}edit/").status_code == code
        for action in ("delete", "move"):
            assert client.post(f"{url}{action}/", {"date": "2026-12-01"}).status_code == code
    ScheduleEntry.objects.update(visibility="busy")
    assert login(people.superior).get(url).status_code == 404
    assert login(people.finance).get(url).status_code == 200


def test_an_answer_is_given_on_the_page(people, login):
    entry = make(people.owner, people=[people.colleague.pk], day=local(timezone.now()).date() + DAY)
    client = login(people.colleague)
    rows = [
        todo
        for _receiver, found in collecting_todos.send(
            None, user=people.colleague, today=MONDAY, now=timezone.now()
        )
        for todo in found or ()
    ]
    assert next(todo.count for todo in rows if todo.key == "schedule") == 1
    assert "例会" in client.get("/schedule/invitations/?answer=waiting").content.decode()
    client.get(f"/schedule/{entry.pk}/")
    assert not Notification.objects.filter(recipient=people.colleague, read_at__isnull=True).exists()
    assert client.post(f"/schedule/{entry.pk}/answer/", {"answer": "maybe"}).status_code == 302
    assert entry.invitations.get().answer == "maybe"
    assert client.post(f"/schedule/{entry.pk}/answer/", {"answer": "nonsense"}).status_code == 302
    assert entry.invitations.get().answer == "maybe"
    assert (
        login(people.superior).post(f"/schedule/{entry.pk}/answer/", {"answer": "maybe"}).status_code == 403
    )
    assert (
        login(people.outsider).post(f"/schedule/{entry.pk}/answer/", {"answer": "maybe"}).status_code == 404
    )


def test_a_list_of_invitations_costs_the_same(people, login):
    day = local(timezone.now()).date() + DAY
    client = login(people.colleague)
    make(people.owner, day, people=[people.colleague.pk])
    one = cost(client, "/schedule/invitations/")
    for n in range(2):
        make(people.owner, day, title=f"会{n}", people=[people.colleague.pk])
    assert cost(client, "/schedule/invitations/") == one
    assert one <= 12
    assert "会1" in client.get("/schedule/invitations/").content.decode()
    assert "会1" not in client.get("/schedule/invitations/?over=yes").content.decode()
    assert "会1" not in login(people.superior).get("/schedule/invitations/").content.decode()


def test_dragging_moves_and_can_be_taken_back(people, login):
    entry = make(people.owner)
    client = login(people.owner)
    answer = client.post(f"/schedule/{entry.pk}/move/", {"date": "2026-12-02", "time": "13:15"})
    assert answer.status_code == 200
    entry.refresh_from_db()
    assert local(entry.starts_at) == dt.datetime(2026, 12, 2, 13, 15)
    assert entry.ends_at - entry.starts_at == HOUR
    client.post(f"/schedule/{entry.pk}/move/", json.loads(answer.content)["undo"])
    entry.refresh_from_db()
    assert (entry.starts_at, entry.ends_at) == (at(MONDAY), at(MONDAY, 10))


def test_dragging_one_of_a_series(people, login):
    entry = make(people.owner, repeat=Repeat("DAILY", count=3))
    client = login(people.owner)
    on = (MONDAY + DAY).isoformat()
    answer = client.post(f"/schedule/{entry.pk}/move/", {"date": "2026-12-09", "on": on})
    assert ScheduleException.objects.get().starts_at == at(dt.date(2026, 12, 9))
    client.post(f"/schedule/{entry.pk}/move/", json.loads(answer.content)["undo"])
    assert not ScheduleException.objects.exists()
    for wrong in ({"date": "x"}, {"date": "2026-12-09", "on": "2026-12-30"}, {}):
        refused = client.post(f"/schedule/{entry.pk}/move/", wrong)
        assert refused.status_code == 422
        assert json.loads(refused.content)["error"]


def test_taking_out(people, login):
    entry = make(people.owner, repeat=Repeat("DAILY", count=3))
    client = login(people.owner)
    assert client.post(f"/schedule/{entry.pk}/delete/", {}).status_code == 302
    assert not ScheduleException.objects.exists()
    client.post(f"/schedule/{entry.pk}/delete/", {"part": "this", "on": MONDAY.isoformat()})
    assert ScheduleException.objects.get().is_cancelled
    assert client.get(f"/schedule/{entry.pk}/?on={MONDAY}").status_code == 200
    client.post(f"/schedule/{entry.pk}/delete/", {"part": "all"})
    assert not ScheduleEntry.objects.exists()


def test_check_in_from_an_entry(people, login):
    today = local(timezone.now()).date()
    customer = CustomerFactory(owner=people.owner)
    entry = make(people.owner, today, customer=customer)
    response = login(people.owner).post(f"/schedule/{entry.pk}/check-in/")
    assert response["Location"] == f"/visits/check-in/{customer.pk}/"
    assert people.owner.visit_tasks.get().date == today
    assert login(people.superior).post(f"/schedule/{entry.pk}/check-in/").status_code == 403
    assert login(people.outsider).post(f"/schedule/{entry.pk}/check-in/").status_code == 404
