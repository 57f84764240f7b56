"""收工 on the phone: from the day's page, a reason for what was not served, the report to the superior, who reads it."""

import datetime as dt

from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.waiting import until
from tests.factories import CustomerFactory, DepartmentFactory, UserFactory, VisitFactory, VisitTaskFactory
from visits.models import DailyReport, VisitTask


def test_a_rep_closes_his_day_and_the_superior_reads_it(open_page):
    team = DepartmentFactory()
    boss = UserFactory(name="王经理", role="manager", department=team)
    rep = UserFactory(name="李业务", superior=boss, department=team)
    served, missed = CustomerFactory(owner=rep, name="甲店"), CustomerFactory(owner=rep, name="乙店")
    done = VisitTaskFactory(rep=rep, customer=served, status="done")
    VisitFactory(rep=rep, customer=served, task=done, check_in_at=timezone.now() - dt.timedelta(minutes=20))
    left = VisitTaskFactory(rep=rep, customer=missed)

    page = open_page(rep, phone=True)
    page.goto("/today/")
    page.get_by_role("link", name="收工").click()
    expect(page.get_by_role("heading", name="未拜访 · 1")).to_be_visible()
    # Without a reason nothing is sent, and the line stays.
    page.locator("[name$=remark]").fill("乙店明天再去")
    page.get_by_role("button", name="提交日报").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.locator("[name$=remark]")).to_have_value("乙店明天再去")
    page.locator("[data-stop] select").select_option(label="店铺关门")
    page.get_by_role("button", name="提交日报").click()
    until(page, DailyReport.objects.exists)  # the form says the same words as the report
    expect(page.get_by_text("乙店明天再去")).to_be_visible()

    assert (VisitTask.objects.get(pk=left.pk).status, DailyReport.objects.get().reader) == ("skipped", boss)
    reader = open_page(boss)
    reader.goto("/daily-reports/")
    expect(reader.locator(".pd-table").get_by_text("未读")).to_be_visible()
    reader.goto(f"/daily-reports/{DailyReport.objects.get().pk}/")
    expect(reader.get_by_text("乙店明天再去")).to_be_visible()
    assert DailyReport.objects.get().read_at is not None


def test_one_answer_for_all_stops_but_the_one_decided_apart(open_page):
    rep = UserFactory(name="李业务", superior=UserFactory(role="manager"))
    for _ in range(3):
        VisitTaskFactory(rep=rep, customer=CustomerFactory(owner=rep))
    page = open_page(rep, phone=True)
    page.goto("/day-end/")
    page.get_by_label("全部统一填").select_option(label="其他原因")
    page.locator("[data-stop] select").nth(1).select_option(label="店铺关门")
    page.locator("[data-all] [data-for=other] input").fill("暴雨封路")
    page.get_by_role("button", name="提交日报").click()
    expect(page.get_by_text("暴雨封路").first).to_be_visible()
    reasons = VisitTask.objects.order_by("pk").values_list("skip_reason", flat=True)
    assert list(reasons) == ["暴雨封路", "店铺关门", "暴雨封路"]
