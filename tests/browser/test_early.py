"""Who is quicker than the page's scripts: what is pressed, typed or sent before they are there is done when they are."""

import re
from contextlib import contextmanager
from decimal import Decimal

from playwright.sync_api import expect

from common.business_calendar import today
from crm.models import Customer
from sales.services.opening_balances import open_balance
from tests.browser.field_phone import shot
from tests.browser.waiting import until
from tests.factories import CustomerFactory, RouteFactory, UserFactory
from tests.visits.conftest import STORE
from visits.models import Visit


@contextmanager
def late(page, *scripts):
    """The page is there and can be used; of its scripts these come when the block is over, and the others after them."""
    waiting = []
    pattern = re.compile(rf"/({'|'.join(map(re.escape, scripts))})$")
    page.route(pattern, lambda route: waiting.append(route))
    yield
    until(page, lambda: len(waiting) == len(scripts))
    assert page.evaluate("document.readyState") != "complete"
    for route in waiting:
        route.continue_()
    page.unroute(pattern)


def test_a_button_and_a_number(open_page):
    finance = UserFactory(role="finance")
    shop = CustomerFactory(owner=UserFactory())
    open_balance(
        actor=finance, customer=shop, amount=Decimal("80.50"), billed_on=today(), due_on=today(), note=""
    )
    page = open_page(finance, phone=True)
    with late(page, "app.js"):
        page.goto(f"/receipts/new/?customer={shop.pk}", wait_until="commit")
        page.get_by_role("button", name="全额收款").tap()
        expect(page.locator("#id_amount")).to_have_value("")
    expect(page.locator("#id_amount")).to_have_value("80.50")


def test_a_question_is_asked_all_the_same(open_page):
    boss = UserFactory(role="manager", data_scope="all")
    route = RouteFactory(rep=UserFactory(superior=boss), name="滨湖线")
    page = open_page(boss)
    with late(page, "app.js"):
        page.goto(f"/routes/{route.pk}/", wait_until="commit")
        page.get_by_role("button", name="删除").click()
    expect(page.locator("#confirm")).to_contain_text("滨湖线")
    page.locator("#confirm").get_by_role("button", name="取消").click()
    route.refresh_from_db()


def test_a_key_and_enter_in_a_field(open_page):
    rep = UserFactory()
    shop = CustomerFactory(owner=rep)
    page = open_page(rep)
    with late(page, "search.js"):
        page.goto("/customers/", wait_until="commit")
        page.locator(".pd-table tbody tr").wait_for()
        page.keyboard.press("j")
        page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/customers/{shop.pk}/$"))
    with late(page, "app.js"):
        page.goto(f"/orders/new/?customer={shop.pk}", wait_until="commit")
        field = page.get_by_label("整单优惠 %")
        field.fill("3")
        field.press("Enter")
    # In an order Enter goes on to the next field: half an order is never sent.
    expect(page.locator("#product-search")).to_be_focused()
    expect(page).to_have_url(re.compile("/orders/new/"))


def test_a_form_of_its_own_is_sent_as_it_is(open_page):
    rep = UserFactory()
    page = open_page(rep, phone=True)
    with late(page, "app.js"):
        page.goto("/customers/new/", wait_until="commit")
        page.fill("[name=name]", "早起超市")
        page.locator(".crm-foot .btn-primary").tap()
    until(page, lambda: Customer.objects.filter(name="早起超市").exists())


# Pictures are decoded when the test says so: a phone takes its time for a photo of twelve megapixels.
SLOW_PICTURES = """() => {
  const decode = window.createImageBitmap;
  const slowly = new Promise((go) => { window.goOn = go; });
  window.createImageBitmap = async (...what) => { await slowly; return decode(...what); };
}"""


def test_a_photo_of_a_moment_ago_goes_along(open_page):
    rep = UserFactory()
    shop = CustomerFactory(owner=rep, latitude=STORE[0], longitude=STORE[1])
    page = open_page(rep, phone=True, position=STORE)
    page.goto(f"/visits/check-in/{shop.pk}/")
    page.evaluate(SLOW_PICTURES)
    page.set_input_files("input[type=file]", shot())
    page.get_by_role("button", name="打卡进店").click()
    expect(page.locator(".vs-preview")).to_have_count(0)
    page.evaluate("goOn()")
    expect(page).to_have_url(re.compile(r"/visits/\d+/$"))
    assert Visit.objects.get().photos.count() == 1


def test_a_photo_of_a_moment_ago_goes_along_without_network(field, phone):
    phone.log_in(field.rep)
    phone.ready()
    phone.context.set_offline(True)
    page = phone.page
    page.goto("/field/")
    page.evaluate(SLOW_PICTURES)
    page.locator(f"li[data-customer='{field.shops[0].pk}']").get_by_role("link", name="打卡").click()
    page.set_input_files("input[type=file]", shot())
    page.get_by_role("button", name="打卡进店").click()
    expect(page.locator(".vs-preview")).to_have_count(0)
    page.evaluate("goOn()")
    expect(page.locator(".vs-clock")).to_be_visible()
    page.locator(".fa-steps a", has_text="铺货上报").click()
    page.set_input_files("input[type=file]", shot("shelf.jpg", noise=2))
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".fa-steps")).to_be_visible()
    kept = "async () => (await (await PaodianStore.open()).getAll('photos')).length"
    assert page.evaluate(kept) == 2


def test_nothing_is_drawn_anew_under_the_finger(open_page):
    """The list of a picker is answered twice: for the empty box that was touched, and for what was typed into it."""
    rep = UserFactory()
    shop = CustomerFactory(owner=rep, name="张记超市")
    page = open_page(rep)
    page.goto("/follow-ups/new/")
    held = []
    page.route("**/*q=%E5%BC%A0*", lambda route: held.append(route))
    hit = page.locator("#target-options [role=option]")
    page.locator("#target-search").click()
    expect(hit).to_be_visible()
    page.locator("#target-search").press_sequentially("张记")
    hit.hover()
    page.mouse.down()
    until(page, lambda: held)
    with page.expect_response("**/*q=%E5%BC%A0*") as answer:
        held[-1].continue_()
    answer.value.finished()
    page.wait_for_timeout(200)  # nothing happens
    page.mouse.up()
    expect(page.locator("#target-options")).to_be_hidden()
    expect(page.locator("[name=target]")).to_have_value(re.compile(rf"{shop.pk}$"))
    expect(page.locator("#target-search")).to_have_value("张记超市")


def test_what_is_typed_before_the_search_is_there_is_searched(open_page):
    rep = UserFactory()
    for name in ("张记超市", "李记超市"):
        CustomerFactory(owner=rep, name=name, search_text=name)
    page = open_page(rep)
    with late(page, "htmx-2.min.js"):
        page.goto("/customers/", wait_until="commit")
        page.fill(".pd-search input", "张记")
    expect(page.locator(".pd-table tbody tr")).to_have_count(1)
    expect(page.locator(".pd-table tbody")).to_contain_text("张记超市")


def test_enter_chooses_what_was_typed_and_not_what_stood_there_before(open_page):
    rep = UserFactory()
    wanted = CustomerFactory(owner=rep, name="张记超市")
    CustomerFactory(owner=rep, name="李记超市")  # newer, or first in any other way
    CustomerFactory(owner=rep, name="阿记超市")
    page = open_page(rep)
    page.goto("/follow-ups/new/")
    page.locator("#target-search").click()
    expect(page.locator("#target-options [role=option]")).to_have_count(3)
    page.locator("#target-search").press_sequentially("张记")
    page.keyboard.press("Enter")
    expect(page.locator("[name=target]")).to_have_value(re.compile(rf"{wanted.pk}$"))
    expect(page.locator("#target-search")).to_have_value("张记超市")
    expect(page.locator("#target-options")).to_be_hidden()
