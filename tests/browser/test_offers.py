"""A quotation by thumb from the first product to the order, its paper, and an agreement with a scan at the desk."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from sales.models import Agreement, Quote, SalesOrder
from sales.services.agreements import AgreementInput, create_agreement
from tests.factories import CustomerFactory, ProductFactory, UserFactory


@pytest.fixture
def scene():
    boss = UserFactory(username="boss", name="王经理", role="manager", data_scope="all")
    rep = UserFactory(username="rep", superior=boss)
    shop = CustomerFactory(name="老王超市", owner=rep)
    ProductFactory(name="矿泉水", code="W001", price="2.35", box_unit="箱", box_quantity=12)
    return boss, rep, shop


def test_from_offer_to_order_on_the_phone(open_page, scene):
    _boss, rep, shop = scene
    page = open_page(rep, phone=True)
    page.goto(f"/quotes/new/?customer={shop.pk}")
    page.locator("#product-search").fill("矿泉水")
    page.locator("#product-results [data-index]").first.tap()
    expect(page.locator("[data-total]")).to_have_text("¥28.20")  # a box of 12
    page.get_by_label("整单优惠 %").fill("10")
    expect(page.locator("[data-total]")).to_have_text("¥25.38")
    page.get_by_label("商务条款").fill("月结三十天")
    bar, tabs = page.locator(".so-bar").bounding_box(), page.locator(".pd-tabs").bounding_box()
    assert bar["y"] + bar["height"] <= tabs["y"] + 1
    page.get_by_role("button", name="保存并发送").tap()
    expect(page.get_by_role("heading", level=1)).to_contain_text("已发送")
    quote = Quote.objects.get()
    assert (quote.total, quote.terms) == (Decimal("25.38"), "月结三十天")

    page.get_by_role("link", name="打印").tap()
    expect(page.locator(".paper")).to_contain_text("贰拾伍元叁角捌分")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("link", name="返回").tap()

    page.get_by_role("button", name="新建版本").tap()
    page.get_by_role("button", name="确定").tap()
    expect(page).to_have_url(re.compile(r"/quotes/\d+/edit/$"))
    row = page.locator("[data-row]").first
    row.get_by_role("button", name="加一箱").tap()
    page.get_by_role("button", name="保存并发送").tap()
    expect(page.get_by_text("12 × ¥2.35")).to_be_visible()  # what the version before said
    page.get_by_role("button", name="转为订单").tap()
    page.get_by_role("button", name="确定").tap()
    expect(page).to_have_url(re.compile(r"/orders/\d+/$"))
    order = SalesOrder.objects.get()
    assert (order.total, order.source) == (Decimal("50.76"), "quote")
    assert Quote.objects.get(version=2).order == order


def test_an_agreement_is_signed_with_its_scan(open_page, scene, tmp_path):
    boss, _rep, shop = scene
    today = timezone.localdate()
    row = create_agreement(
        actor=boss,
        customer=shop,
        values=AgreementInput("年度协议", today, today + dt.timedelta(days=364), clauses="第一条 价格"),
    )
    scan = tmp_path / "签字页.pdf"
    scan.write_bytes(b"%PDF-1.4 scan")
    page = open_page(boss)
    page.goto(f"/agreements/{row.pk}/")
    page.get_by_label("客户方签字人").fill("王老板")
    page.get_by_label("签字扫描件").set_input_files(str(scan))
    page.get_by_role("button", name="签订生效").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("执行中")
    expect(page.get_by_role("link", name="签字页.pdf")).to_be_visible()
    row = Agreement.objects.get()
    assert (row.status, row.signed_by, row.signed_on) == ("active", "王老板", today)
