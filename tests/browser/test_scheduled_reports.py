"""The form of a scheduled report: what the rhythm does not need is not there, and boxes are a thumb's size."""

import pytest
from playwright.sync_api import expect

from reports.models import ScheduledReport
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "/reports/performance/schedule/?period=last_month"


@pytest.fixture
def boss():
    boss = UserFactory(role="manager", data_scope="all", name="陈总", email="boss@example.com")
    for number in range(9):
        email = f"p{number}@example.com" if number else ""
        UserFactory(role="rep", superior=boss, name=f"业务{number}", email=email)
    return boss


def test_each_rhythm_asks_for_its_own_day(open_page, boss):
    page = open_page(boss, phone=True)
    page.goto(NEW)
    weekday, month_day = page.locator("#weekday-field"), page.locator("#month_day-field")
    limit = page.locator("#limit-field")
    expect(weekday).to_be_visible()
    expect(month_day).to_be_hidden()
    expect(limit).to_be_hidden()
    page.select_option("[name=rhythm]", "monthly")
    expect(weekday).to_be_hidden()
    expect(month_day).to_be_visible()
    page.select_option("[name=rhythm]", "daily")
    expect(month_day).to_be_hidden()
    page.select_option("[name=condition]", "above")
    expect(limit).to_be_visible()
    page.click("form.pd-form [type=submit]")  # a condition without a number: what was refused is in sight
    expect(limit.locator(".invalid-feedback")).to_be_visible()


def test_people_are_chosen_with_a_thumb(open_page, boss):
    page = open_page(boss, phone=True)
    page.goto(NEW)
    rows = page.locator("#recipients-field label")
    expect(rows).to_have_count(10)
    for label in [*rows.all(), *page.locator("[data-schedule] label.form-check").all()]:
        assert label.bounding_box()["height"] >= 44
    expect(rows.filter(has_text="业务0")).to_contain_text("没有邮箱")
    page.locator("#recipients-field [data-words]").fill("业务3")
    rows.filter(has_text="业务3").click()
    page.click("form.pd-form [type=submit]")
    page.wait_for_url("**/reports/scheduled/*/")
    assert {person.name for person in ScheduledReport.objects.get().recipients.all()} == {"陈总", "业务3"}


def test_without_scripts_every_field_is_there(browser, live_server, boss, client):
    client.force_login(boss)
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    with context:
        page = context.new_page()
        page.goto(f"{live_server.url}{NEW}")
        for name in ("weekday", "month_day", "measure", "limit"):
            expect(page.locator(f"#{name}-field")).to_be_visible()
