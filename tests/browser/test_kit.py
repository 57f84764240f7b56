"""The interface kit in a real browser: login, language, lists, dialogs."""

import re

from playwright.sync_api import expect

from tests.factories import CustomerFactory, UserFactory


def test_login_by_phone_and_switch_the_language(open_page, live_server):
    UserFactory(username="li", phone="13800000001", name="李业务", password="pass-word-9")
    page = open_page(phone=True)
    page.goto("/")
    expect(page).to_have_url(re.compile("/login/"))
    page.get_by_label("用户名或手机号").fill("13800000001")
    page.get_by_label("密码").fill("wrong")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("密码").fill("pass-word-9")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name=re.compile("李业务"))).to_be_visible()
    page.goto("/me/")
    page.get_by_label("语言").select_option("en")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("Your settings are saved.")).to_be_visible()


def test_leaving_an_unsaved_form_warns(open_page):
    page = open_page(UserFactory())
    page.goto("/me/")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_label("常用区域").fill("滨湖")
    page.goto("/")
    assert asked == ["beforeunload"]


def test_groups_of_the_navigation_fold_and_stay_folded(open_page):
    page = open_page(UserFactory(role="manager"))
    page.goto("/orders/")
    customers = page.get_by_role("button", name="客户", exact=True)
    link = page.locator(".pd-nav").get_by_role("link", name="公海")
    expect(link).to_be_visible()
    customers.click()
    expect(link).to_be_hidden()
    page.goto("/products/")
    expect(customers).to_have_attribute("aria-expanded", "false")
    page.goto("/pool/")  # the open section is always seen
    expect(link).to_be_visible()


def test_a_login_that_ended_is_said_and_leads_back(open_page):
    rep = UserFactory(username="li", name="李业务", password="pass-word-9")
    CustomerFactory(owner=rep, name="甲店", search_text="甲店")
    page = open_page(rep)
    page.goto("/customers/")
    rows, toast = page.locator("#results tbody tr"), page.locator(".pd-toast-login")
    expect(rows).to_have_count(1)
    page.context.clear_cookies()
    search = page.locator("#main [name=q]")
    for typed in ("甲", "乙"):  # asked for twice, said once
        with page.expect_response(lambda answer: answer.status == 401):
            search.fill(typed)
        expect(toast).to_have_count(1)
    expect(toast).to_contain_text("登录已过期，已填写的内容还在。")
    expect(rows).to_have_count(1)  # the page stays, and what was typed
    expect(search).to_have_value("乙")
    toast.get_by_role("link", name="登录").click()
    expect(page).to_have_url(re.compile(r"/login/\?next=%2Fcustomers%2F"))
    page.get_by_label("用户名或手机号").fill("li")
    page.get_by_label("密码").fill("pass-word-9")
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(re.compile(r"/customers/"))
    expect(rows).to_have_count(1)
