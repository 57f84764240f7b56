"""The customer's page and the drawer of the list in a real browser."""

import pytest
from django.utils import timezone

from common import business_calendar
from crm import services
from crm.models import FollowUp
from tests.factories import CustomerFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def shop(people):
    shop = services.create_customer(actor=people.owner, name="蜗牛超市")
    now = timezone.now()
    FollowUp.objects.create(
        customer=shop, rep=people.owner, at=now, day=business_calendar.business_day(now), text="老板要两箱"
    )
    return shop


def test_tabs_load_by_click_key_and_hash(people, shop, open_page):
    page = open_page(people.owner)
    page.goto(f"/customers/{shop.pk}/")
    page.locator("#panel .crm-events", has_text="老板要两箱").wait_for()
    page.locator(".crm-figures").wait_for()
    page.click("#tab-history")
    page.locator("#panel .crm-history").first.wait_for()
    assert page.url.endswith("#history")
    page.reload()
    page.locator("#panel .crm-history").first.wait_for()
    page.focus("#tab-history")
    page.keyboard.press("Home")
    page.locator("#panel .crm-events", has_text="老板要两箱").wait_for()
    assert page.evaluate("document.activeElement.id") == "tab-timeline"
    assert page.get_attribute("#tab-history", "tabindex") == "-1"


def test_filters_of_the_timeline_answer(people, shop, open_page):
    page = open_page(people.owner, phone=True)
    page.goto(f"/customers/{shop.pk}/")
    page.locator("#panel .crm-events", has_text="老板要两箱").wait_for()
    page.wait_for_load_state("networkidle")  # what comes late above moves the boxes
    page.check("#kind-owner", force=True)
    page.locator("#panel .crm-events", has_text="老板要两箱").wait_for(state="detached")
    page.wait_for_load_state("networkidle")
    page.check("#kind-follow_up", force=True)
    page.locator("#panel .crm-events", has_text="老板要两箱").wait_for()


def test_the_drawer_opens_walks_and_closes(people, shop, open_page):
    CustomerFactory(owner=people.owner, name="另一家")  # newer, so it stands above
    page = open_page(people.owner)
    page.goto("/customers/")
    page.click("#results tr:has-text('另一家') td[data-col=last_visit_on]")
    page.locator("#drawer[open] #drawer-title", has_text="另一家").wait_for()
    page.keyboard.press("j")
    page.locator("#drawer #drawer-title", has_text="蜗牛超市").wait_for()
    page.locator("#drawer .crm-events", has_text="老板要两箱").wait_for()
    page.keyboard.press("k")
    page.locator("#drawer #drawer-title", has_text="另一家").wait_for()
    page.keyboard.press("Escape")
    page.locator("#drawer[open]").wait_for(state="detached")
    page.click(f"#results tr[data-pk='{shop.pk}'] td[data-col=last_visit_on]")
    page.click("#drawer [data-drawer-page]")
    page.wait_for_url(f"**/customers/{shop.pk}/")
