"""What lies under a map (F8), and playing a day back on a phone (F5)."""

import datetime as dt
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.waiting import until, wait_for
from tests.factories import (
    CustomerFactory,
    DepartmentFactory,
    TrackPointFactory,
    UserFactory,
    VisitFactory,
)

PLACE = (31.82, 117.23)
HOSTS = {"osm": "openstreetmap.org", "amap": "is.autonavi.com", "tianditu": "tianditu.gov.cn"}
# Of the map of the page: where PLACE is drawn, which place is under that point, how far it stands from WGS-84's place
# in pixels of the world, the layer, and whether our own ground has drawn something else than one colour.
SAID = """(place) => {
  const map = document.getElementById("map").paodianMap;
  const at = map.latLngToContainerPoint(place);
  const back = map.containerPointToLatLng(at);
  const plain = L.CRS.EPSG3857.latLngToPoint(L.latLng(place), map.getZoom());
  const tiles = [...document.querySelectorAll("canvas.leaflet-tile")];
  const colours = new Set();
  for (const tile of tiles) for (const [n, value] of tile.getContext("2d").getImageData(0, 0, tile.width, tile.height).data.entries()) if (n % 4 === 0) colours.add(value);
  return { at: [at.x, at.y], back: [back.lat, back.lng], shift: map.project(place).distanceTo(plain), layer: map.paodianLayer, tiles: tiles.length, colours: colours.size };
}"""


@pytest.fixture
def office(transactional_db):
    department = DepartmentFactory(name="销售一部")
    boss = UserFactory(name="王经理", role="manager", department=department)
    rep = UserFactory(name="李业务", department=department, superior=boss)
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    start = timezone.make_aware(dt.datetime.combine(yesterday, dt.time(9)))
    for number, (minutes, north) in enumerate(((0, 0), (30, 0.03))):
        shop = CustomerFactory(owner=rep, latitude=PLACE[0] + north, longitude=PLACE[1], name=f"店{number}")
        moment = start + dt.timedelta(minutes=minutes)
        VisitFactory(customer=shop, check_in_at=moment, check_in_lat=shop.latitude, check_in_lng=PLACE[1])
        for later in (0, 4, 8, 12):
            when = moment + dt.timedelta(minutes=later)
            TrackPointFactory(rep=rep, time=when, latitude=shop.latitude, longitude=PLACE[1])
    return SimpleNamespace(boss=boss, address=f"{reverse('territory:track')}?rep={rep.pk}&date={yesterday}")


@pytest.fixture
def every_layer(settings):
    """All providers are allowed; what is asked of them is refused by the test, which asks nobody outside."""
    settings.MAP_TILES = "osm,amap,tianditu"
    directives = dict(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"])
    directives["img-src"] = [
        *directives["img-src"],
        *(host for hosts in settings.TILE_HOSTS.values() for host in hosts),
    ]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": directives}


def domains(addresses):
    return {urlsplit(address).hostname.split(".", 1)[1] for address in addresses}


def test_each_layer_keeps_places_where_they_are_and_needs_no_tiles(office, open_page, every_layer):
    page = open_page(office.boss)
    asked = []
    page.route(
        lambda url: "127.0.0.1" not in url and "localhost" not in url,
        lambda route: (asked.append(route.request.url), route.abort()),
    )
    page.goto(office.address)
    wait_for(page, "document.querySelectorAll('canvas.leaflet-tile').length > 3")  # OSM is out of reach
    expect(page.locator(".leaflet-control-attribution")).to_contain_text("OpenStreetMap")
    expect(page.locator(".leaflet-control-attribution")).to_contain_text("底图加载失败")
    shifts = {}
    for layer, words in (
        ("osm", "OpenStreetMap"),
        ("amap", "高德地图"),
        ("tianditu", "天地图"),
        ("none", "Natural Earth"),
    ):
        page.locator(".pd-layers > button").click()
        page.locator(f".pd-layers label:has(input[value={layer}])").click()
        wait_for(page, "document.querySelectorAll('canvas.leaflet-tile').length > 3")
        expect(page.locator(".leaflet-control-attribution")).to_contain_text(words)
        wait_for(
            page,
            f"(place) => ((said) => said.layer === '{layer}' && said.colours > 1)(({SAID})(place))",
            list(PLACE),
        )
        if layer != "none":
            until(page, lambda: HOSTS[layer] in domains(asked))  # noqa: B023 - asked at once
        said = page.evaluate(SAID, list(PLACE))
        assert said["back"] == pytest.approx(PLACE, abs=2e-4)  # a click hits what it points at, to the pixel
        mark = page.evaluate(
            "() => { const box = document.querySelector('.leaflet-marker-icon'); const map = document.getElementById('map').paodianMap; return [box._leaflet_pos.x, map.latLngToLayerPoint([31.82, 117.23]).x]; }"
        )
        assert mark[0] == pytest.approx(mark[1], abs=1)
        shifts[layer] = said["shift"]
    assert shifts["amap"] > 5  # px: AMap's pictures are shifted, and so is what we draw on them
    assert shifts["osm"] == shifts["tianditu"] == shifts["none"] == 0
    assert domains(asked) == set(HOSTS.values())
    page.reload()
    wait_for(page, "document.getElementById('map').paodianMap?.paodianLayer === 'none'")  # remembered


def test_a_day_is_played_on_a_phone(office, open_page):
    page = open_page(office.boss, phone=True)
    page.goto(office.address)
    clock, button = page.locator("[data-clock]"), page.locator("[data-toggle-play]")
    expect(clock).to_have_text("09:00")
    page.locator("[data-speed]").select_option("60")  # it must not be over before it is stopped
    button.tap()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(clock).not_to_have_text("09:00")
    button.tap()
    expect(button).to_have_attribute("aria-pressed", "false")
    stood = clock.text_content()
    assert "09:00" < stood <= "09:42"
    page.locator("[data-speed]").select_option("900")
    page.locator("tr[data-stop='1'] .pd-line").first.tap()
    expect(clock).to_have_text("09:30")
    expect(page.locator(".leaflet-popup")).to_contain_text("店1")
    until(page, lambda: page.locator("#map").bounding_box()["y"] > -50)  # the map came into view
    page.locator("[data-at]").fill(str(page.evaluate("Number(document.querySelector('[data-at]').max)")))
    expect(clock).to_have_text("09:42")
    button.tap()  # at its end it begins anew
    expect(button).to_have_attribute("aria-pressed", "true")


def test_a_tap_on_the_live_map_asks_who_is_nearest_there(office, open_page):
    page = open_page(office.boss, phone=True)
    page.goto(reverse("territory:live"))
    page.locator("#map").tap(position={"x": 120, "y": 150})
    button = page.locator(".leaflet-popup a.btn-primary")
    expect(button).to_have_text("谁离这里最近？")
    expect(button).to_have_css("color", "rgb(255, 255, 255)")  # not a link's colour on the same colour
    button.tap()
    expect(page.locator("h1")).to_have_text("附近业务员")
    expect(page.locator(".page-pretitle")).to_have_text("在地图上选的位置")
