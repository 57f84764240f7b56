"""Lists in a real browser: keys, columns, choosing all, saved views, the way back, cells changed on the spot."""

import re

import pytest

from accounts.models import SavedView
from crm.models import Customer
from tests.factories import CustomerFactory

pytestmark = pytest.mark.browser
NAME = ".pd-table tbody td.pd-title a"


@pytest.fixture
def shops(people):
    return [
        CustomerFactory(owner=people.owner, name=f"店{number:02}", level="A" if number < 3 else "B")
        for number in range(60)
    ]


def settled(page):
    page.wait_for_load_state("networkidle")


def test_keys_walk_tick_and_open(open_page, people, shops):
    page = open_page(people.superior)
    page.goto("/customers/?sort=name")
    settled(page)
    for key in ("j", "j", "k", "j", "x"):
        page.keyboard.press(key)
    assert page.locator("tr.focus td.pd-title a").inner_text() == "店01"
    assert page.locator(".pd-bulk b").inner_text() == "1"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/customers/{shops[1].pk}/")
    page.locator("a.pd-back").first.click()
    page.wait_for_url("**/customers/?sort=name")


def test_this_page_and_all(open_page, people, shops):
    page = open_page(people.superior)
    page.goto("/customers/?level=A&level=B")
    settled(page)
    page.check("[data-check-all]")
    assert page.locator(".pd-bulk b").inner_text() == "50"
    page.click("[data-all-results]")
    assert page.locator(".pd-bulk b").inner_text() == "60"
    page.click("button[formaction$='/change/']")
    settled(page)
    page.select_option("[name=level]", "C")
    page.click(".pd-form button[type=submit]")
    page.wait_for_url(re.compile("customers/"))
    settled(page)
    assert Customer.objects.filter(level="C").count() == 60


def test_unticking_a_row_is_no_longer_all(open_page, people, shops):
    page = open_page(people.superior)
    page.goto("/customers/")
    settled(page)
    page.check("[data-check-all]")
    page.click("[data-all-results]")
    page.locator("input[name=pk]").first.uncheck()
    assert page.locator(".pd-bulk b").inner_text() == "49"
    assert page.locator("input[name=all]").is_disabled()


def test_columns_and_a_view_of_them(open_page, people, shops):
    page = open_page(people.superior)
    page.goto("/customers/")
    settled(page)
    page.click("[data-dialog=columns]")
    page.uncheck("#columns input[value=owner]")
    page.check("#columns input[value=maturity]")
    page.locator("#columns li", has=page.locator("input[value=level]")).locator("[data-move='-1']").click()
    page.click("#columns button[value=apply]")
    page.wait_for_url("**cols=**")
    settled(page)
    heads = page.locator("thead th").all_inner_texts()
    assert heads.index("等级") < heads.index("客户名称")
    assert "负责人" not in heads
    # A filter by hand keeps the columns, and the tab marks what is open.
    page.click(".pd-multi >> nth=0")
    page.check(".pd-multi-list input[value=A]")
    page.wait_for_url("**level=A**")
    settled(page)
    assert "cols=" in page.url
    assert page.locator(NAME).count() == 3
    page.click("[data-dialog=view-save]")
    page.fill("#view-name", "A级")
    page.click("#view-save .btn-primary")
    settled(page)
    assert page.locator(".pd-view.active").inner_text() == "A级"
    view = SavedView.objects.get()
    assert "level=A" in view.query
    assert "cols=" in view.query


def test_a_level_is_changed_in_the_row(open_page, people, shops):
    page = open_page(people.superior)
    page.goto("/customers/?sort=name")
    settled(page)
    page.locator("tbody tr").first.locator("td[data-col=level] button").click()
    page.locator("select.crm-cell").select_option("C")
    page.locator("tbody tr").first.locator("td[data-col=level] button", has_text="C").wait_for()
    shops[0].refresh_from_db()
    assert shops[0].level == "C"


def test_the_nearest_first_on_the_phone(open_page, people, shops):
    Customer.objects.filter(pk=shops[7].pk).update(latitude=31.9, longitude=117.3)
    page = open_page(people.owner, phone=True, position=(31.9001, 117.3001))
    page.goto("/customers/?level=B")
    settled(page)
    page.click("[data-near]")
    page.wait_for_url("**sort=distance**")
    settled(page)
    assert page.locator(NAME).first.inner_text() == "店07"
    assert "level=B" in page.url
