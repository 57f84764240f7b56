"""The schedule on a phone: an entry is moved with the thumb, and the move is taken back."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from team.models import ScheduleEntry, ScheduleException
from team.queries.schedule import aware, local
from team.rules.schedule import Repeat
from team.services.schedule import EntryTerms, create_entry
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
MONDAY = dt.date(2026, 11, 30)
ITEM = ".sc-agenda [data-item]"


def at(day, hour):
    return aware(dt.datetime.combine(day, dt.time(hour)))


def make(owner, **more):
    terms = EntryTerms(**{"title": "例会", "starts_at": at(MONDAY, 9), "ends_at": at(MONDAY, 10), **more})
    return create_entry(actor=owner, terms=terms)


def begins(entry):
    entry.refresh_from_db()
    return local(entry.starts_at)


def opened(open_page, user):
    page = open_page(user, phone=True)
    page.goto(f"/schedule/?date={MONDAY}")
    return page


def tapped(page, title):
    page.locator(ITEM, has_text=title).first.tap()
    popup = page.locator("#schedule-item")
    expect(popup).to_be_visible()
    return popup


def test_a_thumb_moves_an_entry_and_takes_it_back(open_page):
    rep = UserFactory(role="rep")
    entry = make(rep)
    page = opened(open_page, rep)
    popup = tapped(page, "例会")
    for button in popup.locator(".sc-move button, .sc-move input").all():
        box = button.bounding_box()
        assert box["height"] >= 44, button
        assert box["x"] >= 0, button
        assert box["x"] + box["width"] <= 390, button
    popup.locator("[data-later='1']").tap()
    toast = page.locator("#toasts .pd-toast-undo")
    expect(toast).to_be_visible()
    assert begins(entry) == dt.datetime(2026, 12, 1, 9)
    day = page.locator(".sc-agenda-day").nth(1)
    expect(day.locator("[data-item]")).to_have_count(1)
    box = toast.bounding_box()
    assert min(box["height"], box["width"]) >= 44
    toast.tap()
    expect(day.locator("[data-item]")).to_have_count(0)
    assert begins(entry) == dt.datetime(2026, 11, 30, 9)


def test_a_day_and_a_time_are_chosen(open_page):
    rep = UserFactory(role="rep")
    entry = make(rep)
    page = opened(open_page, rep)
    popup = tapped(page, "例会")
    popup.locator("input[name=date]").fill("2026-12-03")
    popup.locator("input[name=time]").fill("14:30")
    popup.locator(".sc-move-to button").tap()
    expect(page.locator("#toasts .pd-toast-undo")).to_be_visible()
    assert begins(entry) == dt.datetime(2026, 12, 3, 14, 30)
    # The popup of the moved entry starts from where it is now.
    popup = tapped(page, "例会")
    expect(popup.locator("input[name=date]")).to_have_value("2026-12-03")
    popup.locator("[data-later='7']").tap()
    expect(page.locator(".sc-agenda [data-item]")).to_have_count(0)
    assert begins(entry) == dt.datetime(2026, 12, 10, 14, 30)


def test_of_a_series_one_day_is_moved_and_of_a_whole_day_no_time_is_asked(open_page):
    rep = UserFactory(role="rep")
    make(rep, repeat=Repeat("DAILY", count=2))
    whole = make(
        rep,
        title="盘点",
        starts_at=at(MONDAY, 0),
        ends_at=at(MONDAY + dt.timedelta(days=1), 0),
        is_all_day=True,
    )
    page = opened(open_page, rep)
    tapped(page, "例会").locator("[data-later='1']").tap()
    expect(page.locator(".sc-agenda-day").nth(1).locator("[data-item]")).to_have_count(2)
    assert local(ScheduleException.objects.get(day=MONDAY).starts_at) == dt.datetime(2026, 12, 1, 9)
    popup = tapped(page, "盘点")
    expect(popup.locator("input[name=time]")).to_be_hidden()
    popup.locator("input[name=date]").fill("2026-12-02")
    popup.locator(".sc-move-to button").tap()
    expect(page.locator(".sc-agenda-day").nth(2).locator("[data-item]")).to_have_count(1)
    assert begins(whole) == dt.datetime(2026, 12, 2)


def test_what_is_another_s_is_not_moved(open_page):
    boss, rep = UserFactory(role="rep"), UserFactory(role="rep")
    make(boss, people=[rep.pk])
    page = opened(open_page, rep)
    popup = tapped(page, "例会")
    expect(popup.locator(".sc-move")).to_be_hidden()
    assert ScheduleEntry.objects.get().owner == boss
