"""The screens: owner, superior, outsider, missing permission; query counts; planning from an alert."""

import datetime as dt
import io
from decimal import Decimal

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AccessLog
from alerts import tasks
from alerts.models import Alert, AlertRun, RepAlertRule
from alerts.queries.timeline import open_alert_words
from alerts.services import compute_alerts
from alerts.services.telling import kinds_in_words
from common.business_calendar import today
from crm.models import CustomerShare, Phone
from tests.factories import CustomerFactory, SalesOrderFactory, UserFactory
from visits.models import VisitTask

pytestmark = pytest.mark.django_db

LIST = reverse("alerts:alert_list")
MINE = reverse("alerts:my_alerts")
REPS = reverse("alerts:rep_alerts")
PLAN = reverse("alerts:add_to_plan")
COMPUTE = reverse("alerts:compute")
HTMX = {"HTTP_HX_REQUEST": "true"}


def overdue(owner, name, days=20, **fields):
    """A shop of `owner` that was visited `days` + 10 days ago."""
    last = today() - dt.timedelta(days=days + 10)
    return CustomerFactory(
        name=name, search_text=name, owner=owner, created_on=last, last_visit_on=last, **fields
    )


@pytest.fixture
def company(people, rule):
    """One overdue shop of each rep, rule: unvisited for 10 days."""
    rule("unvisited", 10)
    people.shop = overdue(people.owner, "李家小店", level="A")
    people.far_shop = overdue(people.outsider, "赵家小店")
    compute_alerts(today=today())
    people.alert = Alert.objects.get(customer=people.shop)
    people.far_alert = Alert.objects.get(customer=people.far_shop)
    return people


def html(response):
    assert response.status_code == 200, response
    return response.content.decode()


# --- the analysis page
def test_who_sees_which_alerts(company, login):
    assert "李家小店" in html(login(company.owner).get(LIST, {"view": "table"}))
    assert "赵家小店" not in html(login(company.owner).get(LIST, {"view": "table"}))
    page = html(login(company.superior).get(LIST))
    assert "李家小店" in page
    assert "赵家小店" not in page
    assert "李家小店" not in html(login(company.outsider).get(LIST, {"view": "table"}))
    assert {"李家小店", "赵家小店"} <= set(html(login(company.admin).get(LIST)).replace("<", ">").split(">"))


def test_without_alerts_the_page_says_why_and_where_to_go_on(people, login):
    client = login(people.superior)
    for query in ({}, {"group": "rep"}, {"view": "table"}):
        page = html(client.get(LIST, query))
        assert "还没有计算过预警" in page
        assert "没有符合条件的记录" not in page
        assert 'class="btn btn-primary" href="/customers/"' in page
    compute_alerts(today=today())
    assert "还没有计算过预警" not in html(client.get(LIST))
    assert "没有符合条件的记录" in html(client.get(LIST, {"group": "rep", "level": "A"}))


def test_chinese_words_are_not_joined_by_commas_of_another_script(company, login):
    assert open_alert_words([company.shop.pk], today())[company.shop.pk] == ["未拜访，逾期20天"]
    chosen = html(login(company.admin).get("/customers/", {"level": ["A", "B"]}))
    assert "等级：A、B" in chosen
    assert "<span>A、B</span>" in chosen
    assert kinds_in_words({"unvisited": 2, "unordered": 1}) == "未拜访 2、未订货 1"


def test_a_rep_without_a_wish_gets_his_own_page(company, login):
    assert login(company.owner).get(LIST).headers["Location"] == MINE
    assert login(company.superior).get(LIST).status_code == 200


def test_a_shared_customer_is_seen(company, login):
    CustomerShare.objects.create(customer=company.far_shop, user=company.owner)
    assert "赵家小店" in html(login(company.owner).get(LIST, {"view": "table"}))


@pytest.mark.parametrize("url", [LIST, MINE, REPS])
def test_without_permission_403(company, login, url):
    company.owner.role.permissions.clear()
    assert login(company.owner).get(url).status_code == 403


@pytest.mark.parametrize("url", [LIST, MINE, REPS])
def test_without_login(client, db, url):
    assert client.get(url).status_code == 302


def written(day):
    """A day in an alert's words; that of another year has its year."""
    return f"{day:%m-%d}" if day.year == today().year else f"{day:%Y-%m-%d}"


def test_the_row_says_it_all(company, login):
    SalesOrderFactory(customer=company.shop, total=Decimal("88.50"))
    page = html(login(company.superior).get(LIST))
    last, due = company.shop.last_visit_on, company.shop.last_visit_on + dt.timedelta(days=10)
    assert "20天" in page
    assert "¥88.50" in page
    assert f"客户超过10天未拜访：最近拜访 {written(last)}，应于 {written(due)}" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"kind": "unvisited"}, {"近", "中", "远"}),
        ({"kind": "unsold"}, set()),
        ({"band": "1-7"}, {"近"}),
        ({"band": "8-30"}, {"中"}),
        ({"band": "91-"}, {"远"}),
        ({"level": "A"}, {"近"}),
        ({"level": "none"}, {"中", "远"}),
        ({"q": "中店"}, {"中"}),
        ({"rep": "owner"}, {"近", "中"}),
        ({"department": "other"}, {"远"}),
        ({"department": "head"}, {"近", "中", "远"}),
        ({"kind": "nonsense"}, set()),
    ],
)
def test_filters(people, rule, login, query, found):
    rule("unvisited", 10)
    overdue(people.owner, "近店", days=7, level="A")
    overdue(people.owner, "中店", days=8)
    overdue(people.outsider, "远店", days=100)
    compute_alerts(today=today())
    values = {
        "rep": lambda name: getattr(people, name).pk,
        "department": lambda name: getattr(people, name).pk,
    }
    params = {key: values.get(key, str)(value) for key, value in query.items()}
    response = login(people.admin).get(LIST, params)
    html(response)
    rows = str(response.context["rows"])
    assert {name for name in ("近", "中", "远") if f">{name}店<" in rows} == found


def test_empty(people, no_rules, login):
    compute_alerts(today=today())
    assert "没有逾期" in html(login(people.superior).get(LIST))
    assert "你的客户都没有逾期" in html(login(people.owner).get(MINE))


def test_excel(company, login):
    client = login(company.superior)
    response = client.get(LIST, {"export": "xlsx"})
    rows = list(
        openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active.iter_rows(
            values_only=True
        )
    )
    assert len(rows) == 2
    assert "李家小店" in rows[1]
    assert 20 in rows[1]
    assert AccessLog.objects.filter(actor=company.superior, rows=1).exists()
    assert login(company.owner).get(LIST, {"export": "xlsx"}).status_code == 403


# --- the button
def test_compute_now(company, login, monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    monkeypatch.setattr(tasks.compute_alerts, "delay", sent.append)
    client = login(company.superior)
    with django_capture_on_commit_callbacks(execute=True):
        page = html(client.post(COMPUTE, **HTMX))
    run = AlertRun.objects.first()
    assert sent == [run.pk]
    assert (run.state, run.requested_by) == ("queued", company.superior)
    assert reverse("alerts:run_state", args=[run.pk]) in page
    with django_capture_on_commit_callbacks(execute=True):
        client.post(COMPUTE, **HTMX)  # once more: the same run
    assert sent == [run.pk]
    assert "HX-Refresh" not in client.get(reverse("alerts:run_state", args=[run.pk]), **HTMX).headers
    assert tasks.compute_alerts(run.pk) == run.pk
    assert tasks.compute_alerts(run.pk) is None  # a message that comes twice
    run.refresh_from_db()
    assert run.state == "done"
    done = client.get(reverse("alerts:run_state", args=[run.pk]), **HTMX)
    assert done.headers["HX-Refresh"] == "true"
    assert "上次计算" in html(done)


def test_a_failed_run_says_what_is_shown_instead_and_no_names_of_errors(company, login):
    AlertRun.objects.create(
        state="failed", date=today(), finished_at=timezone.now(), message="OverflowError: date value"
    )
    page = html(login(company.superior).get(reverse("alerts:last_run"), **HTMX))
    assert "OverflowError" not in page
    assert "现在显示的是" in page
    assert reverse("alerts:runs") in page
    assert reverse("alerts:runs") not in html(login(company.owner).get(reverse("alerts:last_run"), **HTMX))


def test_compute_now_needs_the_permission(company, login):
    assert login(company.owner).post(COMPUTE).status_code == 403
    assert login(company.superior).get(COMPUTE).status_code == 405
    assert "立即计算" not in html(login(company.owner).get(LIST, {"view": "table"}))


def test_compute_now_says_when_the_queue_is_down(
    company, login, monkeypatch, django_capture_on_commit_callbacks
):
    from kombu.exceptions import OperationalError

    def down(pk):
        raise OperationalError

    monkeypatch.setattr(tasks.compute_alerts, "delay", down)
    with django_capture_on_commit_callbacks(execute=True):
        login(company.superior).post(COMPUTE)
    run = AlertRun.objects.first()
    assert (run.state, run.message) == ("failed", "任务队列无法连接，请稍后再试。")


# --- the rep's own
def test_mine_are_the_users_own_customers_only(company, login):
    overdue(company.colleague, "张家小店")
    compute_alerts(today=today())
    page = html(login(company.owner).get(MINE))
    assert "李家小店" in page
    assert "张家小店" not in page
    assert "李家小店" not in html(login(company.superior).get(MINE))  # in his scope, but not his own


def test_a_card_offers_call_navigation_and_plan(company, login):
    Phone.objects.create(customer=company.shop, raw="13800001111", e164="+8613800001111")
    page = html(login(company.owner).get(MINE))
    assert 'href="tel:+8613800001111"' in page
    assert "https://uri.amap.com/navigation" in page
    assert "今天" in page
    assert "逾期20天" in page


# --- from an alert to a task
def test_the_manager_is_asked_for_a_day_and_each_customer_goes_to_his_owner(company, login):
    second = overdue(company.colleague, "张家小店")
    compute_alerts(today=today())
    ids = [company.alert.pk, Alert.objects.get(customer=second).pk]
    client = login(company.superior)
    page = html(client.post(PLAN, {"pk": ids}))
    assert "李家小店" in page
    assert not VisitTask.objects.exists()
    tomorrow = today() + dt.timedelta(days=1)
    response = client.post(PLAN, {"pk": ids, "date": tomorrow.isoformat(), "rep": ""}, follow=True)
    assert "已安排 2 次拜访" in html(response)
    assert set(VisitTask.objects.values_list("rep", "customer")) == {
        (company.owner.pk, company.shop.pk),
        (company.colleague.pk, second.pk),
    }


@pytest.mark.parametrize(
    ("came_from", "goes_to"),
    [
        ("http://testserver/alerts/?kind=unvisited", "/alerts/?kind=unvisited"),
        ("http://elsewhere.example/alerts/", "/alerts/"),
        ("http://testserver/admin/", "/alerts/"),
    ],
)
def test_back_to_the_list_as_it_was(company, login, came_from, goes_to):
    client = login(company.superior)
    asked = client.post(PLAN, {"pk": company.alert.pk}, headers={"Referer": came_from})
    assert asked.context["next"] == goes_to
    data = {"pk": company.alert.pk, "date": today().isoformat(), "rep": "", "next": asked.context["next"]}
    assert client.post(PLAN, data).headers["Location"] == goes_to


def test_the_manager_may_name_the_rep(company, login):
    CustomerShare.objects.create(customer=company.shop, user=company.colleague)
    data = {"pk": company.alert.pk, "date": today().isoformat(), "rep": company.colleague.pk}
    login(company.superior).post(PLAN, data)
    assert VisitTask.objects.get().rep == company.colleague


def test_an_outsiders_alert_is_not_found_and_a_mixed_bag_plans_ones_own(company, login):
    client = login(company.owner)
    data = {"date": today().isoformat(), "rep": ""}
    assert client.post(PLAN, data | {"pk": company.far_alert.pk}).status_code == 404
    client.post(PLAN, data | {"pk": [company.far_alert.pk, company.alert.pk]})
    assert list(VisitTask.objects.values_list("customer", flat=True)) == [company.shop.pk]


def test_planning_needs_both_permissions(company, login):
    permission = company.owner.role.permissions.get(codename="add_visittask")
    company.owner.role.permissions.remove(permission)
    client = login(company.owner)
    data = {"pk": company.alert.pk, "date": today().isoformat(), "rep": ""}
    assert client.post(PLAN, data).status_code == 403
    assert PLAN not in html(client.get(MINE))


def test_a_closed_alert_and_nothing_chosen(company, login):
    Alert.objects.update(closed_on=today())
    client = login(company.owner)
    response = client.post(PLAN, {"pk": company.alert.pk, "date": today().isoformat()}, follow=True)
    assert "已经解除" in html(response)
    assert "请至少选择一条预警" in html(client.post(PLAN, {}, follow=True))
    assert not VisitTask.objects.exists()


# --- the customer's page
def test_customer_panel(company, login):
    url = reverse("alerts:customer_panel", args=[company.shop.pk])
    page = html(login(company.owner).get(url))
    assert "未拜访" in page
    assert "逾期20天" in page
    assert f"最近拜访 {written(company.shop.last_visit_on)}" in page
    assert login(company.superior).get(url).status_code == 200
    assert login(company.outsider).get(url).status_code == 404
    company.owner.role.permissions.clear()
    assert login(company.owner).get(url).status_code == 403


def test_customer_panel_without_alerts_shows_the_history(company, login):
    Alert.objects.filter(pk=company.alert.pk).update(closed_on=today())
    page = html(login(company.owner).get(reverse("alerts:customer_panel", args=[company.shop.pk])))
    assert "没有预警" in page
    assert "历史预警" in page


# --- admin
def test_admin_pages_open(people, login):
    people.admin.is_superuser = True
    people.admin.save()
    client = login(people.admin)
    for model in ("alertrule", "repalertrule", "alertrun"):
        assert client.get(reverse(f"admin:alerts_{model}_changelist")).status_code == 200
    add = reverse("admin:alerts_alertrule_add")
    assert "部门优先于通用" in html(client.get(add))
    days = {"starts_on": "2026-05-01", "ends_on": "2026-01-01"}
    form = client.post(add, {"kind": "unvisited", "period_days": "5", **days}).context["adminform"].form
    assert form.errors == {"ends_on": ["规则的失效日期早于生效日期。"]}


def test_seeded_rules(db):
    from alerts.models import AlertRule

    found = set(AlertRule.objects.values_list("kind", "level", "period_days"))
    assert found >= {
        ("unvisited", "A", 7),
        ("unvisited", "B", 14),
        ("unvisited", "C", 30),
        ("unvisited", "", 30),
        ("unordered", "A", 14),
        ("unordered", "", 30),
        ("unsold", "", 45),
    }
    assert set(RepAlertRule.objects.filter(is_enabled=True).values_list("measure", "threshold_percent")) == {
        ("visits", 60),
        ("orders", 60),
    }
    assert UserFactory().pk
