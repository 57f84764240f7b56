"""A full stop on the phone: check-in, count with a suggestion, display with a photo of the page's camera, check-out."""

import re
import uuid
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from sales import services as sales
from sales.models import SalesOrder
from sales.rules import LineInput
from tests.browser.every_page import RULES
from tests.browser.waiting import wait_for
from tests.factories import CustomerFactory, ProductFactory, UserFactory, VisitFactory
from tests.visits.conftest import METRE, STORE
from visits import services
from visits.models import Visit, VisitStep
from visits.rules import CountInput

AXE = Path(django_settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"
# A back camera that shows moving colours; anything but the back camera is refused, as on a phone.
CAMERA = """
navigator.mediaDevices.getUserMedia = async (wish) => {
  if (wish.audio !== false || wish.video.facingMode?.exact !== "environment") throw new Error("front camera");
  const canvas = Object.assign(document.createElement("canvas"), {width: 1920, height: 1440});
  const context = canvas.getContext("2d");
  let n = 0;
  const paint = () => {
    n += 1;
    for (let x = 0; x < 16; x++) for (let y = 0; y < 12; y++) {
      context.fillStyle = `hsl(${(x * 37 + y * 53 + n * 29) % 360} 70% ${30 + ((x * y + n) % 5) * 10}%)`;
      context.fillRect(x * 120, y * 120, 120, 120);
    }
  };
  paint();
  setInterval(paint, 200);
  return canvas.captureStream(10);
};
"""


@pytest.fixture
def stop(transactional_db, settings):
    settings.MAP_TILES = "none"
    rep = UserFactory(name="李业务")
    shop = CustomerFactory(owner=rep, name="百佳超市", latitude=STORE[0], longitude=STORE[1])
    water = ProductFactory(name="矿泉水", box_quantity=24, box_unit="箱")
    sales.create_order(actor=rep, customer=shop, lines=[LineInput(water.pk, Decimal(24))])
    earlier = VisitFactory(customer=shop, check_in_at=timezone.now() - timezone.timedelta(days=14))
    services.record_shelf_count(
        actor=rep,
        visit=earlier,
        client_uuid=uuid.uuid4(),
        lines=[CountInput(water.pk, Decimal(40))],
        occurred_at=earlier.check_in_at,
    )
    VisitStep.objects.filter(kind__in=("stock_count", "display", "summary")).update(is_required=True)
    return rep, shop, water


def judge(page):
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(RULES, [[], True]) == []
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0


def test_a_full_stop(stop, open_page):
    rep, shop, _water = stop
    page = open_page(rep, phone=True, position=(STORE[0] + 20 * METRE, STORE[1]))
    page.add_init_script(CAMERA)
    page.goto(f"/visits/check-in/{shop.pk}/")
    expect(page.locator("#place")).to_contain_text("距门店 20 m")
    take_photo(page)
    judge(page)
    page.get_by_role("button", name="打卡进店").click()
    expect(page).to_have_url(re.compile(r"/visits/\d+/$"))
    out = page.get_by_role("button", name="签退")
    expect(out).to_be_disabled()
    expect(page.get_by_text("还需完成： 库存上报、铺货上报")).to_be_visible()
    judge(page)

    page.get_by_role("link", name=re.compile("^库存上报")).click()
    line = page.locator("[data-line]").filter(has_text="矿泉水")
    line.get_by_role("button", name="增加：矿泉水").tap()
    expect(line.locator("[data-suggest]")).to_have_text("建议订货 48")  # 39 in 14 days, 17 days more: 48 − 1
    judge(page)
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name="建议订货")).to_be_visible()
    judge(page)
    page.get_by_role("button", name="按建议下单").click()
    expect(page).to_have_url(re.compile(r"/orders/\d+/edit/"))
    page.get_by_role("button", name="提交订单").click()
    expect(page).to_have_url(re.compile(r"/visits/\d+/$"))

    page.get_by_role("link", name=re.compile("^铺货上报")).click()
    page.get_by_label("店内位置").fill("冰柜")
    take_photo(page)
    page.get_by_role("button", name="增加：矿泉水").tap()
    page.get_by_role("button", name="增加：矿泉水").tap()
    judge(page)
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("还需完成")).to_be_hidden()

    expect(out).to_be_disabled()  # the summary
    page.get_by_role("button", name="陈列已整理，缺货已补").tap()
    expect(page.locator("#id_summary")).to_have_value("陈列已整理，缺货已补")
    out.click()
    expect(page.get_by_text("在门店签到")).to_be_visible()
    judge(page)

    visit = Visit.objects.latest("pk")
    assert (visit.status, visit.fence, visit.summary) == ("closed", "inside", "陈列已整理，缺货已补")
    count = visit.shelfcounts.get().lines.get()
    assert (count.quantity, count.suggested) == (1, 48)
    order = SalesOrder.objects.get(visit_order__visit=visit)
    assert (order.status, order.lines.get().quantity, order.source) == ("submitted", 48, "visit")
    display = visit.displayreports.get()
    assert (display.place, display.lines.get().facings) == ("冰柜", 2)
    assert sorted(photo.kind for photo in visit.photos.all()) == ["check_in", "display"]
    assert visit.grade in "AB"
    for photo in visit.photos.all():
        with photo.image.open("rb") as file, Image.open(file) as picture:
            assert picture.size == (1600, 1200)
            # The watermark: a dark band with white words along the lower edge.
            band = picture.convert("L").crop((0, 1110, 1600, 1200))
            assert band.getextrema()[1] > 230


def take_photo(page):
    before = page.locator(".vs-preview").count()
    page.get_by_role("button", name="拍照", exact=False).first.click()
    wait_for(page, "document.querySelector('[data-camera-view] video').videoWidth > 0")
    page.locator("[data-shutter]").click()
    expect(page.locator("[data-camera-count]")).to_have_text("1")
    page.get_by_role("button", name="关闭").click()
    expect(page.locator(".vs-preview")).to_have_count(before + 1)


def test_without_a_back_camera_the_file_input_stays(stop, open_page):
    rep, shop, _water = stop
    page = open_page(rep, phone=True, position=STORE)
    page.add_init_script("navigator.mediaDevices.getUserMedia = async () => { throw new Error('none'); };")
    page.goto(f"/visits/check-in/{shop.pk}/")
    page.locator("[data-camera]").click()
    expect(page.locator("[data-camera-note]")).to_be_visible()
    expect(page.locator("[data-camera]")).to_be_hidden()
    expect(page.locator("[data-file]")).to_be_visible()
