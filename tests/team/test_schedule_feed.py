"""The iCalendar feed: its address, what stands in it, and that calendar apps can read it."""

import datetime as dt

import pytest
from dateutil.rrule import rruleset, rrulestr
from django.core.cache import cache
from django.test import Client

from team.models import ScheduleEntry, ScheduleFeed
from team.queries.schedule import aware
from team.rules.schedule import Repeat
from team.services.schedule import (
    EntryTerms,
    answer_invitation,
    create_entry,
    delete_entry,
    move_entry,
)
from team.services.schedule_feed import feed_text, make_feed, revoke_feed
from team.views import schedule_feed as views
from tests.factories import CustomerFactory, VisitTaskFactory

MONDAY = dt.date(2026, 11, 30)
NOW = aware(dt.datetime(2026, 11, 27, 12))
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def at(day, hour=9):
    return aware(dt.datetime.combine(day, dt.time(hour)))


def make(owner, day=MONDAY, **more):
    terms = EntryTerms(**{"title": "例会", "starts_at": at(day), "ends_at": at(day, 10), **more})
    return create_entry(actor=owner, terms=terms, now=NOW)


def parse(text):
    """The VEVENTs as [{name: (params, value)}], strictly: CRLF, 75 octets, balanced parts, values unescaped."""
    assert text.endswith("\r\n")
    raw = text[:-2].split("\r\n")
    assert all("\n" not in line and "\r" not in line and len(line.encode()) <= 75 for line in raw)
    lines = []
    for line in raw:
        if line.startswith(" "):
            lines[-1] += line[1:]
        else:
            lines.append(line)
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert {"VERSION:2.0"} <= set(lines)
    events, open_parts = [], []
    for line in lines:
        head, value = line.split(":", 1)
        name, *params = head.split(";")
        if name == "BEGIN":
            open_parts.append(value)
            if value == "VEVENT":
                events.append({})
        elif name == "END":
            assert open_parts.pop() == value
        elif open_parts[-1] == "VEVENT":
            plain = value.replace("\\n", "\n").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")
            key = name
            if key in events[-1]:
                assert name == "EXDATE"
                plain = f"{events[-1][key][1]},{plain}"
            events[-1][key] = (dict(part.split("=") for part in params), plain)
    assert not open_parts
    for event in events:
        assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"} <= event.keys()
    return events


def by_title(text):
    return {event["SUMMARY"][1]: event for event in parse(text)}


@pytest.fixture(autouse=True)
def _fresh_counters():
    cache.clear()


# --- content
def test_texts_survive(people):
    title = "和王总谈价格, 合同; 付款\\账期 " + "很长" * 20
    make(people.owner, title=title, notes="第一行\n第二行, 完", place="合肥;包河")
    (event,) = parse(feed_text(person=people.owner, now=NOW))
    assert event["SUMMARY"][1] == title
    assert event["DESCRIPTION"][1] == "第一行\n第二行, 完"
    assert event["LOCATION"][1] == "合肥;包河"
    assert event["DTSTART"] == ({}, "20261130T010000Z")
    assert event["STATUS"][1] == "CONFIRMED"


def test_a_series_is_expanded_by_others_as_by_us(people):
    entry = make(people.owner, repeat=Repeat("WEEKLY", weekdays=(0, 3), until=MONDAY + 20 * DAY))
    delete_entry(actor=people.owner, entry=entry, part="this", day=MONDAY + 7 * DAY, now=NOW)
    move_entry(
        actor=people.owner, entry=entry, starts_at=at(MONDAY + 4 * DAY, 15), day=MONDAY + 3 * DAY, now=NOW
    )
    main, moved = parse(feed_text(person=people.owner, now=NOW))
    assert main["DTSTART"] == ({"TZID": "Asia/Shanghai"}, "20261130T090000")
    assert main["UID"] == moved["UID"]
    found = rruleset()
    first = dt.datetime(2026, 11, 30, 9, tzinfo=aware(dt.datetime(2026, 1, 1)).tzinfo)
    found.rrule(rrulestr(main["RRULE"][1], dtstart=first))
    for left_out in main["EXDATE"][1].split(","):
        found.exdate(dt.datetime.strptime(left_out, "%Y%m%dT%H%M%S").replace(tzinfo=first.tzinfo))
    days = [at.date() for at in found]
    assert days == [MONDAY + n * DAY for n in (0, 3, 10, 14, 17)]
    assert moved["RECURRENCE-ID"] == ({"TZID": "Asia/Shanghai"}, "20261203T090000")
    assert moved["DTSTART"][1] == "20261204T150000"


def test_whole_days_are_dates(people):
    make(
        people.owner,
        is_all_day=True,
        starts_at=at(MONDAY, 0),
        ends_at=at(MONDAY + 2 * DAY, 0),
        repeat=Repeat("YEARLY", until=dt.date(2030, 1, 1)),
    )
    (event,) = parse(feed_text(person=people.owner, now=NOW))
    assert event["DTSTART"] == ({"VALUE": "DATE"}, "20261130")
    assert event["DTEND"] == ({"VALUE": "DATE"}, "20261202")
    assert event["RRULE"][1] == "FREQ=YEARLY;UNTIL=20300101"


def test_it_tells_what_the_person_sees_and_no_more(people):
    customer = CustomerFactory(owner=people.owner, name="老王超市")
    VisitTaskFactory(rep=people.owner, customer=customer, date=MONDAY)
    make(people.owner, title="自己的", visibility="private")
    make(people.colleague, title="同事的")
    asked = make(people.colleague, title="被邀请", people=[people.owner.pk])
    declined = make(people.colleague, title="不去", people=[people.owner.pk])
    answer_invitation(actor=people.owner, entry=declined, answer="declined", now=NOW)
    titles = by_title(feed_text(person=people.owner, now=NOW))
    assert {"自己的", "被邀请"} < titles.keys()
    assert any("老王超市" in title for title in titles)
    assert len(titles) == 3
    assert titles["被邀请"]["STATUS"][1] == "TENTATIVE"
    assert titles["自己的"]["CLASS"][1] == "PRIVATE"
    answer_invitation(actor=people.owner, entry=asked, answer="accepted", now=NOW)
    assert by_title(feed_text(person=people.owner, now=NOW))["被邀请"]["STATUS"][1] == "CONFIRMED"


# --- address
def url(token):
    return f"/schedule/feed/{token}.ics"


def test_it_is_read_without_login_until_it_is_switched_off(people, login):
    token = make_feed(actor=people.owner, now=NOW)
    assert len(token) >= 32
    feed = ScheduleFeed.objects.get()
    assert token not in (feed.token_hash, feed.token_hint)
    response = Client().get(url(token))
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/calendar")
    feed.refresh_from_db()
    assert feed.read_at is not None
    again = Client().get(url(token), headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    ScheduleEntry.objects.all().delete()
    make(people.owner)
    changed = Client().get(url(token), headers={"If-None-Match": response["ETag"]})
    assert changed.status_code == 200
    assert revoke_feed(actor=people.owner)
    assert Client().get(url(token)).status_code == 404


def test_a_new_address_ends_the_old_one(people):
    old = make_feed(actor=people.owner, now=NOW)
    new = make_feed(actor=people.owner, now=NOW)
    assert Client().get(url(old)).status_code == 404
    assert Client().get(url(new)).status_code == 200


def test_who_left_or_lost_the_right_has_no_feed(people):
    token = make_feed(actor=people.owner, now=NOW)
    people.owner.is_active = False
    people.owner.save()
    assert Client().get(url(token)).status_code == 404


def test_guessing_and_hammering_end(people, monkeypatch):
    monkeypatch.setattr(views, "STRANGERS_A_MINUTE", 3)
    monkeypatch.setattr(views, "A_MINUTE", 2)
    codes = [Client().get(url("x" * 43)).status_code for _ in range(5)]
    assert codes == [404] * 3 + [429] * 2
    token = make_feed(actor=people.owner, now=NOW)
    codes = [Client().get(url(token)).status_code for _ in range(5)]
    assert codes == [200] * 2 + [429] * 3


def test_the_page_shows_the_address_once(people, login):
    client = login(people.owner)
    assert client.get("/schedule/feed/").status_code == 200
    made = client.post("/schedule/feed/")
    body = made.content.decode()
    token = body.split("/schedule/feed/")[-1].split(".ics")[0]
    assert "<svg" in body
    assert "no-store" in made["Cache-Control"]
    feed = ScheduleFeed.objects.get()
    assert "/schedule/feed/" + feed.token_hint in body
    assert feed.token_hint == token[:4] or feed.token_hint in body
    later = client.get("/schedule/feed/").content.decode()
    assert ".ics" not in later
    assert client.post("/schedule/feed/revoke/").status_code == 302
    assert ScheduleFeed.objects.get().revoked_at is not None
