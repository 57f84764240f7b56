"""The whole story on real input: load the file, plan, visit, order, and see it in the morning.

One test on purpose: it proves that the parts meet, step by step, as the people of a distributor would use them.
"""

import csv
import datetime as dt
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from alerts.models import Alert, AlertRule, RepAlertRule
from common.geo import Datum, convert
from crm.models import Customer
from sales.models import SalesOrder
from territory.models import TrackPoint
from tests.browser.waiting import until
from tests.factories import DepartmentFactory, ProductFactory, UserFactory
from visits.models import Visit, VisitTask

FILE = Path(settings.BASE_DIR).parent / "shared" / "data" / "shanghai_bund_coffee_shops.csv"
PASSWORD = "a-good-password-7"
SHOP, NEIGHBOUR = "纽巷咖啡(锦和巴黎时韵店)", "BREAD ETC(襄阳南路店)"
DAYS_AGO, PERIOD = 40, 30


@pytest.fixture
def company():
    head = DepartmentFactory(name="申江商贸")
    manager = UserFactory(username="wang", name="王经理", role="manager", department=head, password=PASSWORD)
    UserFactory(
        username="li",
        name="李业务",
        department=head,
        superior=manager,
        password=PASSWORD,
        tracking_notice_at=timezone.now(),
    )
    UserFactory(
        username="boss", name="管理员", role="admin", department=head, is_superuser=True, password=PASSWORD
    )
    ProductFactory(name="燕麦奶 1L", price="12.50", search_text="燕麦奶 1l ymn")
    AlertRule.objects.all().delete()
    RepAlertRule.objects.all().delete()
    AlertRule.objects.create(kind="unvisited", period_days=PERIOD)
    AlertRule.objects.create(kind="unordered", period_days=PERIOD)


def sign_in(page: Page, username: str) -> None:
    page.goto("/login/")
    page.get_by_label("用户名或手机号").fill(username)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page).not_to_have_url(re.compile("/login/"))


def place_of(name: str) -> tuple[float, float]:
    """Where the file says the shop is, in WGS-84."""
    with FILE.open(encoding="utf-8-sig") as file:
        row = next(row for row in csv.DictReader(file) if row["name"] == name)
    return convert(float(row["lat"]), float(row["lng"]), Datum.GCJ02, Datum.WGS84)


@pytest.mark.slow
@pytest.mark.skipif(not FILE.exists(), reason="the real shop lists are not beside this checkout")
def test_from_the_customer_file_to_the_morning_after(open_page, company):
    import_the_file(open_page())
    time_passes()
    compute_alerts(open_page())
    plan_a_route(open_page())
    visit_and_order(open_page(phone=True, position=place_of(SHOP)))
    the_morning_after(open_page())


def import_the_file(page: Page) -> None:
    sign_in(page, "boss")
    page.goto("/customers/import/")
    page.locator("input[type=file]").set_input_files(str(FILE))
    page.get_by_role("button", name="下一步").click()
    page.locator("select[name=datum]").select_option("gcj02")
    page.locator("select[name=owner]").select_option(str(User.objects.get(username="li").pk))
    page.locator("input[name=create_choices]").check()
    page.get_by_role("button", name="预检").click()
    page.get_by_role("button", name=re.compile("^导入")).click()
    expect(page.get_by_role("link", name="导入其他文件")).to_be_visible(timeout=60_000)
    with FILE.open(encoding="utf-8-sig") as file:
        shops = [(re.sub(r"\W", "", row["name"]), row["address"]) for row in csv.DictReader(file)]
    assert len(shops) == 1964
    assert Customer.objects.count() == len(set(shops)) == 1963  # one stands in it twice, once with brackets
    shop = Customer.objects.get(name=SHOP)
    assert (shop.latitude, shop.longitude) == pytest.approx(place_of(SHOP), abs=1e-6)


def time_passes() -> None:
    """The customers came in forty days ago."""
    past = timezone.localdate() - dt.timedelta(days=DAYS_AGO)
    Customer.objects.update(created_on=past, received_on=past)


def compute_alerts(page: Page) -> None:
    sign_in(page, "boss")
    page.goto("/alerts/")
    page.get_by_role("button", name="立即计算").click()
    expect(page.locator("#alert-run")).to_contain_text("3926", timeout=20_000)  # both kinds for each shop
    assert Alert.objects.open().filter(customer__name=SHOP).count() == 2


def plan_a_route(page: Page) -> None:
    sign_in(page, "wang")
    page.goto("/routes/new/")
    page.get_by_label("线路名称").fill("襄阳南路线")
    page.locator("select[name=rep]").select_option(str(User.objects.get(username="li").pk))
    page.locator(f"input[name=weekdays][value='{timezone.localdate().isoweekday()}']").check()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name="襄阳南路线")).to_be_visible()
    for name in (NEIGHBOUR, SHOP):
        page.locator("#add input[name=q]").fill(name)
        expect(page.locator("#found label")).to_have_count(1)
        page.locator("#found label", has_text=name).locator("input").check()
        page.get_by_role("button", name="添加所选").click()
        expect(page.locator("#stops li", has_text=name)).to_be_visible()
    # Drag the second stop to the top: the shop comes first.
    grips = page.locator("#stops .pt-grip")
    with page.expect_response(re.compile("/order/")) as saved:
        grips.nth(1).drag_to(grips.nth(0), target_position={"x": 5, "y": 1}, steps=12)
    assert saved.value.ok
    page.get_by_role("button", name=re.compile("生成")).click()
    today = VisitTask.objects.filter(date=timezone.localdate()).order_by("position")
    until(page, lambda: today.count() == 2)
    assert [task.customer.name for task in today] == [SHOP, NEIGHBOUR]


def visit_and_order(page: Page) -> None:
    sign_in(page, "li")
    page.goto("/today/")
    card = page.locator("li, article, .card").filter(has_text=SHOP).last
    card.get_by_role("link", name=re.compile("打卡")).click()
    expect(page.locator("#place")).to_contain_text("距门店")
    page.locator("#go").click()
    expect(page.locator(".vs-clock")).to_be_visible()
    page.locator(".vs-steps a", has_text="销售订单").click()
    page.locator("#product-search").fill("燕麦")
    page.locator("#product-results li, #product-results button").first.click()
    page.get_by_role("button", name="提交订单").click()
    expect(page.locator(".vs-steps")).to_contain_text("¥12.50")
    page.locator("#id_summary").fill("补货一箱，陈列整齐。")
    page.get_by_role("button", name="签退").click()
    expect(page.get_by_text("补货一箱，陈列整齐。")).to_be_visible()
    visit = Visit.objects.get()
    assert (visit.customer.name, visit.fence, visit.is_planned, visit.is_valid) == (
        SHOP,
        "inside",
        True,
        True,
    )
    assert visit.distance_m < 5
    assert SalesOrder.objects.get().visit_order.visit == visit


def the_morning_after(page: Page) -> None:
    sign_in(page, "wang")
    page.goto(f"/alerts/?q={SHOP}")
    expect(page.locator(".pd-table")).to_have_count(0)
    page.goto(f"/alerts/?kind=unvisited&q={NEIGHBOUR}")
    row = page.locator(".pd-table tbody tr", has_text=NEIGHBOUR)
    expect(row).to_have_count(1)
    expect(row).to_contain_text(str(DAYS_AGO - PERIOD))
    page.goto("/visits/")
    row = page.locator(".pd-table tbody tr", has_text=SHOP)
    expect(row).to_contain_text("李业务")
    rep = User.objects.get(username="li")
    page.goto(f"/tracks/?rep={rep.pk}")
    expect(page.get_by_role("link", name=re.compile("李业务 .*拜访 1 次"))).to_be_visible()
    assert TrackPoint.objects.filter(rep=rep, source="check_in").count() == 2  # in and out
    page.goto("/tracks/live/")
    expect(page.get_by_text("李业务").first).to_be_visible()
    page.goto("/map/")
    expect(page.locator(".leaflet-marker-icon").first).to_be_visible()
