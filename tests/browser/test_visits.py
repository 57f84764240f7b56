"""A rep's visit on the phone: check-in, work in the store, check-out; no network, no GPS, outside the fence."""

import re
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from accounts.models import SystemOptions
from tests.factories import CustomerFactory, UserFactory, VisitTaskFactory
from tests.visits.conftest import METRE, STORE, photo
from visits.models import Visit


@pytest.fixture
def field(transactional_db):
    rep = UserFactory(name="李业务")
    shop = CustomerFactory(owner=rep, name="百佳超市", latitude=STORE[0], longitude=STORE[1])
    return SimpleNamespace(rep=rep, shop=shop, task=VisitTaskFactory(customer=shop))


def near(metres):
    return STORE[0] + metres * METRE, STORE[1]


def test_a_visit_from_the_days_list_to_the_record(field, open_page, settings):
    settings.MAP_TILES = "none"
    page = open_page(field.rep, phone=True, position=near(43))
    page.goto("/today/")
    expect(page.locator("[data-distance]")).to_have_text("43 m")
    page.get_by_role("link", name="打卡").click()
    expect(page.locator("#place")).to_have_text("距门店 43 m · 精度 10 m")
    upload = photo(size=(3000, 2000))
    page.set_input_files(
        "input[type=file]", {"name": "shop.jpg", "mimeType": "image/jpeg", "buffer": upload.read()}
    )
    expect(page.locator(".vs-preview")).to_have_count(1)
    page.get_by_role("button", name="打卡进店").click()
    expect(page).to_have_url(re.compile(r"/visits/\d+/$"))
    expect(page.locator("time.vs-clock")).to_have_text(re.compile(r"^00:\d\d$"))
    page.locator("#id_summary").fill("陈列良好")
    page.reload()
    expect(page.locator("#id_summary")).to_have_value("陈列良好")  # the draft outlives a reload
    page.get_by_role("button", name="签退").click()
    expect(page.get_by_text("陈列良好")).to_be_visible()
    visit = Visit.objects.get()
    field.task.refresh_from_db()
    assert (visit.fence, visit.task, field.task.status) == ("inside", field.task, "done")
    assert visit.photos.get().image.width == 1600
    assert visit.check_out_distance_m == pytest.approx(43, abs=1)


def test_the_map_of_the_day_is_loaded_when_it_is_asked_for(field, open_page, settings):
    settings.MAP_TILES = "none"
    page = open_page(field.rep, phone=True, position=near(43))
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/today/")
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "leaflet" in url]
    page.route("**/leaflet.js", lambda route: route.abort())
    show = page.locator("#show-map")
    show.click()
    expect(page.locator("#place-note")).to_have_text("网络不通，请稍后再试")
    expect(page.locator("#stops")).to_be_visible()  # the list is back
    page.unroute("**/leaflet.js")
    show.click()
    expect(page.locator("#day-map .pd-pin")).to_have_text("1")
    expect(show).to_have_text("列表")


def test_without_network_nothing_is_lost_and_one_visit_is_made(field, open_page, settings):
    settings.MAP_TILES = "none"
    page = open_page(field.rep, phone=True, position=near(800))
    page.goto(f"/visits/check-in/{field.shop.pk}/")
    expect(page.locator("#place")).to_contain_text("超出 300 m 围栏")
    page.get_by_label("为什么不在门店打卡").fill("店铺搬家")
    page.context.set_offline(True)
    page.get_by_role("button", name="打卡进店").click()
    expect(page.locator("[data-errors]")).to_contain_text("没有网络")
    expect(page.get_by_label("为什么不在门店打卡")).to_have_value("店铺搬家")
    assert not Visit.objects.exists()
    page.context.set_offline(False)
    page.get_by_role("button", name="重试").last.click()
    expect(page).to_have_url(re.compile(r"/visits/\d+/$"))
    visit = Visit.objects.get()
    assert (visit.fence, visit.outside_reason, visit.flags) == ("outside", "店铺搬家", ["outside"])


def test_gps_refused_says_what_to_do(field, open_page, settings):
    settings.MAP_TILES = "none"
    page = open_page(field.rep, phone=True)
    page.goto(f"/visits/check-in/{field.shop.pk}/")
    expect(page.locator("#no-gps")).to_contain_text("手机没有允许本页定位")
    page.get_by_role("button", name="打卡进店").click()
    expect(page).to_have_url(re.compile(r"/visits/\d+/$"))  # the notice before it says 未验证 too
    expect(page.get_by_text("未验证").first).to_be_visible()
    Visit.objects.all().delete()
    SystemOptions.objects.update_or_create(pk=1, defaults={"geofence_policy": "block"})
    page.goto(f"/visits/check-in/{field.shop.pk}/")
    expect(page.locator("#no-gps")).to_contain_text("公司规定没有定位不能签到")
    expect(page.get_by_role("button", name="打卡进店")).to_be_disabled()


def test_the_best_order_says_what_it_saves_and_goes_back(field, open_page, settings):
    settings.MAP_TILES = "none"
    field.task.delete()
    for position, metres in enumerate((3000, 1000, 4000, 2000)):
        shop = CustomerFactory(owner=field.rep, latitude=near(metres)[0], longitude=STORE[1])
        VisitTaskFactory(customer=shop, rep=field.rep, position=position)
    page = open_page(field.rep, phone=True, position=near(0))
    page.goto("/today/")
    numbers = page.locator("#stops .pd-pin")
    expect(numbers).to_have_text(["1", "2", "3", "4"])
    page.get_by_role("button", name="推荐").click()
    expect(numbers).to_have_text(["2", "4", "1", "3"])
    expect(page.locator("#place-note")).to_have_text("推荐顺序：直线 4.0 km，比计划少 6.0 km")
    page.get_by_role("button", name="推荐").click()
    expect(numbers).to_have_text(["1", "2", "3", "4"])


def test_the_way_out_of_the_store_is_in_reach(field, open_page, settings):
    settings.MAP_TILES = "none"
    page = open_page(field.rep, phone=True, position=near(10))
    page.goto(f"/visits/check-in/{field.shop.pk}/")
    page.get_by_role("button", name="打卡进店").click()
    bar = page.locator("[data-leave]")
    bar.get_by_role("link").click()
    expect(page.locator("#id_summary")).to_be_in_viewport()
    expect(bar).to_have_class(re.compile("is-away"))
    page.get_by_role("button", name="签退").click()
    expect(page.get_by_text("今天的计划都跑完了")).to_be_visible()


def test_an_unplanned_visit_begins_on_the_home(field, open_page, settings):
    settings.MAP_TILES = "none"
    field.task.delete()
    page = open_page(field.rep, phone=True, position=near(43))
    page.goto("/")
    page.get_by_role("link", name="临时拜访").click()
    expect(page).to_have_url(re.compile(r"/today/$"))
    asked = page.locator("#ad-hoc")
    expect(asked).to_be_visible()
    expect(page.get_by_role("button", name="临时拜访")).to_have_attribute("aria-expanded", "true")
    search = asked.locator("input[type=search]")
    expect(search).to_be_focused()
    search.press_sequentially("百佳")
    asked.get_by_text("百佳超市").click()
    expect(page).to_have_url(re.compile(rf"/visits/check-in/{field.shop.pk}/$"))
    expect(page.locator("#place")).to_have_text("距门店 43 m · 精度 10 m")
    page.get_by_role("button", name="打卡进店").click()
    expect(page).to_have_url(re.compile(r"/visits/\d+/$"))
    visit = Visit.objects.get()
    assert (visit.customer, visit.task) == (field.shop, None)
