"""Lists in a real browser: keys, columns, choosing all, saved views, the way back, cells changed on the spot."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import SavedView
from crm.models import Customer, CustomField
from tests.browser.waiting import until, wait_for
from tests.factories import ContactFactory, CustomerFactory

pytestmark = pytest.mark.browser
NAME = ".pd-table tbody td.pd-title a"


@pytest.fixture
def shops(people):
    return [
        CustomerFactory(owner=people.owner, name=f"店{number:02}", level="A" if number < 3 else "B")
        for number in range(60)
    ]


def test_keys_walk_tick_and_open(open_page, people, shops):
    page = open_page(people.superior)
    page.goto("/customers/?sort=name")
    for key in ("j", "j", "k", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator("tr.focus td.pd-title a")).to_have_text("店01")
    expect(page.locator(".pd-bulk b")).to_have_text("1")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/customers/{shops[1].pk}/")
    page.locator("a.pd-back").first.click()
    page.wait_for_url("**/customers/?sort=name")


def test_this_page_and_all(open_page, people, shops):
    page = open_page(people.superior)
    page.goto("/customers/?level=A&level=B")
    page.check("[data-check-all]")
    expect(page.locator(".pd-bulk b")).to_have_text("50")
    page.click("[data-all-results]")
    expect(page.locator(".pd-bulk b")).to_have_text("60")
    page.click("button[formaction$='/change/']")
    page.wait_for_url("**/change/")
    page.select_option("[name=level]", "C")
    page.click(".pd-form button[type=submit]")
    until(page, lambda: Customer.objects.filter(level="C").count() == 60)


def test_unticking_a_row_is_no_longer_all(open_page, people, shops):
    page = open_page(people.superior)
    page.goto("/customers/")
    page.check("[data-check-all]")
    page.click("[data-all-results]")
    page.locator("input[name=pk]").first.uncheck()
    expect(page.locator(".pd-bulk b")).to_have_text("49")
    expect(page.locator("input[name=all]")).to_be_disabled()


def test_columns_and_a_view_of_them(open_page, people, shops):
    page = open_page(people.superior)
    page.goto("/customers/")
    page.click("[data-dialog=columns]")
    page.uncheck("#columns input[value=owner]")
    page.check("#columns input[value=maturity]")
    page.locator("#columns li", has=page.locator("input[value=level]")).locator("[data-move='-1']").click()
    page.click("#columns button[value=apply]")
    page.wait_for_url("**cols=**")
    expect(page.locator("thead th", has_text="负责人")).to_have_count(0)
    heads = page.locator("thead th").all_inner_texts()
    assert heads.index("等级") < heads.index("客户名称")
    # A filter by hand keeps the columns, and the tab marks what is open.
    page.click(".pd-multi >> nth=0")
    page.check(".pd-multi-list input[value=A]")
    page.wait_for_url("**level=A**")
    assert "cols=" in page.url
    expect(page.locator(NAME)).to_have_count(3)
    page.click("[data-dialog=view-save]")
    page.fill("#view-name", "A级")
    page.click("#view-save .btn-primary")
    expect(page.locator(".pd-view.active")).to_have_text("A级")
    view = SavedView.objects.get()
    assert "level=A" in view.query
    assert "cols=" in view.query
    # Enter saves a new name; it is deleted after a question.
    page.click("[data-dialog=view-manage]")
    page.fill("#view-manage input[name=name]", "好店")
    page.press("#view-manage input[name=name]", "Enter")
    expect(page.locator(".pd-views .active")).to_have_text("好店")
    page.click("[data-dialog=view-manage]")
    page.locator("#view-manage").get_by_role("button", name="删除").click()
    expect(page.locator("#confirm")).to_contain_text("删除这个视图？")
    page.locator("#confirm .btn-primary").click()
    expect(page.locator(".pd-views")).not_to_contain_text("好店")
    until(page, lambda: not SavedView.objects.exists())


def test_a_level_is_changed_in_the_row(open_page, people, shops):
    page = open_page(people.superior)
    page.goto("/customers/?sort=name")
    page.locator("tbody tr").first.locator("td[data-col=level] button").click()
    page.locator("select.crm-cell").select_option("C")
    page.locator("tbody tr").first.locator("td[data-col=level] button", has_text="C").wait_for()
    shops[0].refresh_from_db()
    assert shops[0].level == "C"


def test_the_nearest_first_on_the_phone(open_page, people, shops):
    Customer.objects.filter(pk=shops[7].pk).update(latitude=31.9, longitude=117.3)
    page = open_page(people.owner, phone=True, position=(31.9001, 117.3001))
    page.goto("/customers/?level=B")
    page.click("[data-near]")
    page.wait_for_url("**sort=distance**")
    expect(page.locator(NAME).first).to_have_text("店07")
    assert "level=B" in page.url


def test_a_card_opens_where_it_is_touched_and_its_corner_ticks_it(open_page, people, shops):
    page = open_page(people.owner, phone=True)
    page.goto("/customers/?sort=name")
    card = page.locator(".pd-table tbody tr").first
    card.locator("td.pd-check").click(position={"x": 3, "y": 40})
    expect(page.locator(".pd-bulk b")).to_have_text("1")
    card.locator("td[data-col=last_visit_on]").click()
    page.wait_for_url(f"**/customers/{shops[0].pk}/")


def test_the_page_does_not_scroll_beside_its_list(open_page, people, shops):
    page = open_page(people.superior)
    for address in ("/customers/", "/pool/soon/"):
        page.goto(address)
        page.locator(".pd-views:not([hx-get])").wait_for(
            state="attached"
        )  # they come late, and stand above it
        wait_for(page, "document.documentElement.scrollHeight <= innerHeight")


def test_a_form_goes_to_what_is_wrong_with_it(open_page, people):
    page = open_page(people.owner, phone=True)
    page.goto("/customers/new/")
    page.fill("[name=address]", "长江路 1 号")
    page.click(".crm-foot .btn-primary")
    page.wait_for_selector("#name-field.has-error")
    expect(page.locator("[name=name]")).to_be_focused()
    expect(page.locator("[name=address]")).to_have_value("长江路 1 号")


def test_a_field_of_the_company_is_chosen_filtered_by_and_cleared(open_page, people, shops):
    field = CustomField.objects.create(target="customer", label="营业面积", kind="number")
    Customer.objects.filter(pk=shops[0].pk).update(extra={"营业面积": 1200})
    page = open_page(people.superior)
    page.goto("/customers/")
    page.click("[data-dialog=columns]")
    page.check(f"dialog input[value=field_{field.pk}]")
    page.click("dialog button[value=apply]")
    page.wait_for_url("**cols=**")
    page.click("[data-filter-toggle]")
    page.fill(f"[name=field_{field.pk}_from]", "很大")
    page.press(f"[name=field_{field.pk}_from]", "Tab")
    expect(page.locator("#results [role=alert]")).to_contain_text("营业面积从")
    expect(page.locator(f"[name=field_{field.pk}_from]")).to_have_value("很大")
    page.fill(f"[name=field_{field.pk}_from]", "1,000")
    page.press(f"[name=field_{field.pk}_from]", "Tab")
    expect(page.locator(NAME)).to_have_text(["店00"])
    page.reload()
    expect(page.locator(NAME)).to_have_text(["店00"])
    expect(page.locator(f"td[data-col=field_{field.pk}]")).to_have_text(["1200"])
    page.click(".pd-chip:not(.pd-chip-clear)")
    expect(page.locator(NAME)).to_have_count(50)


def test_a_list_with_a_page_of_its_own_answers_its_filters(people, open_page):
    for name in ("钱老板", "孙店长"):
        ContactFactory(customer=CustomerFactory(owner=people.owner), name=name)
    page = open_page(people.owner)
    page.goto("/contacts/")
    expect(page.locator("#results tbody tr")).to_have_count(2)
    expect(page.locator("#results thead")).to_contain_text("职位")
    page.locator("[data-filter] [name=q]").fill("孙店长")
    expect(page.locator("#results tbody tr")).to_have_count(1)
    expect(page.locator("#results tbody")).to_contain_text("孙店长")
    expect(page).to_have_url(re.compile("q="))
