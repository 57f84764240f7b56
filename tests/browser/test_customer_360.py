"""The customer's page and the drawer of the list in a real browser."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

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
    expect(page).to_have_url(re.compile("#history$"))
    page.reload()
    page.locator("#panel .crm-history").first.wait_for()
    page.focus("#tab-history")
    page.keyboard.press("Home")
    page.locator("#panel .crm-events", has_text="老板要两箱").wait_for()
    expect(page.locator("#tab-timeline")).to_be_focused()
    expect(page.locator("#tab-history")).to_have_attribute("tabindex", "-1")


def test_filters_of_the_timeline_answer(people, shop, open_page):
    page = open_page(people.owner, phone=True)
    page.goto(f"/customers/{shop.pk}/")
    page.locator("#panel .crm-events", has_text="老板要两箱").wait_for()
    page.click("#kind-owner")
    page.locator("#panel .crm-events", has_text="老板要两箱").wait_for(state="detached")
    page.click("#kind-follow_up")
    page.locator("#panel .crm-events", has_text="老板要两箱").wait_for()


def test_what_has_just_come_is_answered_at_once(people, shop, open_page):
    """A filter that is pressed in the moment in which its list appears: nothing on a page may look alive and be dead."""
    page = open_page(people.owner, phone=True)
    page.goto(f"/customers/{shop.pk}/")
    page.locator("#panel .crm-events", has_text="老板要两箱").wait_for()
    page.evaluate(
        """() => new MutationObserver((_, observer) => {
            observer.disconnect();
            document.querySelector("#kind-follow_up").click();
        }).observe(document.querySelector("#panel"), { childList: true })"""
    )
    page.click("#kind-owner")
    expect(page.locator("#kind-owner")).to_be_checked()
    expect(page.locator("#kind-follow_up")).to_be_checked()
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


def test_who_walks_on_at_once_gets_the_next_customer(people, shop, open_page):
    """The key falls between a customer's head and the load of its last events, and again while those load."""
    CustomerFactory(owner=people.owner, name="另一家")
    page = open_page(people.owner)
    page.goto("/customers/")
    page.evaluate(
        """() => {
            const press = () => document.querySelector("#drawer [data-drawer-step='1']").click();
            const body = document.querySelector("[data-drawer-body]");
            body.addEventListener("htmx:afterSwap", press, { once: true });
        }"""
    )
    page.click("#results tr:has-text('另一家') td[data-col=last_visit_on]")
    page.locator("#drawer #drawer-title", has_text="蜗牛超市").wait_for()
    page.locator("#drawer .crm-events", has_text="老板要两箱").wait_for()
    page.evaluate(
        """() => {
            for (const by of ["-1", "1", "-1"]) document.querySelector(`#drawer [data-drawer-step='${by}']`).click();
        }"""
    )
    page.locator("#drawer #drawer-title", has_text="另一家").wait_for()
