"""The way of a supervised day, drawn on a map when its fragment comes."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.enums import AccessAction
from accounts.models import AccessLog
from common.business_calendar import today
from tests.browser.every_page import check_pages
from tests.factories import CustomerFactory, TrackPointFactory, UserFactory, VisitFactory

pytestmark = pytest.mark.django_db(transaction=True)


def at(day, hour, minute=0):
    return timezone.make_aware(dt.datetime.combine(day, dt.time(hour, minute)))


@pytest.mark.parametrize("phone", [True, False])
def test_a_superior_sees_the_way_and_goes_on_to_the_playback(open_page, phone):
    boss = UserFactory(role="manager", data_scope="all")
    rep, day = UserFactory(role="rep", superior=boss), today() - dt.timedelta(days=1)
    for minute in range(0, 60, 5):
        TrackPointFactory(
            rep=rep, time=at(day, 9, minute), latitude=31.82 + minute / 5000, longitude=117.23 + minute / 9000
        )
    VisitFactory(
        rep=rep, customer=CustomerFactory(owner=rep, name="滨湖店"), day=day, check_in_at=at(day, 9, 10), status="closed",
        check_in_lat=31.822, check_in_lng=117.23,
    )  # fmt: skip
    page = open_page(boss, phone=phone)
    page.goto(f"/supervision/{rep.pk}/{day}/")
    way = page.locator(".sv-map .leaflet-overlay-pane path")
    expect(way.first).to_be_visible()
    page.locator(".sv-map .pd-pin").first.click()
    expect(page.locator(".leaflet-popup-content")).to_contain_text("滨湖店")
    assert AccessLog.objects.get(action=AccessAction.LOCATION).subject == rep
    check_pages(page, {}, [f"/supervision/{rep.pk}/{day}/"])
    link = page.locator(".sv-playback")
    assert link.bounding_box()["height"] >= 44
    link.click()
    page.wait_for_url("**/tracks/?rep=*")
    expect(page.locator("[data-play]")).to_be_visible()


def test_a_day_without_a_track_loads_no_map(open_page):
    boss = UserFactory(role="manager", data_scope="all")
    rep = UserFactory(role="rep", superior=boss)
    page = open_page(boss, phone=True)
    page.goto(f"/supervision/{rep.pk}/{today()}/")
    expect(page.locator(".sv-aside")).to_contain_text("轨迹")
    assert page.locator(".sv-map").count() == 0
    assert page.locator("script[src*='leaflet']").count() == 0
